/// `engine: auto`: the engine and the lanes of every layer, from the cost model.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/emit/estimate.h"
#include "compiler/program/chip.h"
#include "compiler/spec/target.h"

namespace permloom {

/// What was chosen, and why.
struct EngineChoice {
    Estimate estimate;  ///< of the chip with the engines that were chosen
    /// Of each layer: what could be built, and so many of these within the cycles of the chip.
    struct Candidates {
        int built = 0, in_time = 0;
    };
    std::vector<Candidates> layers;
    /// Of the next faster choice, which does not fit: cycles of its slowest layer and cost. 0
    /// cycles: nothing is faster, whatever it costs.
    int64_t faster_interval = 0;
    Cost faster_cost;
};

/// Sets engine and lanes of every layer of `chip` for the fewest cycles between two images under
/// `budget`, of equally fast choices the one that takes the smallest shares of it; where the budget
/// has cycles, for the smallest shares within so many. Tried are
/// `folded`, whole and bit-serial, `serial` with 1, 2, 4 ... lanes and `level` with 1, 2, 4 ... 64
/// inputs a cycle, where they can be built; the yardstick `programmable` is not. Deterministic.
/// Throws Error where nothing fits, naming the cheapest that was found, or the fewest cycles.
EngineChoice choose_engines(Chip& chip, const Budget& budget);

}  // namespace permloom
