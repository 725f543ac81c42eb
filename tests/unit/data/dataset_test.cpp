#include "compiler/data/dataset.h"

#include <catch2/catch.hpp>

#include <stdlib.h>

#include <algorithm>
#include <map>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/data/cifar10.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_files.h"

using namespace permloom;
using Catch::Contains;
using permloom::testing::Bytes;
using permloom::testing::gzip;
using permloom::testing::idx;
using permloom::testing::TemporaryDirectory;

namespace {

/// Three training and two test images of 2 x 2 pixels, labels as given.
void write_data(const std::filesystem::path& directory, const Bytes& train, const Bytes& test) {
    std::filesystem::create_directories(directory);
    const auto images = [](const Bytes& labels) {
        return idx({static_cast<uint32_t>(labels.size()), 2, 2}, Bytes(4 * labels.size(), 9));
    };
    const auto list = [](const Bytes& labels) {
        return idx({static_cast<uint32_t>(labels.size())}, labels);
    };
    write_file(directory / "train-images-idx3-ubyte", images(train));
    write_file(directory / "train-labels-idx1-ubyte", list(train));
    write_file(directory / "t10k-images-idx3-ubyte.gz", gzip(images(test)));
    write_file(directory / "t10k-labels-idx1-ubyte.gz", gzip(list(test)));
}

/// PERMLOOM_DATA set for one scope.
class DataDirectory {
  public:
    explicit DataDirectory(const std::filesystem::path& path) {
        if (const char* value = getenv("PERMLOOM_DATA")) before_ = value;
        setenv("PERMLOOM_DATA", path.c_str(), 1);
    }
    ~DataDirectory() {
        before_.empty() ? unsetenv("PERMLOOM_DATA") : setenv("PERMLOOM_DATA", before_.c_str(), 1);
    }

