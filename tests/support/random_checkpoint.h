/// Checkpoints without training: random devices, random wiring, constants that use the range.
#pragma once

#include <span>
#include <vector>

#include "compiler/base/rng.h"
#include "compiler/checkpoint/checkpoint.h"

namespace permloom::testing {

/// Devices of `bits` with about `keep` of them non-zero.
DeviceSpec levels(int bits, bool shared_profile, double keep = 1.0);
/// {0, value} (ternary on rail split), exactly `keep` of them non-zero.
DeviceSpec one_value(double keep, double value = 1.0);

/// A network of dense layers: sizes[0] pixels, then one layer for each further size, all with this
/// rail, devices and hidden activation.
NetworkSpec network_of(const std::vector<int>& sizes, Rail rail, const DeviceSpec& devices,
                       Activation activation = Activation::relu, int bits = 8);

Checkpoint random_checkpoint(const NetworkSpec& network, Rng& rng);
/// The same devices and constants under other random wirings: another function for the same chip.
Checkpoint rewired(const Checkpoint& checkpoint, Rng& rng);

/// z_j of LayerState's definition, in double precision: `a` are the real inputs of layer `l`, and a
/// line and its complement add up to `complement_sum`.
std::vector<double> pre_activations(const Checkpoint& checkpoint, size_t l,
                                    std::span<const double> a, double complement_sum);

}  // namespace permloom::testing
