/// programmable: what a layer would cost with an ordinary weight memory instead of fixed devices
/// behind a permutation. The yardstick of a report.
///
///     ours            devices fixed, the wiring is loaded      bits of the wiring
///     programmable    wires fixed, the weights are loaded      neurons x inputs x bits of a weight
#pragma once

#include <cstdint>

#include "compiler/program/chip.h"

namespace permloom {

struct LayerCost {
    uint64_t load_bits = 0;    ///< that change the function: wiring or weights, of one context
    uint64_t memory_bits = 0;  ///< that hold them, in all contexts
    int64_t cycles = 0;        ///< between two images
    int64_t multipliers = 0;   ///< of an input and a number that changes or is not -1, 0 or 1

    LayerCost& operator+=(const LayerCost& other);
    bool operator==(const LayerCost&) const = default;
};

/// The layer as it is; `wiring_memory_bits` of one context.
LayerCost permuted_cost(const ChipLayer& layer, int contexts, uint64_t wiring_memory_bits);

/// A weight memory with the same post-op and as many weights a cycle as the engine takes devices:
/// `folded` all of a neuron, `spatial` all of all, `serial` one of each lane, `level` `lanes` of
/// every neuron. Of `serial` and of engine `programmable` itself it is engine `programmable` with
/// as many lanes, its lanes without a neuron in the last group included. A weight is as wide as a
/// device, one bit wider on rail dual, where it is the difference of two devices; complements need
/// no lines of their own and no second pass. No weight can be skipped: none is known to be 0.
LayerCost programmable_cost(const ChipLayer& layer, int contexts);

}  // namespace permloom
