/// What the mutation check puts a chip through, SystemC and RTL side by side.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/bench/difference.h"
#include "sim/device.h"
#include "tools/dev/mutation_scenes.h"

namespace permloom {

/// The first difference of the whole trial, which is the scene's own for `control`. A device that
/// stops is a difference as well.
std::optional<Difference> run_trial(const Scene& scene, Device& systemc, Device& rtl);

/// Makes the CRC word of a load right again.
void renew_checksum(std::vector<uint32_t>& words);

}  // namespace permloom
