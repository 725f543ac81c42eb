#include "compiler/program/route_around_stuck.h"

#include <fmt/format.h>

#include "compiler/base/error.h"

namespace permloom {

std::vector<StuckSwitch> stuck_of_neuron(const ChipLayer& layer, const LayerInstance& instance,
                                         int neuron) {
    std::vector<StuckSwitch> stuck;
    for (const LayerStuckSwitch& one : instance.stuck)
        if (layer.engine == Engine::folded || one.network == neuron)
            stuck.push_back({one.stage, one.index, one.crossed});
    return stuck;
}

std::vector<SwitchBits> route_around_stuck(const ChipLayer& layer, const LayerInstance& instance,
                                           const std::vector<Permutation>& sources, size_t index) {
    std::vector<SwitchBits> bits;
    for (int j = 0; j < layer.outputs; ++j) {
        const auto source = sources[static_cast<size_t>(j)].values();
        FaultRouting routing =
            route_around(ExchangeNetwork::as_waksman,
                         PartialPermutation(std::vector<int32_t>(source.begin(), source.end())),
                         stuck_of_neuron(layer, instance, j));
        if (routing.outcome != FaultOutcome::routed)
            throw Error(fmt::format("layer {}, neuron {}", index, j),
                        routing.outcome == FaultOutcome::impossible
                            ? "its stuck switches leave no way for the wiring"
                            : "no way around its stuck switches was found",
                        "compile for this copy with --measured, which gives up what matters least");
        bits.push_back(std::move(routing.bits));
    }
    return bits;
}

}  // namespace permloom
