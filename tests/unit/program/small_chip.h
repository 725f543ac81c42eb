/// A chip of two layers and a configuration of it, for the tests of this room.
#pragma once

#include "compiler/perm/code.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom {

inline Chip small_chip() {
    Chip chip;
    chip.name = "small";
    chip.target = "generic";
    ChipLayer hidden;
    hidden.inputs = 5;
    hidden.outputs = 3;
    hidden.in_bits = 4;
    hidden.out_bits = 8;
    hidden.device_bits = 4;
    hidden.shared_profile = true;
    hidden.devices = {-7, -1, 0, 0, 5};
    ChipLayer output;
    output.inputs = 3;
    output.outputs = 2;
    output.rail = Rail::dual;
    output.in_bits = 8;
    output.out_bits = 8;
    output.device_bits = 2;
    output.devices = {0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1};
    chip.layers = {hidden, output};
    return chip;
}

/// Random wiring, coded with `code`.
inline Configuration small_configuration(const Chip& chip, const std::string& code, uint64_t seed) {
    Rng rng(seed);
    Configuration configuration;
    configuration.chip_fingerprint = fingerprint(chip);
    configuration.classes = chip.outputs();
    configuration.input = {chip.inputs(), chip.in_bits(), 1.0, 0.0, 1.0, 0};
    for (const ChipLayer& layer : chip.layers) {
        LayerConfiguration loaded;
        loaded.code = code;
        BitWriter out;
        for (int j = 0; j < layer.outputs; ++j) {
            const DeviceClasses classes = classes_of(layer.bank(j));
            code_named(code).encode(canonical(Permutation::random(layer.lines(), rng), classes),
                                    classes, out);
            loaded.neurons.push_back({static_cast<int32_t>(rng.below(200)) - 100,
                                      static_cast<int32_t>(rng.below(60000)) - 30000,
                                      static_cast<int64_t>(rng.below(1000000)) - 500000});
        }
        loaded.wiring_bits = out.bit_count();
        loaded.payload = out.take();
        loaded.registers = {12, 0, 0, 255, true};
        configuration.layers.push_back(loaded);
    }
    configuration.network = "small";
    configuration.dataset = "none";
    configuration.version = "test";
    configuration.protocol = "final";
    return configuration;
}

}  // namespace permloom
