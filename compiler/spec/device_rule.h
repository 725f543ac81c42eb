/// What the rules of DeviceValues say of the numbers they draw (training-facts.md 7.3), for whoever
/// draws them or looks for them.
#pragma once

#include "compiler/spec/layer.h"

namespace permloom {

/// Standard deviation of a unit normal cut at +-2: what Keras divides by.
inline constexpr double CUT_NORMAL_DEVIATION = 0.87962566103423978;

bool is_normal(DeviceValues values);

/// Largest magnitude of a drawn value: the limit of the uniforms, two deviations of the normals
/// before Keras' division, else the value of the description. Over the largest level it is the
/// scale of a device.
double device_limit(const LayerSpec& layer);

/// Fraction of the devices of layer `index` that pruning keeps: bernoulli spares the first kernel.
double kept_fraction(const LayerSpec& layer, int index);

/// What exact pruning keeps of a vector of `lines`, of both signs together or of each.
int exactly_kept(double keep, int lines);
int exactly_kept_of_each_sign(double keep, int lines);

}  // namespace permloom
