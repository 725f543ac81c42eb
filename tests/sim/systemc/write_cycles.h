/// When a layer writes, by the formulas of rtl/MICROARCHITECTURE.md.
#pragma once

#include <vector>

#include "compiler/program/chip.h"

namespace permloom::test {

/// Cycles from the first issue of an image, or of a position of a layer that walks, to the write of
/// each neuron, or to its output register where a pool follows.
std::vector<int> write_cycles(const ChipLayer& layer, bool last);

}  // namespace permloom::test
