#include "compiler/checkpoint/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/checkpoint/tensor_values.h"

namespace permloom {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "tensors are stored as they lie");

constexpr char METADATA[] = "__metadata__";
constexpr char DIGEST[] = "sha256";
constexpr size_t LENGTH_BYTES = 8;

template <class T>
Tensor make_tensor(const char* dtype, std::span<const T> values, std::vector<int64_t> shape) {
    size_t count = 1;
    for (const int64_t extent : shape)
        count *= static_cast<size_t>(extent);
    PERMLOOM_ASSERT(count == values.size());
    Tensor tensor{dtype, std::move(shape), std::vector<uint8_t>(values.size_bytes())};
    if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), values.size_bytes());
    return tensor;
}

/// Compact text; bytes that are not UTF-8 (a command line may hold any) become U+FFFD.
std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// SHA-256 of the header without its digest, then the data.
std::string digest_of(const Json& header, std::span<const uint8_t> data) {
    const std::string text = dump(header);
    std::vector<uint8_t> bytes(text.begin(), text.end());
    bytes.insert(bytes.end(), data.begin(), data.end());
    return to_hex(sha256(bytes));
}

/// The parsed header without the digest; `digest` receives it ("" where there is none).
struct Header {
    Json json;
    std::string digest;
};

Header parse_header(std::string_view text, const std::string& where) {
    Header header;
    header.json = Json::parse(text, nullptr, false);
    // The parser takes a zero byte for the end of the text.
    if (!header.json.is_object() || text.find('\0') != text.npos)
        throw Error(where, "the header is damaged: it is not valid JSON");
    if (const auto metadata = header.json.find(METADATA); metadata != header.json.end()) {
        if (!metadata->is_object()) throw Error(where, "the header's metadata is damaged");
        for (const auto& [key, value] : metadata->items())
            if (!value.is_string())
                throw Error(where, "metadata '" + key + "' is damaged: it is not a string");
        if (const auto digest = metadata->find(DIGEST); digest != metadata->end()) {
            header.digest = digest->get<std::string>();
            metadata->erase(digest);
        }
    }
    return header;
}

struct Extent {
    uint64_t begin, end;
};

/// Shape, type and place of one tensor, checked against each other.
Extent parse_entry(const std::string& name, const Json& entry, Tensor& tensor,
                   const std::string& where) {
    const auto damaged = [&](const char* what) {
        return Error(where, "tensor '" + name + "' is damaged: " + what);
    };
    const auto is_size = [](const Json& value) { return value.is_number_unsigned(); };
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets"))
        throw damaged("dtype, shape or data_offsets is missing");
    const Json &dtype = entry["dtype"], &shape = entry["shape"], &offsets = entry["data_offsets"];
    if (!dtype.is_string() || element_bytes(dtype) == 0) throw damaged("unknown dtype");
    if (!shape.is_array() || !std::all_of(shape.begin(), shape.end(), is_size))
        throw damaged("the shape is not a list of sizes");
    if (!offsets.is_array() || offsets.size() != 2 || !is_size(offsets[0]) || !is_size(offsets[1]))
        throw damaged("data_offsets is not a pair of positions");
    tensor.dtype = dtype;
    uint64_t expected = element_bytes(tensor.dtype);
    for (const Json& extent : shape) {
        const auto size = extent.get<uint64_t>();
        if (size > 0 && expected > (uint64_t{1} << 48) / size)
            throw damaged("the shape is too large");
        expected *= size;
        tensor.shape.push_back(static_cast<int64_t>(size));
    }
    const Extent extent{offsets[0].get<uint64_t>(), offsets[1].get<uint64_t>()};
    if (extent.end < extent.begin || extent.end - extent.begin != expected)
        throw damaged("its shape and its length disagree");
    return extent;
}

}  // namespace

Tensor Tensor::of(std::span<const float> values, std::vector<int64_t> shape) {
    return make_tensor("F32", values, std::move(shape));
}

Tensor Tensor::of(std::span<const int32_t> values, std::vector<int64_t> shape) {
    return make_tensor("I32", values, std::move(shape));
}

std::vector<uint8_t> to_safetensors(const TensorFile& file) {
    Json header = Json::object();
    header[METADATA] = file.metadata;
    std::vector<uint8_t> data;
    for (const auto& [name, tensor] : file.tensors) {
        const uint64_t begin = data.size();
        data.insert(data.end(), tensor.bytes.begin(), tensor.bytes.end());
        header[name] = {{"dtype", tensor.dtype},
                        {"shape", tensor.shape},
                        {"data_offsets", {begin, uint64_t{data.size()}}}};
    }
    const std::string digest = digest_of(header, data);
    header[METADATA][DIGEST] = digest;

    std::string text = dump(header);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const uint64_t length = text.size();
    std::vector<uint8_t> bytes(LENGTH_BYTES + text.size() + data.size());
    std::memcpy(bytes.data(), &length, LENGTH_BYTES);
    std::copy(text.begin(), text.end(), bytes.begin() + LENGTH_BYTES);
    std::copy(data.begin(), data.end(), bytes.end() - static_cast<std::ptrdiff_t>(data.size()));
    return bytes;
}

TensorFile parse_safetensors(std::span<const uint8_t> bytes, const std::string& where) {
    if (bytes.size() < LENGTH_BYTES) throw Error(where, "is truncated: no header");
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), LENGTH_BYTES);
    if (length > bytes.size() - LENGTH_BYTES)
        throw Error(where,
                    "is truncated, or not a safetensors file: the header does not fit in it");
    const auto text = bytes.subspan(LENGTH_BYTES, length);
    const auto data = bytes.subspan(LENGTH_BYTES + length);
    const Header header =
        parse_header({reinterpret_cast<const char*>(text.data()), text.size()}, where);

    TensorFile file;
    std::map<uint64_t, uint64_t> extents;  // begin -> end, of the tensors that are not empty
    for (const auto& [name, entry] : header.json.items()) {
        if (name == METADATA) {
            file.metadata = entry.get<std::map<std::string, std::string>>();
            continue;
        }
        Tensor& tensor = file.tensors[name];
        const Extent extent = parse_entry(name, entry, tensor, where);
        if (extent.end > data.size())
            throw Error(where, "is truncated: tensor '" + name + "' is not complete");
        if (extent.begin < extent.end && !extents.emplace(extent.begin, extent.end).second)
            throw Error(where, "tensor '" + name + "' is damaged: it overlaps another one");
        const auto part = data.subspan(extent.begin, extent.end - extent.begin);
        tensor.bytes.assign(part.begin(), part.end());
    }
    uint64_t used = 0;
    for (const auto& [begin, end] : extents) {
        if (begin != used) throw Error(where, "tensors overlap or leave a gap in the data");
        used = end;
    }
    if (used != data.size())
        throw Error(where, fmt::format("{} bytes follow the last tensor", data.size() - used));
    if (!header.digest.empty() && header.digest != digest_of(header.json, data))
        throw Error(where, "is damaged: its SHA-256 does not match its content",
                    "restore the file from a copy, or train again");
    file.verified = !header.digest.empty();
    return file;
}

}  // namespace permloom
