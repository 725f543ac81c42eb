#include "compiler/passes/pipeline.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/base/error.h"
#include "compiler/passes/assemble.h"
#include "compiler/passes/canonicalise.h"
#include "compiler/passes/encode.h"
#include "compiler/passes/place.h"
#include "compiler/passes/quantise.h"
#include "compiler/passes/verify.h"

namespace permloom {

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
    result.configuration = assemble(checkpoint, result.chip, encoded);
    for (size_t l = 0; l < quantised.layers.size(); ++l) {
        result.configuration.layers[l].neurons = quantised.layers[l].neurons;
        result.configuration.layers[l].registers = quantised.layers[l].registers;
    }
    verify(checkpoint, result.chip, result.configuration);
    result.report = make_report(result.chip, result.configuration, quantised, encoded);
    return result;
}

}  // namespace permloom
