/// Where the lines of a stage stand when a network is drawn.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/perm/circuit.h"

namespace permloom {

/// Place of every line from top to bottom where `stage` is drawn: the two lines of a switch side by
/// side, everything in ascending order of the low line. Without switches, the lines as they are.
std::vector<int32_t> stage_places(const std::vector<Switch>& stage, int lines);

}  // namespace permloom
