/// Reader and writer of the safetensors container, as NumPy and PyTorch's `safetensors` read it.
///
/// Layout: 8 bytes little-endian length N, N bytes of JSON (padded with spaces to a multiple of 8),
/// the data. The JSON maps each tensor name to {dtype, shape, data_offsets: [begin, end)} and
/// `__metadata__` to strings. The metadata string `sha256` covers everything else: the rest of the
/// JSON (keys sorted, no spaces) followed by the data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace permloom {

struct Tensor {
    std::string dtype;  ///< "F32", "I32", ...; bytes are little-endian, row-major
    std::vector<int64_t> shape;
    std::vector<uint8_t> bytes;

    static Tensor of(std::span<const float> values, std::vector<int64_t> shape);
    static Tensor of(std::span<const int32_t> values, std::vector<int64_t> shape);
};

struct TensorFile {
    std::map<std::string, std::string> metadata;  ///< without `sha256`
    std::map<std::string, Tensor> tensors;
    bool verified = false;  ///< read from a file whose `sha256` is present and right
};

std::vector<uint8_t> to_safetensors(const TensorFile& file);

/// `where` names the file in errors. Throws Error when the file is truncated, has bytes left over,
/// is not valid, overlaps, or does not match its `sha256` (files of other programs carry none).
TensorFile parse_safetensors(std::span<const uint8_t> bytes, const std::string& where);

}  // namespace permloom
