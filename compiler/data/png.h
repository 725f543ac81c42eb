/// PNG images in memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace permloom {

struct RgbImage {
    int rows = 0, columns = 0;
    std::vector<uint8_t> pixels;  ///< rows x columns x 3
};

/// Whatever PNG as 8-bit RGB. Throws Error at `where` when it is none, damaged or larger than
/// 1 GiB.
RgbImage read_png(std::span<const uint8_t> bytes, const std::string& where);

}  // namespace permloom
