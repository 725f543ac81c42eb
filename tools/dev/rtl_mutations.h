/// Single changes of the RTL cells that the mutation check must catch.
#pragma once

#include <string>
#include <vector>

#include "sim/verilated/verilated_device.h"
#include "tools/dev/mutation_scenes.h"

namespace permloom {

/// `find` stands exactly once in `file` and becomes `replace`.
struct RtlMutation {
    std::string name, file, find, replace;
    int layer = -1, neuron = -1;          ///< place that the first difference must name; -1: none
    SceneName scene = SceneName::folded;  ///< chip that it is tried on
};

/// Of the cells that the chip `folded` has: its engine, and what stands around the layers.
std::vector<RtlMutation> folded_rtl_mutations();
/// Of the cells of engines `serial` and `level`.
std::vector<RtlMutation> engine_rtl_mutations();
/// Of the cells of engines `spatial` and `programmable`, and of bit-serial data.
std::vector<RtlMutation> spatial_rtl_mutations();
/// Of what a layer that walks, adds or pools has around it.
std::vector<RtlMutation> walk_rtl_mutations();
/// Of the control port, the choice of a context and patches.
std::vector<RtlMutation> control_rtl_mutations();
/// All of them, each with its scene.
std::vector<RtlMutation> all_rtl_mutations();

/// Throws InvariantError when the cell no longer holds `find` exactly once.
void apply(const RtlMutation& mutation, RtlDesign& design);

}  // namespace permloom
