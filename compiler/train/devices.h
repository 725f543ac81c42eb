/// The devices a network is manufactured with, drawn before training.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/spec/network.h"

namespace permloom {

struct LayerDevices {
    bool shared_profile = false;
    std::vector<float> profile;      ///< (1 or outputs) x lines, each bank ascending
    std::vector<int32_t> profile_q;  ///< as profile; empty for real values
    double scale = 1.0;              ///< profile = profile_q * scale
    std::vector<float> arrangement;  ///< outputs x lines: where the devices are at first
};

/// Draws the devices of layer `index` by the rule of its description. The same seed gives the same
/// devices on every machine. Throws Error when all of them are zero.
LayerDevices draw_devices(const LayerSpec& layer, int index, uint64_t seed);

/// The weights of a trained layer, outputs x lines ascending banks, each bank in random places.
LayerDevices shuffled_devices(const LayerSpec& layer, int index, std::vector<float> banks,
                              uint64_t seed);

/// Devices of an existing chip, (1 or outputs) x lines integers, in random places. Their real value
/// is integer * scale, with the scale that the description's own rule would use: the shared value,
/// else the rule's limit over the largest level of its width (of the devices, where that is
/// larger).
LayerDevices frozen_devices(const LayerSpec& layer, int index, bool shared_profile,
                            const std::vector<int32_t>& devices, uint64_t seed);

}  // namespace permloom
