/// compile: checkpoint + target -> chip + configuration + report. Each pass is its own file with an
/// options struct and one free function; the pipeline calls them in order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"
#include "compiler/spec/target.h"

namespace permloom {

struct LayerReport {
    int inputs = 0, outputs = 0, lines = 0, passes = 1;
    int64_t switches = 0;  ///< per network
    int stages = 0;
    std::string code;
    uint64_t wiring_bits = 0, register_bits = 0, framing_bits = 0, load_bits = 0;
    double wiring_bound = 0.0;    ///< log2 of the number of distinct wirings, all neurons
    int64_t wires = 0;            ///< non-zero devices
    int64_t weight_rom_bits = 0;  ///< with a profile per neuron
    int64_t cycles = 0;           ///< interval of the layer
    int accumulator_bits = 0;
    double quantisation_error =
        0.0;  ///< rms relative error of the requantisation multiplier and range
};

struct CompileReport {
    std::vector<LayerReport> layers;
    uint64_t wiring_bits = 0, register_bits = 0, framing_bits = 0, load_bits = 0;
    double wiring_bound = 0.0;
    int64_t weights = 0, wires = 0;
    int64_t interval_cycles = 0, latency_cycles = 0;
    bool wiring_only = false;  ///< no per-neuron register differs from its layer's constant
    std::string to_json() const;
};

struct CompileOptions {
    TargetSpec target;
    std::optional<Chip> onto;   ///< compile for this chip instead of a new one
    std::string code = "auto";  ///< auto: the smallest of lehmer, level-map, multiset
    std::string name;
};

struct CompileResult {
    Chip chip;
    Configuration configuration;
    CompileReport report;
};

/// quantise -> place -> canonicalise -> encode -> verify. Throws Error with layer and reason.
CompileResult compile(const Checkpoint& checkpoint, const CompileOptions& options);

}  // namespace permloom
