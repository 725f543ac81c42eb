/// Devices and wiring behind the weights of a layer, whoever trained it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"

namespace permloom {

/// Where a layer stands, for messages.
struct LayerPlace {
    std::string file;
    std::string title;  ///< NetworkSpec::layer_title
    size_t index = 0;
};

/// Sets source, profile, profile_q, scale and latent of `state` from `weights`, outputs x lines:
/// the profile is the weights ascending, `source` says where each of them sits (equal ones by
/// ascending line). One bank where the description says so.
///
/// Where the description asks for levels or a shared value, every weight must be one (within 1e-5
/// of a level) and becomes it exactly. `devices`, if not empty, are integers instead, (1 or
/// outputs) x lines, each bank ascending: the weights of every neuron must then be the very
/// multiset of its bank, times one scale. Throws Error that names the first weight or value at
/// fault.
void recover_devices(LayerState& state, const LayerSpec& spec, const LayerPlace& place,
                     std::vector<float> weights, const std::vector<int32_t>& devices);

}  // namespace permloom
