#include "compiler/data/cifar10.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/data/png.h"

namespace permloom {
namespace fs = std::filesystem;
namespace {

constexpr int SIDE = 32, CHANNELS = 3;
constexpr size_t PLANE = size_t{SIDE} * SIDE;
constexpr size_t IMAGE = CHANNELS * PLANE;
constexpr size_t RECORD = 1 + IMAGE;

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

void append_file(const fs::path& path, Images& images) {
    const std::vector<uint8_t> bytes = read_bytes(path);
    if (bytes.empty() || bytes.size() % RECORD != 0)
        throw Error(path.string(),
                    fmt::format("has {} bytes, not a whole number of records of {} bytes",
                                bytes.size(), RECORD));
    for (size_t start = 0; start < bytes.size(); start += RECORD) {
        images.labels.push_back(bytes[start]);
        const uint8_t* planes = bytes.data() + start + 1;
        for (size_t p = 0; p < PLANE; ++p)
            for (size_t c = 0; c < CHANNELS; ++c)
                images.pixels.push_back(planes[c * PLANE + p]);
    }
    images.count = static_cast<int>(images.labels.size());
}

std::vector<uint8_t> read_labels(const fs::path& path) {
    try {
        return nlohmann::json::parse(read_text(path)).get<std::vector<uint8_t>>();
    } catch (const nlohmann::json::exception&) {
        throw Error(path.string(), "is not a JSON list of labels");
    }
}

}  // namespace

const std::vector<std::string>& cifar10_files() {
    static const std::vector<std::string> files = {"data_batch_1.bin", "data_batch_2.bin",
                                                   "data_batch_3.bin", "data_batch_4.bin",
                                                   "data_batch_5.bin", "test_batch.bin"};
    return files;
}

std::optional<fs::path> find_cifar10(const fs::path& directory) {
    for (const fs::path& place : {directory, directory / CIFAR10_FOLDER})
        for (const std::string& file : cifar10_files())
            if (is_file(place / file)) return place;
    return {};
}

void load_cifar10(const fs::path& directory, Images& train, Images& test) {
    for (Images* images : {&train, &test}) {
        *images = Images{};
        images->rows = images->columns = SIDE;
        images->channels = CHANNELS;
    }
    for (const std::string& file : cifar10_files()) {
        if (!is_file(directory / file))
            throw Error(
                directory.string(), "has no " + file,
                fmt::format("CIFAR-10 is the six files {}", fmt::join(cifar10_files(), ", ")));
        append_file(directory / file, file == cifar10_files().back() ? test : train);
    }
}

std::vector<uint8_t> cifar10_records(std::span<const uint8_t> labels,
                                     std::span<const uint8_t> pixels) {
    PERMLOOM_ASSERT(pixels.size() == labels.size() * IMAGE);
    std::vector<uint8_t> records;
    records.reserve(labels.size() * RECORD);
    for (size_t i = 0; i < labels.size(); ++i) {
        records.push_back(labels[i]);
        const uint8_t* image = pixels.data() + i * IMAGE;
        for (size_t c = 0; c < CHANNELS; ++c)
            for (size_t p = 0; p < PLANE; ++p)
                records.push_back(image[p * CHANNELS + c]);
    }
    return records;
}

void convert_cifar10_package(const fs::path& directory) {
    // The package spells them so.
    const fs::path train_path = directory / "train_lables.json";
    const fs::path test_path = directory / "test_lables.json";
    const std::vector<uint8_t> train = read_labels(train_path), test = read_labels(test_path);
    size_t used = 0;  // of the training labels
    for (const std::string& file : cifar10_files()) {
        const bool is_test = file == cifar10_files().back();
        const fs::path source = directory / fs::path(file).replace_extension(".png");
        const RgbImage image = read_png(read_bytes(source), source.string());
        const auto count = static_cast<size_t>(image.rows);
        if (static_cast<size_t>(image.columns) != PLANE)
            throw Error(source.string(), fmt::format("is {} pixels wide, not {}: an image a row",
                                                     image.columns, PLANE));
        const std::span<const uint8_t> labels =
            is_test ? std::span(test) : std::span(train).subspan(used);
        if (labels.size() < count)
            throw Error((is_test ? test_path : train_path).string(),
                        fmt::format("has no label for every image of {}", source.string()));
        if (!is_test) used += count;
        write_file(directory / file, cifar10_records(labels.first(count), image.pixels));
    }
}

}  // namespace permloom
