/// How the lines of a layer reach its slots: ideally, or through the switches of a network or the
/// crosspoints of a crossbar, each of which loses a part and leaks another.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "compiler/perm/circuit.h"
#include "compiler/perm/permutation.h"
#include "compiler/program/configuration.h"
#include "compiler/program/device_instance.h"
#include "sim/physical/effects.h"

namespace permloom {

struct LayerWiring {
    std::vector<Permutation> sources;  ///< a neuron each: slot r is fed by line sources[j][r]
    std::optional<Topology> network;   ///< of 2x2 switches, with its bits; none: ideal or crossbar
    std::vector<SwitchBits> bits;      ///< a neuron each, where there is a network
    bool crossbar = false;             ///< line k enters row k, slot r is column r
};

/// The wiring that a configuration brings to a copy of the chip. Switches that are stuck there do
/// as they do: the sources are what the network then makes of the bits that were loaded.
std::vector<LayerWiring> wire(const Chip& chip, const Configuration& configuration,
                              const DeviceInstance& instance);

/// What line k contributes to a sum over slots, given what each slot is worth: the transpose of the
/// circuit, applied to `slots`.
std::vector<double> line_values(const LayerWiring& wiring, size_t neuron, const SwitchPass& pass,
                                std::span<const double> slots);

/// The mean over neurons and slots of what arrives on the way that is meant: 1 without losses.
double mean_transmission(const LayerWiring& wiring, const SwitchPass& pass);

}  // namespace permloom
