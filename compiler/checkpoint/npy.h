/// The .npy format of NumPy: one array with its header.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/checkpoint/safetensors.h"

namespace permloom {

/// Header versions 1 to 3; floats of 2, 4 and 8 bytes, integers and booleans, of either byte order,
/// in C or Fortran order. The tensor is little-endian and row-major. `where` names file and array.
/// Throws Error.
Tensor parse_npy(std::span<const uint8_t> bytes, const std::string& where);

/// Version 1, C order; the data begin at a multiple of 64 bytes, as NumPy writes them.
std::vector<uint8_t> to_npy(const Tensor& tensor);

}  // namespace permloom
