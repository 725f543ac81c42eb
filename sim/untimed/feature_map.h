/// How a model without cycles reads windows of a feature map and pools what a walk has made. Values
/// lie rows x columns x channels.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/program/chip.h"

namespace permloom {

/// The window of a position in order row, column, channel; `zero` where it is outside of the map.
void window_at(const Walk& walk, int row, int column, int32_t zero, const std::vector<int32_t>& map,
               std::vector<int32_t>& window);

/// Largest value or sum of every whole pool of `codes`, positions x channels.
std::vector<int32_t> pooled(const Walk& walk, int channels, const std::vector<int32_t>& codes);

}  // namespace permloom
