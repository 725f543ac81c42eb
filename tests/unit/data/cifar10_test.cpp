#include "compiler/data/cifar10.h"

#include <catch2/catch.hpp>

#include <png.h>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/base/rng.h"
#include "compiler/data/png.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;
using Catch::Contains;
using permloom::testing::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

using Bytes = std::vector<uint8_t>;
constexpr size_t IMAGE = 3072;

Bytes random_bytes(size_t count, uint64_t seed) {
    Bytes bytes(count);
    Rng rng(seed);
    for (uint8_t& byte : bytes)
        byte = static_cast<uint8_t>(rng.next());
    return bytes;
}

/// `pixels`, three bytes each, as a PNG.
Bytes png(int columns, const Bytes& pixels) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.format = PNG_FORMAT_RGB;
    image.width = static_cast<png_uint_32>(columns);
    image.height = static_cast<png_uint_32>(pixels.size()) / image.width / 3;
    Bytes bytes(PNG_IMAGE_PNG_SIZE_MAX(image));
    png_alloc_size_t size = bytes.size();
    PERMLOOM_ASSERT(
        png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr) != 0);
    bytes.resize(size);
    return bytes;
}

/// A small npm package: one image a training file, two test images.
struct Package {
    TemporaryDirectory directory;
    std::vector<Bytes> pixels;  ///< of each file

    Package() {
        for (size_t i = 0; i < 6; ++i) {
            pixels.push_back(random_bytes((i == 5 ? 2 : 1) * IMAGE, i));
            const fs::path name = fs::path(cifar10_files()[i]).replace_extension(".png");
            write_file(directory / name, png(1024, pixels[i]));
        }
        write_file(directory / "train_lables.json", std::string_view("[6,9,8,4,1]"));
        write_file(directory / "test_lables.json", std::string_view("[3,0]"));
    }
    std::string failure() const {
        try {
            convert_cifar10_package(directory.path());
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    }
};

std::string load_failure(const fs::path& directory) {
    Images train, test;
    try {
        load_cifar10(directory, train, test);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("cifar10 -- the planes of a record become the channels of pixels") {
    const TemporaryDirectory directory;
    Bytes record(1 + IMAGE);
    record[0] = 7;
    for (size_t i = 0; i < IMAGE; ++i)
        record[1 + i] = static_cast<uint8_t>(100 * (i / 1024) + i % 64);
    for (const std::string& file : cifar10_files())
        write_file(directory / file, record);
    Images train, test;
    load_cifar10(directory.path(), train, test);
    CHECK(train.count == 5);
    CHECK(test.count == 1);
    CHECK(train.labels == Bytes(5, 7));
    for (const Images* images : {&train, &test}) {
        CHECK(images->rows == 32);
        CHECK(images->columns == 32);
        CHECK(images->channels == 3);
    }
    // Row 1, column 2: pixel 34 of each plane.
    const auto last = train.image(4);
    CHECK(Bytes(last.begin() + 34 * 3, last.begin() + 35 * 3) == Bytes{34, 134, 234});
}

TEST_CASE("cifar10 -- the images of the package become the records of the binary files") {
    const Package package;
    CHECK(package.failure() == "accepted");
    CHECK(fs::file_size(package.directory / "data_batch_3.bin") == 3073);
    CHECK(fs::file_size(package.directory / "test_batch.bin") == 2 * 3073);
    Images train, test;
    load_cifar10(package.directory.path(), train, test);
    CHECK(train.labels == Bytes{6, 9, 8, 4, 1});
    CHECK(test.labels == Bytes{3, 0});
    for (int i = 0; i < 5; ++i) {
        const auto image = train.image(i);
        CHECK(Bytes(image.begin(), image.end()) == package.pixels[static_cast<size_t>(i)]);
    }
    CHECK(test.pixels == package.pixels[5]);
}

TEST_CASE("cifar10 -- faults of the package name the file") {
    Package package;
    const fs::path batch = package.directory / "data_batch_2.png";
    SECTION("no PNG") {
        write_file(batch, std::string_view("<html>"));
        CHECK_THAT(package.failure(), Contains("data_batch_2.png: cannot be read as PNG: "));
    }
    SECTION("a damaged PNG") {
        Bytes bytes = read_bytes(batch);
        bytes.resize(bytes.size() / 2);
        write_file(batch, bytes);
        CHECK_THAT(package.failure(), Contains("data_batch_2.png: cannot be read as PNG: "));
    }
    SECTION("a PNG of 2.4 GB") {
        Bytes bytes = read_bytes(batch);
        // Width and height, big-endian, and the checksum of their chunk, which begins at its type.
        bytes[18] = bytes[22] = 0x70;
        const uint32_t crc = crc32(std::span(bytes).subspan(12, 17));
        for (size_t i = 0; i < 4; ++i)
            bytes[29 + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
        write_file(batch, bytes);
        CHECK_THAT(package.failure(),
                   Contains("data_batch_2.png: its header announces more than 1 GiB"));
    }
    SECTION("another shape") {
        write_file(batch, png(512, Bytes(2 * IMAGE)));
        CHECK_THAT(package.failure(), Contains("data_batch_2.png: is 512 pixels wide, not 1024"));
    }
    SECTION("too few labels") {
        write_file(package.directory / "train_lables.json", std::string_view("[1,2,3]"));
        CHECK_THAT(package.failure(),
                   Contains("train_lables.json: has no label for every image of") &&
                       Contains("data_batch_4.png"));
    }
    SECTION("labels of another kind") {
        write_file(package.directory / "test_lables.json", std::string_view("{\"a\": 1}"));
        CHECK_THAT(package.failure(), Contains("test_lables.json: is not a JSON list of labels"));
    }
}

TEST_CASE("cifar10 -- the files are found in the directory or in the folder of the archive") {
    const TemporaryDirectory directory;
    CHECK(!find_cifar10(directory.path()));
    fs::create_directories(directory / CIFAR10_FOLDER);
    CHECK(!find_cifar10(directory.path()));
    write_file(directory.path() / CIFAR10_FOLDER / "test_batch.bin", Bytes(3073));
    CHECK(find_cifar10(directory.path()) == directory / CIFAR10_FOLDER);
    write_file(directory / "data_batch_1.bin", Bytes(3073));
    CHECK(find_cifar10(directory.path()) == directory.path());
}

TEST_CASE("cifar10 -- missing and damaged files are named") {
    const TemporaryDirectory directory;
    CHECK_THAT(load_failure(directory.path()), Contains("has no data_batch_1.bin"));
    for (const std::string& file : cifar10_files())
        write_file(directory / file, Bytes(3073));
    CHECK(load_failure(directory.path()) == "accepted");
    write_file(directory / "data_batch_5.bin", Bytes(3072));
    CHECK_THAT(load_failure(directory.path()),
               Contains("data_batch_5.bin: has 3072 bytes, not a whole number of records of 3073"));
    write_file(directory / "data_batch_5.bin", Bytes());
    CHECK_THAT(load_failure(directory.path()), Contains("data_batch_5.bin: has 0 bytes"));
    fs::remove(directory / "data_batch_5.bin");
    CHECK_THAT(load_failure(directory.path()), Contains("has no data_batch_5.bin"));
}
