#include "compiler/passes/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "compiler/base/error.h"
#include "compiler/passes/assemble.h"
#include "compiler/passes/canonicalise.h"
#include "compiler/passes/encode.h"
#include "compiler/passes/give_way.h"
#include "compiler/passes/place.h"
#include "compiler/passes/quantise.h"
#include "compiler/passes/recalibrate.h"
#include "compiler/passes/refine.h"
#include "compiler/passes/rerank.h"
#include "compiler/passes/verify_measured.h"

namespace permloom {
namespace {

double mean_error(const Checkpoint& trained, const Chip& chip, const DeviceInstance& instance,
                  const Sources& sources, size_t layer, const InputMoments& moments) {
    const std::vector<double> errors =
        relative_error(trained, chip, instance, sources, layer, moments);
    return std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size());
}

}  // namespace

Checkpoint on_nominal_devices(const Checkpoint& checkpoint, const Chip& chip) {
    if (checkpoint.layers.size() != chip.layers.size())
        throw Error("chip " + chip.name, fmt::format("{} layers, the network has {}",
                                                     chip.layers.size(), checkpoint.layers.size()));
    Checkpoint result = checkpoint;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        LayerState& state = result.layers[l];
        const LayerSpec& spec = checkpoint.network.layers[l];
        if (spec.lines() != layer.lines() || spec.outputs != layer.outputs)
            throw Error(fmt::format("layer {}", l),
                        fmt::format("the chip has {} lines and {} neurons, the network {} and {}",
                                    layer.lines(), layer.outputs, spec.lines(), spec.outputs));
        if (!state.profile_q.empty()) continue;
        state.profile_q = layer.devices;
        state.profile.clear();
        for (const int32_t device : layer.devices)
            state.profile.push_back(static_cast<float>(device * state.scale));
    }
    return result;
}

MeasuredResult compile_measured(const Checkpoint& checkpoint, const Chip& chip,
                                const DeviceInstance& instance, const MeasuredOptions& options,
                                ThreadPool& pool) {
    PERMLOOM_ASSERT(!options.moments.empty() ||
                    (!options.refine && options.calibration != Calibration::inputs));
    const Checkpoint nominal = on_nominal_devices(checkpoint, chip);
    const Quantised quantised = quantise(nominal);
    PlaceOptions place_options;
    place_options.onto = &chip;
    const Sources built = canonicalise(chip, place(nominal, quantised, place_options).sources);

    Sources sources = options.rerank ? rerank(checkpoint, chip, instance) : built;
    const Sources reranked = sources;
    if (options.refine)
        sources = refine(checkpoint, chip, instance, sources, options.moments, pool);
    GivenWay given = give_way(chip, instance, sources);

    std::vector<Registers> registers;
    for (const QuantisedLayer& layer : quantised.layers)
        registers.push_back({layer.neurons, layer.registers});
    if (options.calibration != Calibration::none)
        registers =
            recalibrate(checkpoint, chip, instance, given.sources, std::move(registers),
                        options.calibration == Calibration::inputs ? options.moments
                                                                   : std::vector<InputMoments>{});
    const std::vector<EncodedLayer> encoded =
        encode(chip, given.sources, {.code = options.code, .fabricated = true});

    MeasuredResult result;
    result.configuration = assemble(checkpoint, chip, encoded);
    result.configuration.instance = instance_id(instance);
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        result.configuration.layers[l].neurons = std::move(registers[l].neurons);
        result.configuration.layers[l].registers = registers[l].layer;
        RecoveredLayer recovered;
        if (!options.moments.empty()) {
            const auto error = [&](const Sources& wiring) {
                return mean_error(checkpoint, chip, instance, wiring, l, options.moments[l]);
            };
            recovered = {error(built), error(reranked), error(given.sources)};
        }
        result.layers.push_back(recovered);
    }
    result.given_way = given.neurons;
    result.lost = given.lost;
    verify_measured(chip, instance, result.configuration, given.sources);
    result.report = make_report(chip, result.configuration, quantised, encoded, &instance);
    return result;
}

}  // namespace permloom
