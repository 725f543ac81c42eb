/// Drawings of small circuits with their switches set, as SVG.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/perm/circuit.h"

namespace permloom {

/// More lines than this make no readable drawing.
inline constexpr int MAX_DRAWN_LINES = 64;

/// What a drawing shows beside the switch bits.
struct DrawingNotes {
    std::string name;  ///< heading
    /// 0 for the outputs that do not matter: their ways are grey. Empty: all matter.
    std::vector<uint8_t> live;
    /// Per stage, 1 for each switch that is stuck: its box is red. Empty: none.
    std::vector<std::vector<uint8_t>> stuck;
};

/// An SVG document on white. Every input has a colour, which its way keeps up to the output. Switch
/// networks: a column a stage, a box a switch with its two lines side by side (as
/// CircuitCost::crossings counts them), crossed ones filled. Selectors: a grid of inputs against
/// outputs, a dot where an output takes an input.
///
/// `topology.lines` <= MAX_DRAWN_LINES. Throws Error when the bits do not fit the topology.
std::string draw_svg(const Topology& topology, const SwitchBits& bits, const DrawingNotes& notes);

}  // namespace permloom
