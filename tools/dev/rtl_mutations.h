/// Single changes of the RTL cells that the mutation check must catch.
#pragma once

#include <string>
#include <vector>

#include "sim/verilated/verilated_device.h"

namespace permloom {

/// `find` stands exactly once in `file` and becomes `replace`.
struct RtlMutation {
    std::string name, file, find, replace;
    int layer = -1, neuron = -1;  ///< place that the first difference must name; -1: none
};

const std::vector<RtlMutation>& all_rtl_mutations();

/// Throws InvariantError when the cell no longer holds `find` exactly once.
void apply(const RtlMutation& mutation, RtlDesign& design);

}  // namespace permloom
