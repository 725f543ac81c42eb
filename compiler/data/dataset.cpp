#include "compiler/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/data/cifar10.h"
#include "compiler/data/digits.h"
#include "compiler/data/idx.h"

namespace permloom {
namespace fs = std::filesystem;
namespace {

const fs::path DEBIAN_FASHION_MNIST = "/usr/share/datasets/fashion-mnist";
constexpr std::string_view ODD = "-odd";
constexpr std::string_view CIFAR10 = "cifar10";

const std::vector<std::string> DIGIT_NAMES = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
const std::vector<std::string> FASHION_NAMES = {"t-shirt", "trouser", "pullover", "dress", "coat",
                                                "sandal",  "shirt",   "sneaker",  "bag",   "boot"};
const std::vector<std::string> CIFAR10_NAMES = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                "dog",      "frog",       "horse", "ship", "truck"};

/// NAME-idx3-ubyte or NAME.idx3-ubyte, each raw or .gz, whichever is there.
std::optional<fs::path> find_idx(const fs::path& directory, const std::string& name,
                                 const std::string& kind) {
    for (const char* separator : {"-", "."})
        for (const char* suffix : {"", ".gz"}) {
            const fs::path path = directory / (name + separator + kind + suffix);
            std::error_code ignored;
            if (fs::is_regular_file(path, ignored)) return path;
        }
    return {};
}

Images load_idx_split(const fs::path& directory, const std::string& split) {
    const auto images = find_idx(directory, split + "-images", "idx3-ubyte");
    const auto labels = find_idx(directory, split + "-labels", "idx1-ubyte");
    if (!images || !labels)
        throw Error(directory.string(),
                    fmt::format("has no {}-{} (nor .gz)", split,
                                images ? "labels-idx1-ubyte" : "images-idx3-ubyte"),
                    "a data set is a directory of four IDX files: train-images-idx3-ubyte, "
                    "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; or "
                    "of the binary files of CIFAR-10");
    return parse_idx(read_bytes(*images), images->string(), read_bytes(*labels), labels->string());
}

void load_idx(Dataset& data, const fs::path& directory) {
    data.train = load_idx_split(directory, "train");
    data.test = load_idx_split(directory, "t10k");
    if (data.train.rows != data.test.rows || data.train.columns != data.test.columns)
        throw Error(directory.string(),
                    fmt::format("training images are {} x {}, test images {} x {}", data.train.rows,
                                data.train.columns, data.test.rows, data.test.columns));
}

/// `class_names` empty: those of CIFAR-10, or as many classes as the training labels name.
void load_directory(Dataset& data, const fs::path& directory) {
    if (const auto place = find_cifar10(directory)) {
        load_cifar10(*place, data.train, data.test);
        if (data.class_names.empty()) data.class_names = CIFAR10_NAMES;
    } else {
        load_idx(data, directory);
    }
    if (data.class_names.empty()) {
        const int classes =
            *std::max_element(data.train.labels.begin(), data.train.labels.end()) + 1;
        for (int c = 0; c < classes; ++c)
            data.class_names.push_back(std::to_string(c));
    }
    const int classes = static_cast<int>(data.class_names.size());
    check_labels(data.train, classes, directory.string() + ", training set");
    check_labels(data.test, classes, directory.string() + ", test set");
}

void load_fetched(Dataset& data, const std::string& name) {
    std::vector<fs::path> places = {user_data_directory() / name};
    if (name == "fashion-mnist") places.push_back(DEBIAN_FASHION_MNIST);
    for (const fs::path& place : places) {
        std::error_code ignored;
        const bool here = name == CIFAR10
                              ? find_cifar10(place).has_value()
                              : fs::is_directory(place, ignored) && !fs::is_empty(place, ignored);
        if (here) return load_directory(data, place);
    }
    throw Error(name, "is not on this machine; looked in " + places.front().string(),
                "run: permloom fetch " + name);
}

void keep_parity(Dataset& data) {
    for (Images* part : {&data.train, &data.test})
        for (uint8_t& label : part->labels)
            label &= 1;
    data.class_names = {"even", "odd"};
}

/// One digest over the digests of all parts, each named and with its shape.
std::string checksum_of(const Dataset& data) {
    std::string parts;
    for (const Images* part : {&data.train, &data.test})
        parts +=
            fmt::format("{} x {} x {} x {}: {} {}\n", part->count, part->rows, part->columns,
                        part->channels, to_hex(sha256(part->pixels)), to_hex(sha256(part->labels)));
    return to_hex(sha256(parts));
}

}  // namespace

Dataset load_dataset(const std::string& name_or_directory) {
    const std::vector<std::string> known = {"digits",    "digits-odd",    "mnist",
                                            "mnist-odd", "fashion-mnist", "cifar10"};
    Dataset data;
    data.name = name_or_directory;
    std::error_code ignored;
    if (std::find(known.begin(), known.end(), data.name) != known.end()) {
        const bool odd = data.name.ends_with(ODD);
        const std::string base = data.name.substr(0, data.name.size() - (odd ? ODD.size() : 0));
        data.class_names = base == CIFAR10           ? CIFAR10_NAMES
                           : base == "fashion-mnist" ? FASHION_NAMES
                                                     : DIGIT_NAMES;
        base == "digits" ? load_digits(data.train, data.test) : load_fetched(data, base);
        if (odd) keep_parity(data);
    } else if (fs::is_directory(name_or_directory, ignored)) {
        load_directory(data, name_or_directory);
        data.name = fs::weakly_canonical(name_or_directory).filename().string();
    } else {
        throw Error(
            name_or_directory,
            "is neither a data set nor a directory" + did_you_mean(name_or_directory, known),
            fmt::format("data sets are {}; a directory holds four IDX files or the six binary "
                        "files of CIFAR-10",
                        fmt::join(known, ", ")));
    }
    data.classes = static_cast<int>(data.class_names.size());
    data.checksum = checksum_of(data);
    return data;
}

}  // namespace permloom
