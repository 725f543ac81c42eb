/// Drawings of small circuits with their switches set, as SVG.
#pragma once

#include <string>

#include "compiler/perm/circuit.h"

namespace permloom {

/// More lines than this make no readable drawing.
inline constexpr int MAX_DRAWN_LINES = 64;

/// An SVG document on white. Every input has a colour, which its way keeps
/// up to the output. Switch networks: a column a stage, a box a switch with its two lines side by
/// side (as CircuitCost::crossings counts them), crossed ones filled. Selectors: a grid of inputs
/// against outputs, a dot where an output takes an input. `name` is the heading.
///
/// `topology.lines` <= MAX_DRAWN_LINES. Throws Error when the bits do not fit the topology.
std::string draw_svg(const Topology& topology, const SwitchBits& bits, const std::string& name);

}  // namespace permloom
