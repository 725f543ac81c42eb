#include "tools/permloom/sweep/registers.h"

#include "compiler/program/configuration.h"

namespace permloom::cli {

Registers registers_of(const NetworkSpec& network) {
    const Algorithm algorithm = network.training.algorithm;
    if (algorithm == Algorithm::free || algorithm == Algorithm::supermask)
        return {{}, "its trained weights are real numbers, a chip holds integers"};
    uint64_t bits = CLASSES_BITS;
    for (size_t l = 0; l < network.layers.size(); ++l) {
        const LayerSpec& layer = network.layers[l];
        if (!layer.plain(static_cast<int>(l)))
            return {{}, "a chip has dense layers without bias, one after the other"};
        if (layer.devices.largest_level() == 0)
            return {{}, "its devices are real numbers, a chip holds integers"};
        bits += static_cast<uint64_t>(layer.outputs) * NEURON_REGISTER_BITS + LAYER_REGISTER_BITS;
    }
    return {bits, {}};
}

}  // namespace permloom::cli
