/// What noise-aware training puts between the weights and a forward pass: devices that differ, and
/// in every step otherwise.
///
/// A weight w stands for one device. In the order of the effects: spread multiplies it, noise is
/// added (in parts of the largest value, and in each read in parts of w), and dead ones are 0. What
/// else a model has is not drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "compiler/spec/device_model.h"

namespace permloom {

/// Disturbs weights [first, first + weights.size()) of a layer. `largest`: magnitude of its largest
/// device, in the unit of the weights. A draw follows from seed, step, layer and place alone.
void disturb(const DeviceModel& model, double largest, uint64_t seed, uint64_t step, int layer,
             std::span<float> weights, size_t first = 0);

/// What `disturb` draws, "lognormal spread 0.5, dead 0.1"; empty: nothing.
std::string disturbance_text(const DeviceModel& model);

}  // namespace permloom
