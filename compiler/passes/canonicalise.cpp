#include "compiler/passes/canonicalise.h"

#include "compiler/base/error.h"

namespace permloom {

Sources canonicalise(const Chip& chip, const Sources& sources) {
    PERMLOOM_ASSERT(sources.size() == chip.layers.size());
    Sources result(sources.size());
    for (size_t l = 0; l < sources.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        PERMLOOM_ASSERT(sources[l].size() == static_cast<size_t>(layer.outputs));
        DeviceClasses classes;
        for (int j = 0; j < layer.outputs; ++j) {
            if (j == 0 || !layer.shared_profile) classes = classes_of(layer.bank(j));
            result[l].push_back(canonical(sources[l][static_cast<size_t>(j)], classes));
        }
    }
    return result;
}

}  // namespace permloom
