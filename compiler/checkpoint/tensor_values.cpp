#include "compiler/checkpoint/tensor_values.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <map>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// IEEE binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits.
float from_half(uint16_t bits) {
    const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
    if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
    if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
    return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

/// bfloat16: the upper half of a float32.
float from_bfloat(uint16_t bits) {
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

template <class Stored, class Convert>
std::vector<float> convert(const Tensor& tensor, Convert to_float) {
    std::vector<float> values(tensor.bytes.size() / sizeof(Stored));
    for (size_t i = 0; i < values.size(); ++i) {
        Stored stored;
        std::memcpy(&stored, tensor.bytes.data() + i * sizeof(Stored), sizeof(Stored));
        values[i] = to_float(stored);
    }
    return values;
}

template <class Stored>
std::vector<float> cast(const Tensor& tensor) {
    return convert<Stored>(tensor, [](Stored stored) { return static_cast<float>(stored); });
}

struct Type {
    size_t bytes;
    std::vector<float> (*values)(const Tensor&);
};

const std::map<std::string, Type>& types() {
    static const std::map<std::string, Type> all = {
        // Any byte but 0 is true.
        {"BOOL",
         {1,
          [](const Tensor& t) {
              return convert<uint8_t>(t, [](uint8_t b) { return b != 0 ? 1.0F : 0.0F; });
          }}},
        {"U8", {1, cast<uint8_t>}},
        {"I8", {1, cast<int8_t>}},
        {"U16", {2, cast<uint16_t>}},
        {"I16", {2, cast<int16_t>}},
        {"U32", {4, cast<uint32_t>}},
        {"I32", {4, cast<int32_t>}},
        {"U64", {8, cast<uint64_t>}},
        {"I64", {8, cast<int64_t>}},
        {"F16", {2, [](const Tensor& t) { return convert<uint16_t>(t, from_half); }}},
        {"BF16", {2, [](const Tensor& t) { return convert<uint16_t>(t, from_bfloat); }}},
        {"F32", {4, cast<float>}},
        {"F64", {8, cast<double>}},
    };
    return all;
}

}  // namespace

size_t element_bytes(const std::string& dtype) {
    const auto found = types().find(dtype);
    return found == types().end() ? 0 : found->second.bytes;
}

std::vector<float> float_values(const Tensor& tensor, const std::string& where) {
    const auto found = types().find(tensor.dtype);
    if (found == types().end())
        throw Error(where, "has the unsupported type " + tensor.dtype,
                    "store it as real numbers, for example float32");
    std::vector<float> values = found->second.values(tensor);
    require_finite(values, where);
    return values;
}

void require_finite(std::span<const float> values, const std::string& where) {
    for (const float value : values)
        if (!std::isfinite(value))
            throw Error(where, "holds a value that is not finite in float32");
}

}  // namespace permloom
