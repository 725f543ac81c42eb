#include "compiler/passes/assemble.h"

#include "compiler/base/version.h"

namespace permloom {

Configuration assemble(const Checkpoint& checkpoint, const Chip& chip,
                       const std::vector<EncodedLayer>& encoded) {
    Configuration configuration;
    configuration.chip_fingerprint = fingerprint(chip);
    configuration.classes = checkpoint.classes;
    configuration.input = checkpoint.network.input;
    configuration.input.shape = {};  // the chip takes a list of values
    configuration.network = checkpoint.network.name;
    configuration.dataset = checkpoint.dataset;
    configuration.dataset_checksum = checkpoint.dataset_checksum;
    configuration.version = VERSION;
    if (!checkpoint.test.protocol.empty()) {
        configuration.float_accuracy = checkpoint.test.accuracy;
        configuration.protocol = checkpoint.test.protocol;
    }
    for (const EncodedLayer& layer : encoded)
        configuration.layers.push_back({layer.code, layer.payload, layer.wiring_bits, {}, {}});
    return configuration;
}

}  // namespace permloom
