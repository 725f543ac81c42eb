#include "compiler/checkpoint/foreign.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/checkpoint/safetensors.h"
#include "tests/support/temporary_directory.h"

namespace permloom {
namespace {

using Shape = std::vector<int64_t>;
using testing::TemporaryDirectory;

/// Made by tests/golden/foreign/make.py.
std::filesystem::path golden(const std::string& name) {
    return std::filesystem::path(PERMLOOM_GOLDEN_DIR) / "foreign" / name;
}

/// start, start + 1/4, ...
std::vector<float> counting(float start, size_t count) {
    std::vector<float> values(count);
    for (size_t i = 0; i < count; ++i)
        values[i] = start + static_cast<float>(i) / 4.0F;
    return values;
}

std::string problem_of(const std::filesystem::path& path) {
    try {
        read_foreign(path);
    } catch (const Error& error) {
        CHECK(error.where().find(path.string()) == 0);
        return error.problem();
    }
    return "accepted";
}

std::string problem_of_bytes(const std::vector<uint8_t>& bytes) {
    const TemporaryDirectory directory;
    write_file(directory / "file", bytes);
    return problem_of(directory / "file");
}

void check_keras(const ForeignWeights& weights) {
    CHECK(weights.format == ForeignFormat::keras_hdf5);
    REQUIRE(weights.arrays.size() == 3);
    CHECK(weights.arrays[0].name == "dense_10/kernel:0");
    CHECK(weights.arrays[0].shape == Shape{3, 2});
    CHECK(weights.arrays[0].values == counting(0.0F, 6));
    CHECK(weights.arrays[1].name == "dense_10/bias:0");
    CHECK(weights.arrays[1].values == counting(10.0F, 2));
    CHECK(weights.arrays[2].name == "conv2d/kernel:0");
    CHECK(weights.arrays[2].shape == Shape{2, 1, 3, 2});
    CHECK(weights.arrays[2].values == counting(-4.0F, 12));  // stored as float16
}

/// A safetensors file of one tensor.
std::vector<uint8_t> tensor_file(const std::string& dtype, const std::vector<uint8_t>& bytes,
                                 int64_t count) {
    TensorFile file;
    file.tensors["x"] = {dtype, {count}, bytes};
    return to_safetensors(file);
}

}  // namespace

TEST_CASE("foreign -- Keras weights and whole models come in the order of creation") {
    check_keras(read_foreign(golden("keras_weights.h5")));
    check_keras(read_foreign(golden("keras_model.h5")));
}

TEST_CASE("foreign -- the format is told by the content, not by the name") {
    const TemporaryDirectory directory;
    std::filesystem::copy_file(golden("keras_weights.h5"), directory / "weights.npz");
    check_keras(read_foreign(directory / "weights.npz"));
}

TEST_CASE("foreign -- every real type of NumPy is read, in either byte order") {
    const ForeignWeights weights = read_foreign(golden("stored.npz"));
    CHECK(weights.format == ForeignFormat::npz);
    const std::vector<float> with_sign{-2, 0, 1, 100}, without{0, 1, 200};
    std::string names;
    for (const ForeignArray& array : weights.arrays) {
        INFO(array.name);
        names += array.name + ' ';
        if (array.name == "bool")
            CHECK(array.values == std::vector<float>{1, 0});
        else if (array.name == "fortran")
            CHECK((array.shape == Shape{2, 3, 2} && array.values == counting(0.0F, 12)));
        else if (array.name == "scalar")
            CHECK((array.shape.empty() && array.values == std::vector<float>{2.5F}));
        else
            CHECK(array.values == (array.name[0] == 'u' ? without : with_sign));
    }
    CHECK(names == "f2 f4 f4_big f8 i1 i4 i8_big u1 u2 bool fortran scalar ");
}

TEST_CASE("foreign -- deflated archives and later .npy versions are read") {
    const ForeignWeights deflated = read_foreign(golden("deflated.npz"));
    REQUIRE(deflated.arrays.size() == 2);
    CHECK(deflated.arrays[0].name == "kernel");
    CHECK(deflated.arrays[0].values == counting(0.0F, 6));
    CHECK(deflated.arrays[1].values == counting(10.0F, 2));
    const ForeignWeights version2 = read_foreign(golden("version2.npz"));
    REQUIRE(version2.arrays.size() == 1);
    CHECK(version2.arrays[0].values == counting(0.0F, 6));
}

TEST_CASE("foreign -- safetensors of every real type, names with numbers in their order") {
    const TemporaryDirectory directory;
    TensorFile file;
    const std::vector<float> one{1.0F};
    for (const char* name : {"layer.10.weight", "layer.2.weight", "layer.2.bias", "a"})
        file.tensors[name] = Tensor::of(std::span<const float>(one), {1});
    write_file(directory / "w.safetensors", to_safetensors(file));
    std::string names;
    for (const ForeignArray& array : read_foreign(directory / "w.safetensors").arrays)
        names += array.name + ' ';
    CHECK(names == "a layer.2.bias layer.2.weight layer.10.weight ");

    const auto values_of = [&](const std::string& dtype, const std::vector<uint8_t>& bytes,
                               int64_t count) {
        write_file(directory / "t.safetensors", tensor_file(dtype, bytes, count));
        return read_foreign(directory / "t.safetensors").arrays.front().values;
    };
    CHECK(values_of("BF16", {0x80, 0x3f, 0x40, 0xc0}, 2) == std::vector<float>{1.0F, -3.0F});
    // Half precision: 1, the smallest subnormal, -65504, the smallest normal.
    CHECK(values_of("F16", {0, 0x3c, 1, 0, 0xff, 0xfb, 0, 4}, 4) ==
          std::vector<float>{1.0F, 0x1p-24F, -65504.0F, 0x1p-14F});
    CHECK(values_of("F64", {0, 0, 0, 0, 0, 0, 0xf0, 0xbf}, 1) == std::vector<float>{-1.0F});
}

TEST_CASE("foreign -- each fault has its own message") {
    CHECK(problem_of("no/such/file").find("cannot be opened") != std::string::npos);
    CHECK(problem_of(PERMLOOM_GOLDEN_DIR) == "is a directory, not a file");
    CHECK(problem_of_bytes({}) == "is empty");
    CHECK(problem_of_bytes({'h', 'e', 'l', 'l', 'o'}) ==
          "is neither Keras HDF5, .npz nor .safetensors");
    CHECK(problem_of_bytes({0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}) == "is a single .npy array");
    CHECK(problem_of_bytes(to_safetensors({})) == "holds no arrays (read as safetensors)");
    CHECK(problem_of(golden("other.h5")).find("not one of Keras weights") != std::string::npos);
    CHECK(problem_of(golden("numbers_for_names.h5")) ==
          "is damaged: 'layer_names' is not a list of names");
    // The end record of an empty zip archive.
    std::vector<uint8_t> empty_zip(22, 0);
    std::memcpy(empty_zip.data(), "PK\x05\x06", 4);
    CHECK(problem_of_bytes(empty_zip) == "holds no arrays (read as NumPy .npz)");
    CHECK(problem_of_bytes(tensor_file("F32", {0, 0, 0xc0, 0x7f}, 1)) ==
          "holds a value that is not finite in float32");
    CHECK(problem_of_bytes(tensor_file("F64", {0, 0, 0, 0, 0, 0, 0xf0, 0x7e}, 1)) ==
          "holds a value that is not finite in float32");
}

TEST_CASE("foreign -- a truncated file is never taken for a whole one") {
    for (const char* name : {"keras_weights.h5", "stored.npz", "deflated.npz", "version2.npz"}) {
        const std::vector<uint8_t> bytes = read_bytes(golden(name));
        for (size_t size = 0; size < bytes.size(); size += bytes.size() / 37) {
            INFO(name << " cut to " << size);
            CHECK(problem_of_bytes({bytes.begin(), bytes.begin() + static_cast<long>(size)}) !=
                  "accepted");
        }
    }
}

TEST_CASE("foreign -- a damaged byte of an archive is found by its checksum") {
    for (const char* name : {"stored.npz", "deflated.npz"}) {
        std::vector<uint8_t> bytes = read_bytes(golden(name));
        // In the data of the first member: behind its local header of 30 bytes, name, extra field.
        const size_t data = 30 + bytes[26] + bytes[28];
        bytes[data + 130 % bytes[18]] ^= 0x10;
        INFO(name);
        CHECK(problem_of_bytes(bytes).find("is damaged") == 0);
    }
}

TEST_CASE("foreign -- damaged HDF5 ends in an error or in values, never in a crash") {
    const std::vector<uint8_t> bytes = read_bytes(golden("keras_weights.h5"));
    const TemporaryDirectory directory;
    for (size_t at = 8; at < bytes.size(); at += 61) {
        std::vector<uint8_t> damaged = bytes;
        damaged[at] ^= 0xff;
        write_file(directory / "file.h5", damaged);
        INFO("byte " << at);
        CHECK_FALSE(problem_of(directory / "file.h5").empty());
    }
}

TEST_CASE("weight vectors -- both layouts give the fan-in of an output in one order") {
    // Dense: 3 inputs, 2 outputs; W[i][j] = 10 i + j.
    const ForeignArray keras_dense{"k", {3, 2}, {0, 1, 10, 11, 20, 21}};
    const ForeignArray torch_dense{"t", {2, 3}, {0, 10, 20, 1, 11, 21}};
    const auto dense = weight_vectors(keras_dense, WeightLayout::keras);
    REQUIRE(dense);
    CHECK((dense->outputs == 2 && dense->length == 3));
    CHECK(dense->values == std::vector<float>{0, 10, 20, 1, 11, 21});
    CHECK(weight_vectors(torch_dense, WeightLayout::pytorch)->values == dense->values);

    // Convolution: 1 x 2 kernel, 3 channels in, 2 out; value = 100 out + 10 column + channel.
    ForeignArray keras_conv{"k", {1, 2, 3, 2}, {}}, torch_conv{"t", {2, 3, 1, 2}, {}};
    for (int column = 0; column < 2; ++column)
        for (int channel = 0; channel < 3; ++channel)
            for (int out = 0; out < 2; ++out)
                keras_conv.values.push_back(static_cast<float>(100 * out + 10 * column + channel));
    for (int out = 0; out < 2; ++out)
        for (int channel = 0; channel < 3; ++channel)
            for (int column = 0; column < 2; ++column)
                torch_conv.values.push_back(static_cast<float>(100 * out + 10 * column + channel));
    const auto conv = weight_vectors(keras_conv, WeightLayout::keras);
    REQUIRE(conv);
    CHECK((conv->outputs == 2 && conv->length == 6));
    CHECK(conv->values == std::vector<float>{0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112});
    CHECK(weight_vectors(torch_conv, WeightLayout::pytorch)->values == conv->values);

    CHECK_FALSE(weight_vectors({"bias", {2}, {0, 1}}, WeightLayout::keras));
    CHECK_FALSE(weight_vectors({"none", {0, 2}, {}}, WeightLayout::keras));
}

}  // namespace permloom