  private:
    std::string before_;
};

std::string message(const std::string& name) {
    try {
        load_dataset(name);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("digits -- 1437 training and 360 test images of 8 x 8 values up to 16") {
    const Dataset data = load_dataset("digits");
    CHECK(data.name == "digits");
    CHECK(data.classes == 10);
    CHECK(data.train.count == 1437);
    CHECK(data.test.count == 360);
    for (const Images* part : {&data.train, &data.test}) {
        CHECK(part->rows == 8);
        CHECK(part->columns == 8);
        CHECK(part->pixels.size() == 64 * part->labels.size());
        CHECK(part->labels.size() == static_cast<size_t>(part->count));
        CHECK(*std::max_element(part->pixels.begin(), part->pixels.end()) == 16);
        CHECK(*std::max_element(part->labels.begin(), part->labels.end()) == 9);
    }
    // Image 0 of the file is test image 0, image 1 is training image 0 (as scikit-learn prints
    // them).
    CHECK(data.test.labels[0] == 0);
    CHECK(data.train.labels[0] == 1);
    const Bytes first_row(data.test.pixels.begin(), data.test.pixels.begin() + 8);
    CHECK(first_row == Bytes{0, 0, 5, 13, 9, 1, 0, 0});
    // Known class counts of the whole set.
    std::map<int, int> counts;
    for (const Images* part : {&data.train, &data.test})
        for (const uint8_t label : part->labels)
            ++counts[label];
    CHECK(counts == std::map<int, int>{{0, 178},
                                       {1, 182},
                                       {2, 177},
                                       {3, 183},
                                       {4, 181},
                                       {5, 182},
                                       {6, 181},
                                       {7, 179},
                                       {8, 174},
                                       {9, 180}});
}

TEST_CASE("digits-odd -- the same images with two classes") {
    const Dataset digits = load_dataset("digits"), odd = load_dataset("digits-odd");
    CHECK(odd.classes == 2);
    CHECK(odd.class_names == std::vector<std::string>{"even", "odd"});
    CHECK(odd.train.pixels == digits.train.pixels);
    CHECK(odd.test.pixels == digits.test.pixels);
    for (size_t i = 0; i < odd.test.labels.size(); ++i)
        CHECK(odd.test.labels[i] == digits.test.labels[i] % 2);
    CHECK(odd.checksum != digits.checksum);
}

TEST_CASE("dataset -- the checksum depends on every byte and on nothing else") {
    const TemporaryDirectory directory;
    write_data(directory / "a", {0, 1, 2}, {2, 1});
    write_data(directory / "b", {0, 1, 2}, {2, 1});
    write_data(directory / "c", {0, 1, 2}, {1, 2});
    const auto checksum = [&](const std::string& name) {
        return load_dataset((directory / name).string()).checksum;
    };
    CHECK(checksum("a").size() == 64);
    CHECK(checksum("a") == checksum("b"));
    CHECK(checksum("a") != checksum("c"));
}

TEST_CASE("dataset -- a directory of raw and gzip IDX files") {
    const TemporaryDirectory directory;
    write_data(directory.path() / "mine", {0, 3, 2}, {2, 1});
    const Dataset data = load_dataset((directory / "mine").string());
    CHECK(data.name == "mine");
    CHECK(data.classes == 4);
    CHECK(data.class_names.back() == "3");
    CHECK(data.train.count == 3);
    CHECK(data.test.labels == Bytes{2, 1});
    CHECK(load_dataset((directory / "mine/").string()).name == "mine");
}

TEST_CASE("dataset -- faults of a directory name the file") {
    const TemporaryDirectory directory;
    write_data(directory.path(), {0, 1, 1}, {2, 1});
    const std::string name = directory.path().string();
    CHECK_THAT(message(name), Contains("test set: label 2 of image 0 is not one of the 2 classes"));
    write_file(directory / "t10k-labels-idx1-ubyte", idx({3}, {0, 0, 0}));
    CHECK_THAT(message(name), Contains("t10k-labels-idx1-ubyte: has 3 labels for the 2 images of"));
    write_file(directory / "t10k-labels-idx1-ubyte", idx({2}, {0, 0}));
    CHECK(message(name) == "accepted");
    write_file(directory / "t10k-images-idx3-ubyte", idx({2, 1, 4}, Bytes(8)));
    CHECK_THAT(message(name), Contains("training images are 2 x 2, test images 1 x 4"));
    std::filesystem::remove(directory / "train-labels-idx1-ubyte");
    CHECK_THAT(message(name),
               Contains("has no train-labels-idx1-ubyte") && Contains("four IDX files"));
}

TEST_CASE("mnist -- is read from the data directory, with its fixed classes") {
    const TemporaryDirectory directory;
    const DataDirectory here(directory.path());
    CHECK_THAT(message("mnist"),
               Contains("mnist: is not on this machine") && Contains("run: permloom fetch mnist"));
    CHECK_THAT(message("mnist-odd"), Contains("run: permloom fetch mnist"));
    write_data(directory / "mnist", {0, 1, 2}, {3, 9});
    const Dataset data = load_dataset("mnist");
    CHECK(data.classes == 10);
    CHECK(data.test.labels == Bytes{3, 9});
    CHECK(load_dataset("mnist-odd").train.labels == Bytes{0, 1, 0});
    CHECK(load_dataset("mnist-odd").classes == 2);
    write_data(directory / "mnist", {0, 1, 2}, {3, 10});
    CHECK_THAT(message("mnist"), Contains("label 10 of image 1 is not one of the 10 classes"));
    write_data(directory / "fashion-mnist", {0, 1, 2}, {3, 9});
    CHECK(load_dataset("fashion-mnist").class_names.back() == "boot");
}

TEST_CASE("cifar10 -- is read from the data directory or from any other, with its class names") {
    const TemporaryDirectory directory;
    const DataDirectory here(directory.path());
    // What an interrupted fetch leaves is no data set.
    std::filesystem::create_directories(directory / "cifar10");
    write_file(directory.path() / "cifar10/cifar-10-binary.tar.gz.part", Bytes(10));
    CHECK_THAT(message("cifar10"), Contains("cifar10: is not on this machine") &&
                                       Contains("run: permloom fetch cifar10"));
    const auto unpacked = directory.path() / "cifar10" / CIFAR10_FOLDER;
    std::filesystem::create_directories(unpacked);
    for (const std::string& file : cifar10_files())
        write_file(unpacked / file, Bytes(3073, 1));
    const Dataset data = load_dataset("cifar10");
    CHECK(data.classes == 10);
    CHECK(data.class_names.front() == "airplane");
    CHECK(data.class_names.back() == "truck");
    CHECK(data.train.count == 5);
    CHECK(data.train.pixels_per_image() == 3072);
    CHECK(data.train.pixels.size() == 5 * 3072);
    CHECK(data.test.labels == Bytes{1});
    const Dataset same = load_dataset(unpacked.string());
    CHECK(same.checksum == data.checksum);
    CHECK(same.class_names == data.class_names);
    write_file(unpacked / "test_batch.bin", Bytes(3073, 10));
    CHECK_THAT(message("cifar10"), Contains("test set: label 10 of image 0 is not one of the 10"));
}

TEST_CASE("dataset -- an unknown name offers the nearest and says what a directory needs") {
    CHECK_THAT(message("minst"),
               Contains("minst: is neither a data set nor a directory, did you mean 'mnist'?"));
    CHECK_THAT(message("/nowhere"), Contains("data sets are digits, digits-odd, mnist") &&
                                        Contains("the six binary files of CIFAR-10"));
}
