#include "compiler/checkpoint/npz.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/checkpoint/npy.h"
#include "tests/support/temporary_directory.h"

namespace permloom {
namespace {

using testing::TemporaryDirectory;

/// A version 1 file with this header and so many bytes of data.
std::vector<uint8_t> npy(const std::string& header, size_t data) {
    std::string text("\x93NUMPY\x01\x00", 8);
    text += static_cast<char>(header.size() & 255);
    text += static_cast<char>(header.size() >> 8);
    text += header;
    std::vector<uint8_t> bytes(text.begin(), text.end());
    bytes.resize(bytes.size() + data);
    return bytes;
}

std::string problem(const std::vector<uint8_t>& bytes) {
    try {
        parse_npy(bytes, "file: array 'x'");
    } catch (const Error& error) {
        CHECK(error.where() == "file: array 'x'");
        return error.problem();
    }
    return "accepted";
}

std::string problem_of_header(const std::string& header, size_t data) {
    return problem(npy(header, data));
}

}  // namespace

TEST_CASE("npz -- what is written is read back, in order, the same bytes every time") {
    const std::vector<float> floats{1.5F, -2.0F, 0.0F, 4.0F, 5.0F, 6.0F};
    const std::vector<int32_t> integers{7, -8};
    const std::vector<NpzArray> arrays{{"z.kernel", Tensor::of(std::span(floats), {2, 3})},
                                       {"a.source", Tensor::of(std::span(integers), {2})},
                                       {"scalar", Tensor::of(std::span(floats).first(1), {})}};
    const TemporaryDirectory directory;
    for (const bool deflated : {false, true}) {
        const std::vector<uint8_t> bytes = to_npz(arrays, deflated);
        CHECK(bytes == to_npz(arrays, deflated));
        write_file(directory / "x.npz", bytes);
        const std::vector<ForeignArray> copy = read_npz(directory / "x.npz");
        REQUIRE(copy.size() == 3);
        CHECK(copy[0].name == "z.kernel");
        CHECK(copy[0].shape == std::vector<int64_t>{2, 3});
        CHECK(copy[0].values == floats);
        CHECK(copy[1].name == "a.source");
        CHECK(copy[1].values == std::vector<float>{7.0F, -8.0F});
        CHECK(copy[2].shape.empty());
    }
}

TEST_CASE("npy -- headers of other writers are read") {
    const Tensor old =
        parse_npy(npy("{\"shape\":(2L, 1),\"fortran_order\":True, \"descr\":\"<f4\"}\n", 8), "x");
    CHECK(old.shape == std::vector<int64_t>{2, 1});
    CHECK(old.dtype == "F32");
}

TEST_CASE("npy -- each damage has its own message") {
    const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    REQUIRE(problem_of_header(good, 8) == "accepted");
    CHECK(problem_of_header(good, 7).find("is truncated: 7 bytes") == 0);
    CHECK(problem_of_header(good, 12).find("its shape takes 8 bytes, it holds 12") !=
          std::string::npos);
    CHECK(problem({'x'}).find("signature is missing") != std::string::npos);
    const std::vector<uint8_t> whole = npy(good, 8);
    for (const size_t size : {size_t{7}, size_t{9}, size_t{40}}) {
        INFO(size);
        CHECK(problem({whole.begin(), whole.begin() + static_cast<long>(size)}) != "accepted");
    }
    std::vector<uint8_t> version = whole;
    version[6] = 9;
    CHECK(problem(version) == "has .npy version 9, this reads 1 to 3");

    for (const char* header : {"", "{", "{}", "nonsense", "{'descr': '<f4'", "{'descr' '<f4'}",
                               "{'descr': '<f4', 'more': 1}", "{'descr': '<f4', 'shape': (-1,)}",
                               "{'descr': '<f4', 'shape': (1 2)}", "{'descr': '<f4', 'shape': 2}",
                               "{'descr': '<f4', 'fortran_order': 1}", "{'descr': '<f4}"}) {
        INFO(header);
        CHECK(problem_of_header(header, 4) == "is damaged: its .npy header cannot be read");
    }
    CHECK(problem_of_header("{'descr': '<c8', 'shape': (1,)}", 8) ==
          "has the unsupported type '<c8'");
    CHECK(problem_of_header("{'descr': '|O', 'shape': (1,)}", 8) ==
          "has the unsupported type '|O'");
    CHECK(problem_of_header("{'descr': [('a', '<f4')], 'shape': (1,)}", 4) ==
          "holds records, not numbers");
    CHECK(problem_of_header("{'descr': '<f4', 'shape': (4294967296, 4294967296)}", 4)
              .find("is truncated") == 0);
}

}  // namespace permloom
