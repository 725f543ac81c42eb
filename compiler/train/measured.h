/// Going on with a trained network on the devices of a fabricated chip, which measure otherwise
/// than those that it was trained with.
#pragma once

#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/program/chip.h"
#include "compiler/program/device_instance.h"

namespace permloom {

/// What the devices of a layer measure.
struct MeasuredLayer {
    int banks = 1;              ///< 1 or outputs
    std::vector<float> values;  ///< banks x lines, in steps of the chip's devices, in any order
};

/// Of every layer of a copy of the chip.
std::vector<MeasuredLayer> measured_layers(const Chip& chip, const DeviceInstance& copy);

/// Settings for such a run of `epochs` epochs: laperm_latent with the drift term, a sync every 100
/// steps, no devices given up; the learning rate is 3e-4 for one epoch, else it falls from 1e-3 by
/// half in each. What is not named here stays.
TrainingSpec measured_training(TrainingSpec training, int epochs);

/// The trained network on these devices, one of `measured` for each layer: constants, latents and
/// `scale` stay, the profiles are what was measured times `scale`, in the ranking of the latents.
/// Latents of estimator mask, which have a scale of their own, are spread as far as the devices.
/// Where it was not trained by laperm_latent the new weights are the latents. Throws Error where
/// its own devices are real numbers, whose steps are not known.
Checkpoint on_measured_devices(Checkpoint trained, const std::vector<MeasuredLayer>& measured);

}  // namespace permloom
