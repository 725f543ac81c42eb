/// What a physical network costs: its parts counted, times the energy, delay and area of one of
/// each, beside an array whose devices are written anew for each function.
///
/// A **read** is one vector through an array. `folded` and `spatial` make one of a neuron in every
/// pass (two with rail split) and plane (bit-serial), `serial` and `level` one of a neuron, whose
/// current is integrated while its inputs come one after another. Layers that walk read at every
/// position. What is assumed, beside the figures of the device description:
///
/// - Devices: every slot that conducts takes part in a read of its neuron, whatever its input and
///   its rail; a pair is two devices. It conducts where its nominal conductance is not 0: value 0
///   does where the on/off ratio is finite or an offset is taken away, whose least value does not.
///   `serial` has no devices of value 0. All cost the same, whatever their conductance.
/// - Switches: in a read every switch of the network is set and passed. A signal passes all stages
///   in turn, nothing is registered on its way. `serial` and `level` have none.
/// - DACs: one for each line of a network, each input of a cycle (`level`) or each lane (`serial`).
///   A conversion is made when an input changes: once for a vector of `folded` with one pass and
///   one plane, since all neurons use it; else in every pass and plane of every neuron of `folded`,
///   of all neurons at once of `spatial`; for each slot of `serial`; once a line of `level`.
/// - ADCs: one conversion a read. `folded` has one, `spatial` and `level` one a neuron, `serial`
///   one a lane.
/// - Area: `folded` with a shared profile has one bank, every other layer one a neuron; a slot of
///   value 0 takes the place of a device (not with `serial`). `level` has, for each input of a
///   cycle and each neuron, a device for each level that conducts. A bit of a configuration is
///   stored once for each context; the load stream is counted with its headers, a little too much.
/// - Time: reads of one array follow one another without overlap, layers wait for all that they
///   read and add, images for one another. Loading goes bit by bit at the delay of one.
/// - Not counted: post-op, activation memories, clocks, control, standby, what keeps a switch set
///   beyond its read, and light or voltage that makes up for losses.
///
/// The rewritable array: for each layer one array of inputs x outputs weights, two devices each
/// where the scheme is pair; all outputs are read at once, at every position, by a DAC an input and
/// an ADC an output, every device in every read. For a new function every device is written, in
/// `rounds` pulses each followed by a read, and every pulse wears it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/program/chip.h"
#include "compiler/spec/device_model.h"

namespace permloom {

struct PartCounts {
    int64_t devices = 0, switches = 0, dacs = 0, adcs = 0;
};

struct LayerCost {
    PartCounts used;     ///< in one inference: its energy
    PartCounts in_turn;  ///< of these, one after another: its latency
    PartCounts built;    ///< its area
    double energy = 0.0, latency = 0.0, area = 0.0;
};

struct NetworkCost {
    std::vector<LayerCost> layers;
    /// Of one inference, joule and second, of the longest way through the layers; square metres,
    /// without what stores a configuration.
    double energy = 0.0, latency = 0.0, area = 0.0;
};

/// Of a new function for a network that is there.
struct RetaskCost {
    double energy = 0.0, seconds = 0.0;
    double a_second = 0.0;  ///< how many a second, if there were nothing else to do
    double lifetime = 0.0;  ///< how many until the parts wear out; infinite where they do not
    /// Inferences between two of them from which on they take no more than RETASK_SHARE of the
    /// energy of those inferences.
    double break_even = 0.0;
};
inline constexpr double RETASK_SHARE = 0.01;

struct CostReport {
    NetworkCost network;
    double configuration_area = 0.0;  ///< of the bits of all contexts
    uint64_t load_bits = 0;
    RetaskCost retask;  ///< by a load
    NetworkCost rewritable;
    int64_t rewritable_devices = 0;
    RetaskCost rewritable_retask;  ///< by writing all devices

    /// Infinite values are null.
    std::string to_json() const;
};

/// `load_bits`: of the load stream of one configuration. Throws Error for a layer of engine
/// programmable, which has no fixed devices.
CostReport physical_cost(const Chip& chip, uint64_t load_bits, const DeviceModel& model);

}  // namespace permloom
