#include "compiler/passes/pipeline.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/base/error.h"
#include "compiler/base/version.h"
#include "compiler/passes/canonicalise.h"
#include "compiler/passes/encode.h"
#include "compiler/passes/place.h"
#include "compiler/passes/quantise.h"
#include "compiler/passes/verify.h"

namespace permloom {
namespace {

Configuration assemble(const Checkpoint& checkpoint, const Chip& chip, Quantised quantised,
                       std::vector<EncodedLayer> encoded) {
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
    for (size_t l = 0; l < encoded.size(); ++l)
        configuration.layers.push_back(
            {std::move(encoded[l].code), std::move(encoded[l].payload), encoded[l].wiring_bits,
             std::move(quantised.layers[l].neurons), quantised.layers[l].registers});
    return configuration;
}

}  // namespace

CompileResult compile(const Checkpoint& checkpoint, const CompileOptions& options) {
    const Quantised quantised = quantise(checkpoint);
    if (checkpoint.classes < 1 || checkpoint.classes > checkpoint.network.outputs())
        throw Error("checkpoint", fmt::format("{} classes for {} outputs", checkpoint.classes,
                                              checkpoint.network.outputs()));

    PlaceOptions place_options{options.target, options.name, nullptr, options.choose_engines};
    if (options.onto) place_options.onto = &*options.onto;
    Placement placement = place(checkpoint, quantised, place_options);

    const Sources sources = canonicalise(placement.chip, placement.sources);
    const std::vector<EncodedLayer> encoded = encode(placement.chip, sources, {options.code});

    CompileResult result;
    result.chip = std::move(placement.chip);
    result.configuration = assemble(checkpoint, result.chip, quantised, encoded);
    verify(checkpoint, result.chip, result.configuration);
    result.report = make_report(result.chip, result.configuration, quantised, encoded);
    return result;
}

}  // namespace permloom
