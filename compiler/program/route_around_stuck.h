/// Switch bits of a fabricated copy, some of whose switches do not move.
#pragma once

#include <vector>

#include "compiler/perm/circuit.h"
#include "compiler/perm/fault_router.h"
#include "compiler/perm/permutation.h"
#include "compiler/program/device_instance.h"

namespace permloom {

/// The stuck switches of the network that serves a neuron.
std::vector<StuckSwitch> stuck_of_neuron(const ChipLayer& layer, const LayerInstance& instance,
                                         int neuron);

/// Bits that realise the sources. Throws Error, naming the neuron, where the stuck switches leave
/// no way.
std::vector<SwitchBits> route_around_stuck(const ChipLayer& layer, const LayerInstance& instance,
                                           const std::vector<Permutation>& sources, size_t index);

}  // namespace permloom
