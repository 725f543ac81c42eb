#include "compiler/checkpoint/safetensors.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

#include "compiler/base/error.h"

namespace permloom {
namespace {

using Json = nlohmann::json;

TensorFile example() {
    TensorFile file;
    file.metadata = {{"name", "example"}, {"quote", "a \"b\"\n"}};
    const std::vector<float> floats{1.5F, -2.0F, 0.0F, 4.0F, 5.0F, 6.0F};
    const std::vector<int32_t> integers{7, -8};
    file.tensors["a.floats"] = Tensor::of(floats, {2, 3});
    file.tensors["b.integers"] = Tensor::of(integers, {2});
    return file;
}

/// A file as another program writes it: header and data taken as they are.
std::vector<uint8_t> assemble(const std::string& header, size_t data_bytes) {
    const uint64_t length = header.size();
    std::vector<uint8_t> bytes(8 + header.size() + data_bytes);
    std::memcpy(bytes.data(), &length, 8);
    std::memcpy(bytes.data() + 8, header.data(), header.size());
    return bytes;
}

std::string problem(const std::vector<uint8_t>& bytes) {
    try {
        parse_safetensors(bytes, "file");
    } catch (const Error& error) {
        CHECK(error.where() == "file");
        return error.problem();
    }
    return "accepted";
}

std::string problem_of_header(const std::string& header, size_t data_bytes) {
    return problem(assemble(header, data_bytes));
}

}  // namespace

TEST_CASE("safetensors -- what is written is read back") {
    const TensorFile file = example(), copy = parse_safetensors(to_safetensors(file), "file");
    CHECK(copy.verified);
    CHECK(copy.metadata == file.metadata);
    REQUIRE(copy.tensors.size() == 2);
    for (const auto& [name, tensor] : file.tensors) {
        CHECK(copy.tensors.at(name).dtype == tensor.dtype);
        CHECK(copy.tensors.at(name).shape == tensor.shape);
        CHECK(copy.tensors.at(name).bytes == tensor.bytes);
    }
}

TEST_CASE("safetensors -- the layout is the one that NumPy and PyTorch read") {
    const std::vector<uint8_t> bytes = to_safetensors(example());
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    CHECK(length % 8 == 0);
    const Json header =
        Json::parse(bytes.begin() + 8, bytes.begin() + 8 + static_cast<long>(length));
    CHECK(header["__metadata__"]["name"] == "example");
    CHECK(header["a.floats"]["dtype"] == "F32");
    CHECK(header["a.floats"]["shape"] == Json({2, 3}));
    CHECK(header["a.floats"]["data_offsets"] == Json({0, 24}));
    CHECK(header["b.integers"]["dtype"] == "I32");
    CHECK(header["b.integers"]["data_offsets"] == Json({24, 32}));
    CHECK(bytes.size() == 8 + length + 32);
    float first = 0.0F;
    std::memcpy(&first, bytes.data() + 8 + length, 4);
    CHECK(first == 1.5F);
}

TEST_CASE("safetensors -- a file cut anywhere is refused") {
    const std::vector<uint8_t> bytes = to_safetensors(example());
    for (size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        CHECK_THROWS_AS(parse_safetensors(std::span(bytes).first(size), "file"), Error);
    }
    std::vector<uint8_t> longer = bytes;
    longer.push_back(0);
    CHECK(problem(longer) == "1 bytes follow the last tensor");
}

TEST_CASE("safetensors -- no flipped bit goes unnoticed") {
    std::vector<uint8_t> bytes = to_safetensors(example());
    const auto accepted = [&] {
        try {
            // Renaming the digest itself leaves a file that does not claim to be intact.
            return parse_safetensors(bytes, "file").verified;
        } catch (const Error&) {
            return false;
        }
    };
    CHECK(accepted());
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        CAPTURE(bit);
        bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
        CHECK_FALSE(accepted());
        bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    }
}

TEST_CASE("safetensors -- files of other programs are read, but not as verified") {
    const TensorFile file = parse_safetensors(
        assemble(R"({"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", 4), "file");
    CHECK_FALSE(file.verified);
    CHECK(file.metadata.empty());
    CHECK(file.tensors.at("x").dtype == "F16");
}

TEST_CASE("safetensors -- each damage has its own message") {
    CHECK(problem_of_header("[1]", 0).find("not valid JSON") != std::string::npos);
    CHECK(problem_of_header("{", 0).find("not valid JSON") != std::string::npos);
    CHECK(problem_of_header(R"({"x":{"shape":[],"data_offsets":[0,4]}})", 4).find("is missing") !=
          std::string::npos);
    CHECK(problem_of_header(R"({"x":{"dtype":"Q9","shape":[],"data_offsets":[0,4]}})", 4)
              .find("unknown dtype") != std::string::npos);
    CHECK(problem_of_header(R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4)
              .find("not a list of sizes") != std::string::npos);
    CHECK(problem_of_header(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4)
              .find("shape and its length disagree") != std::string::npos);
    CHECK(problem_of_header(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4)
              .find("shape and its length disagree") != std::string::npos);
    CHECK(problem_of_header(
              R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0)
              .find("too large") != std::string::npos);
    CHECK(problem_of_header(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4)
              .find("is truncated") != std::string::npos);
    CHECK(problem_of_header(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8)
              .find("leave a gap") != std::string::npos);
    CHECK(problem_of_header(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                            R"("y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                            4)
              .find("overlaps") != std::string::npos);
    CHECK(problem_of_header(R"({"__metadata__":{"n":1}})", 0).find("not a string") !=
          std::string::npos);
}

}  // namespace permloom
