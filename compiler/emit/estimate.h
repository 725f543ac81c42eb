/// What a chip costs, before anything is synthesised: the cost model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/emit/block_ram.h"
#include "compiler/program/chip.h"

namespace permloom {

/// What is built around the chip.
struct EstimateOptions {
    bool probes = true;  ///< probes of the layers are on pins
    bool board =
        false;  ///< the cells of rtl/board are around it (emit/ice40.h), its control port is idle
    int boot_words = 0;  ///< of the stored load stream; 0: it waits for a load
};

struct PartEstimate {
    std::string name;
    Cost cost;
    int64_t interval = 0, latency = 0;  ///< cycles; of layers alone
};

/// LUTs and flip-flops are those of Yosys synth_ice40, within about a tenth on whole chips; block
/// RAMs and cycles are exact where no memory is close to the size that flip-flops are cheaper for.
struct Estimate {
    std::vector<PartEstimate> layers;  ///< each with the buffer in front of it
    std::vector<PartEstimate>
        rest;  ///< loader, pixel loader, contexts, result unit, control port or board
    int64_t interval = 0, latency = 0;  ///< cycles, of the chip (engine_plan.h)
    /// Words of a load, a cycle each, the cycle that waits for its context, and those in which
    /// codes are decoded.
    int64_t load_cycles = 0;
    /// A layer walks: what its window reader and map writer cost has not been measured yet.
    bool rough = false;

    Cost total() const;
};

Estimate estimate(const Chip& chip, const EstimateOptions& options = {});

/// A layer of a chip alone, as in `estimate`.
PartEstimate estimate_layer(const Chip& chip, size_t index, const EstimateOptions& options = {});

/// Words of a whole load of one context, equal for all configurations of a chip.
int64_t load_words(const Chip& chip);

}  // namespace permloom
