/// The values of a tensor, whatever real type they are stored in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/checkpoint/safetensors.h"

namespace permloom {

/// The values as float32, rounded to nearest where the stored type is finer (F64, I32, ...).
/// `where` names file and array in errors. Throws Error for a type that holds no real numbers, and
/// for values that are not finite or too large for float32.
std::vector<float> float_values(const Tensor& tensor, const std::string& where);

/// Throws Error unless every value is finite.
void require_finite(std::span<const float> values, const std::string& where);

/// Bytes of one element of a type, or 0 when it is unknown.
size_t element_bytes(const std::string& dtype);

}  // namespace permloom
