/// What the engines make of a layer: the order of the work, the rows of wiring that are loaded, the
/// cycles. The rules and the letters are those of rtl/MICROARCHITECTURE.md.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/program/chip.h"

namespace permloom {

struct EnginePlan {
    int wiring_stages = 0;  ///< folded: of the network; serial: lanes; level: neurons
    int wiring_rows = 0;    ///< of one stage and context: N; E; K
    int64_t interval = 0;   ///< cycles between two images
    /// From the first issue of an image to the cycle in which the buffer behind is full.
    int64_t latency = 0, last_latency = 0;  ///< of a hidden layer; of the last one
};

EnginePlan engine_plan(const ChipLayer& layer);

/// Slots of a neuron whose device is not 0, ascending: what engine `serial` works through.
std::vector<int32_t> live_slots(const ChipLayer& layer, int neuron);

/// Engine `serial`: C_g, entries of a lane for each group of `lanes` neurons.
std::vector<int32_t> group_entries(const ChipLayer& layer);

/// Engine `serial`: bits that an entry is stored in: the input, on rail dual its complement's mark.
int stored_entry_bits(const ChipLayer& layer);

/// Engine `level`: distinct devices of a neuron, ascending.
std::vector<int32_t> levels(const ChipLayer& layer, int neuron);
/// B, bits that name a level of any neuron.
int level_bits(const ChipLayer& layer);
/// S, cycles in which all inputs pass once, and K, of one image.
int steps_a_pass(const ChipLayer& layer);
int steps(const ChipLayer& layer);

}  // namespace permloom
