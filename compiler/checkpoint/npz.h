/// The .npz format of NumPy: a zip archive of .npy arrays.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "compiler/checkpoint/foreign.h"
#include "compiler/checkpoint/safetensors.h"

namespace permloom {

/// The arrays in the order of the archive; members that are no .npy are passed over. Throws Error.
std::vector<ForeignArray> read_npz(const std::filesystem::path& path);

struct NpzArray {
    std::string name;
    Tensor tensor;
};

/// What numpy.savez (deflated: numpy.savez_compressed) makes of these arrays, with a fixed date:
/// the same arrays give the same bytes.
std::vector<uint8_t> to_npz(std::span<const NpzArray> arrays, bool deflated);

}  // namespace permloom
