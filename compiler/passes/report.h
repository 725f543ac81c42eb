/// report: what a compiled network costs, per layer and in all.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/passes/programmable.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"
#include "compiler/program/device_instance.h"

namespace permloom {

struct Quantised;
struct EncodedLayer;

struct LayerReport {
    std::string engine;
    int lanes = 1;  ///< ChipLayer::lanes
    bool bit_serial = false;
    std::string decoder;
    int inputs = 0, outputs = 0, lines = 0, passes = 1;
    int64_t switches = 0;  ///< per network; 0 for engines without one
    /// Of these, what an emitted chip does not build because all devices behind it are 0 (`spatial`
    /// with a profile per neuron: of the first neuron); their bits are loaded nevertheless.
    int64_t switches_left_out = 0;
    int stages = 0;
    std::string code;
    std::map<std::string, uint64_t> code_bits;  ///< what each code needs for this layer
    uint64_t wiring_bits = 0, register_bits = 0, framing_bits = 0, load_bits = 0;
    /// What the chip stores of the wiring for one context: switch bits, entries, level maps, or
    /// weights. A load brings as many, or of a layer with a decoder its codes.
    uint64_t wiring_memory_bits = 0, wiring_load_bits = 0;
    double wiring_bound = 0.0;    ///< log2 of the number of distinct wirings, all neurons
    int64_t wires = 0;            ///< non-zero devices
    int64_t weight_rom_bits = 0;  ///< with a profile per neuron; engine `programmable` has no ROM
    int positions = 1;            ///< at which all neurons are computed
    /// Activations in front of the layer: its feature map and window or its buffer, two banks each,
    /// and what it adds.
    int64_t buffer_bits = 0;
    int64_t cycles = 0;  ///< interval of the layer
    int accumulator_bits = 0;
    double quantisation_error = 0.0;  ///< relative, see QuantisedLayer::error
    /// What the layer loads, stores and multiplies, and what an ordinary weight memory would.
    LayerCost permuted, programmable;
};

/// `load_bits` = `wiring_load_bits` + `register_bits` + `framing_bits`: headers, padding and
/// checksum of the load stream. `wiring_bits` are the stored codes that the first are expanded
/// from.
struct CompileReport {
    std::vector<LayerReport> layers;
    uint64_t wiring_bits = 0, register_bits = 0, framing_bits = 0, load_bits = 0;
    double wiring_bound = 0.0;
    uint64_t wiring_memory_bits = 0, wiring_load_bits = 0;
    int64_t weights = 0, wires = 0;
    int64_t interval_cycles = 0, latency_cycles = 0;
    LayerCost permuted, programmable;  ///< of all layers; cycles of the slowest one
    bool wiring_only = false;          ///< no per-neuron register differs from its layer's constant
    /// One JSON object: the fields above by their names, `layers` an array.
    std::string to_json() const;
};

/// Cycles by the formulas of rtl/MICROARCHITECTURE.md, bits counted in the expanded load stream.
/// `instance`: the fabricated copy of a configuration that was re-ranked for one.
CompileReport make_report(const Chip& chip, const Configuration& configuration,
                          const Quantised& quantised, const std::vector<EncodedLayer>& encoded,
                          const DeviceInstance* instance = nullptr);

}  // namespace permloom
