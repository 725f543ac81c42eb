/// The load-stream half of verify: does what goes over the configuration port say the
/// configuration?
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/perm/permutation.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom {

/// Reads `words` back: every row is there once, the wiring rows (switch bits passed through the
/// topology, entries, level maps, weights) are those of `sources`, the decoded wiring, registers
/// and classes are the configuration's. Throws Error naming layer and neuron.
void verify_stream(const Chip& chip, const Configuration& configuration,
                   const std::vector<std::vector<Permutation>>& sources,
                   std::span<const uint32_t> words);

}  // namespace permloom
