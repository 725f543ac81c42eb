/// What the engines make of a layer: the order of the work, the rows of wiring that are loaded, the
/// cycles. The rules and the letters are those of rtl/MICROARCHITECTURE.md.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/program/chip.h"

namespace permloom {

/// Of one vector of inputs: of an image, or of one position of a layer that walks.
struct EnginePlan {
    /// folded, spatial: of the network; serial, programmable: lanes; level: neurons.
    int wiring_stages = 0;
    int wiring_rows = 0;   ///< of one stage and context: N; E; K
    int64_t interval = 0;  ///< cycles between two vectors
    int64_t writing = 0;   ///< from the first write of a vector to the last, that one included
    /// From the first issue of a vector to the cycle in which the buffer behind is full.
    int64_t latency = 0, last_latency = 0;  ///< of a hidden layer; of the last one
};

EnginePlan engine_plan(const ChipLayer& layer);

/// M of engine `spatial`, values of one write: the smallest power of two with which the writes of a
/// vector take no longer than its passes; else the largest. Of layer `index` of the chip, whatever
/// its engine is.
int spatial_lanes(const Chip& chip, size_t index);

/// R, values of a window that a layer that walks takes in one cycle: the smallest power of two that
/// divides the channels and lets the window be ready when the engine is (`serial`: a cycle before);
/// else the largest.
int window_lanes(const ChipLayer& layer);
/// F, cycles in which a window is read.
int window_steps(const ChipLayer& layer);

/// Cycles of a layer for one image.
struct LayerPlan {
    int64_t interval = 0;  ///< between two images; half a cycle rounded up
    /// From the first issue of an image to the cycle of the full buffer behind.
    int64_t latency = 0;
};
/// `last`: of the last layer.
LayerPlan layer_plan(const ChipLayer& layer, bool last);

/// Banks of the memory of what layer `index` of the chip adds: as many images as there are on the
/// way while one stays in it.
int skip_banks(const Chip& chip, size_t index);
/// Cycles between two images in the steady state (rounded up), and from the last pixel to the first
/// result.
int64_t chip_interval(const Chip& chip);
int64_t chip_latency(const Chip& chip);

/// Slots of a neuron whose device is not 0, ascending: what engine `serial` works through.
std::vector<int32_t> live_slots(const ChipLayer& layer, int neuron);

/// Engine `serial`: C_g, entries of a lane for each group of `lanes` neurons.
std::vector<int32_t> group_entries(const ChipLayer& layer);

/// Engine `serial`: bits that an entry is stored in: the input, on rail dual its complement's mark.
int stored_entry_bits(const ChipLayer& layer);

/// The rows of wiring that a load brings to a layer: of how many stages, and of one of them. With a
/// decoder a row is the code of a neuron, else it goes into the memory of its stage.
struct LoadedWiring {
    int stages = 0, rows = 0;
};
LoadedWiring loaded_wiring(const ChipLayer& layer);

/// A layer with a decoder: bits of the code of a neuron, and words of it in a load.
int64_t code_bits(const ChipLayer& layer);
int code_words(const ChipLayer& layer);
/// Cycles from the first word of a neuron's code to the word behind it, in a load without gaps.
int64_t code_cycles(const ChipLayer& layer, int neuron);

/// Engine `level`: distinct devices of a neuron, ascending.
std::vector<int32_t> levels(const ChipLayer& layer, int neuron);
/// B, bits that name a level of any neuron.
int level_bits(const ChipLayer& layer);
/// S, cycles in which all inputs pass once, and K, of one image.
int steps_a_pass(const ChipLayer& layer);
int steps(const ChipLayer& layer);

/// Engine `programmable`: Q, bits of a weight; V, weights in a row of the memory and of the load
/// stream; G*n, weights of a lane, those of neurons that it has not among them.
int weight_bits(const ChipLayer& layer);
int weights_a_row(const ChipLayer& layer);
int64_t lane_weights(const ChipLayer& layer);

}  // namespace permloom
