/// The one place that decodes and routes: from codes to what goes over the configuration port.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "compiler/perm/permutation.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"
#include "compiler/program/device_instance.h"

namespace permloom {

/// Which slots of a neuron a code need not tell apart: those of equal devices, and on a fabricated
/// copy, where no two devices are equal, none.
DeviceClasses wiring_classes(const ChipLayer& layer, int neuron, bool fabricated);

/// Sources of every layer and neuron, canonical. `instance`: the copy that the configuration goes
/// to, needed where it was re-ranked for one. Throws Error when a code is invalid.
std::vector<std::vector<Permutation>> decode_sources(const Chip& chip,
                                                     const Configuration& configuration,
                                                     const DeviceInstance* instance = nullptr);

/// The load stream in 32-bit words, as FORMAT.md lays it out, for one context.
struct LoadStream {
    std::vector<uint32_t> words;
    /// Switches, entries, codes, levels or weights of each layer, without padding.
    std::vector<uint64_t> layer_wiring_bits;
    uint64_t register_bits = 0;  ///< post-op registers and classes
    uint64_t wiring_bits() const {
        return std::accumulate(layer_wiring_bits.begin(), layer_wiring_bits.end(), uint64_t{0});
    }
    uint64_t load_bits() const { return words.size() * 32; }
};

/// Routes around the stuck switches of `instance` where the configuration was re-ranked for it.
/// Throws Error when a code is invalid, where b of engine `programmable` leaves its 32 bits, or
/// where there is no way around a stuck switch.
LoadStream expand(const Chip& chip, const Configuration& configuration, int context = 0,
                  const DeviceInstance* instance = nullptr);

}  // namespace permloom
