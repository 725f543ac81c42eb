/// The register half of verify: do b, m, c and s say the checkpoint's post-op?
#pragma once

#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/perm/permutation.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom {

/// Holds acc * m + b * m + c against the real z_j / s_out at probe inputs, with `sources` the
/// decoded wiring, to one rounding; checks the layer's clamp and that nothing overflows. Throws
/// Error naming layer and neuron.
void verify_registers(const Checkpoint& checkpoint, const Chip& chip,
                      const Configuration& configuration,
                      const std::vector<std::vector<Permutation>>& sources);

}  // namespace permloom
