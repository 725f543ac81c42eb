#include "compiler/passes/encode.h"

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/code.h"
#include "compiler/program/expand.h"

namespace permloom {
namespace {

std::vector<DeviceClasses> classes_of_banks(const ChipLayer& layer, bool fabricated) {
    std::vector<DeviceClasses> classes;
    for (int bank = 0; bank < layer.banks(); ++bank)
        classes.push_back(wiring_classes(layer, bank, fabricated));
    return classes;
}

EncodedLayer encode_layer(const ChipLayer& layer, const std::vector<Permutation>& sources,
                          const EncodeOptions& options) {
    const std::vector<DeviceClasses> banks = classes_of_banks(layer, options.fabricated);
    const std::string& wanted = options.code;
    const auto classes_of_neuron = [&](size_t j) -> const DeviceClasses& {
        return banks[layer.shared_profile ? 0 : j];
    };

    EncodedLayer result;
    for (size_t j = 0; j < sources.size(); ++j)
        result.wiring_bound += wiring_bound_bits(classes_of_neuron(j));
    for (const auto& code : all_codes()) {
        BitWriter writer;
        for (size_t j = 0; j < sources.size(); ++j)
            code->encode(sources[j], classes_of_neuron(j), writer);
        const std::string name(code->name());
        const uint64_t bits = writer.bit_count();
        result.bits_by_code[name] = bits;
        const bool keep =
            wanted == "auto" ? name != "index" && (result.code.empty() || bits < result.wiring_bits)
                             : name == wanted;
        if (!keep) continue;
        result.code = name;
        result.wiring_bits = bits;
        result.payload = writer.take();
    }
    return result;
}

}  // namespace

std::vector<EncodedLayer> encode(const Chip& chip, const Sources& canonical_sources,
                                 const EncodeOptions& options) {
    PERMLOOM_ASSERT(canonical_sources.size() == chip.layers.size());
    if (options.code != "auto") code_named(options.code);  // an Error that lists the codes
    std::vector<EncodedLayer> result;
    for (size_t l = 0; l < chip.layers.size(); ++l)
        result.push_back(encode_layer(chip.layers[l], canonical_sources[l], options));
    return result;
}

}  // namespace permloom
