/// Chips drawn at random from a device model.
#pragma once

#include <cstdint>

#include "compiler/program/device_instance.h"
#include "compiler/spec/device_model.h"
#include "sim/physical/effects.h"

namespace permloom {

/// Whose devices the neurons of a layer with one profile use.
enum class Sharing {
    engine,  ///< as the engine is built: one bank for all of `folded`, else one for each neuron
    neuron,  ///< a bank for each neuron: independent devices
    layer    ///< one bank for all neurons of a layer
};

struct FabricateOptions {
    uint64_t seed = 1;
    uint32_t trial = 0;  ///< number of the chip among those of a seed
    Sharing sharing = Sharing::engine;
};

/// Banks of a layer. Throws Error where one is asked for and the chip has a profile per neuron.
int bank_count(const ChipLayer& layer, size_t index, Sharing sharing);

/// The devices as they are meant to be, value 0 and its conductance included.
LayerInstance nominal_layer(const ChipLayer& layer, const DeviceModel& model, int banks);
/// A copy of the chip on which everything is as it is meant to be.
DeviceInstance nominal_instance(const Chip& chip, const DeviceModel& model,
                                Sharing sharing = Sharing::engine);

/// One copy, with every effect of manufacture that the model has.
DeviceInstance fabricate(const Chip& chip, const DeviceModel& model,
                         const FabricateOptions& options);

/// The devices of a copy as they are in use: cells that were not measured at the chip's own values,
/// then every effect of use (time, temperature, wires).
DeviceInstance in_use(const Chip& chip, DeviceInstance instance, const DeviceModel& model,
                      const FabricateOptions& options);

}  // namespace permloom
