#include "compiler/passes/give_way.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/perm/as_waksman.h"
#include "compiler/perm/evaluate.h"
#include "compiler/program/route_around_stuck.h"

namespace permloom {
namespace {

/// Parts of the slots that are given up, from try to try.
constexpr double GIVEN_UP[] = {0.0, 0.05, 0.1, 0.2, 0.35, 0.5};

std::vector<int32_t> by_magnitude(const std::vector<double>& values) {
    std::vector<int32_t> slots(values.size());
    std::iota(slots.begin(), slots.end(), 0);
    std::ranges::stable_sort(
        slots, {}, [&](int32_t slot) { return std::abs(values[static_cast<size_t>(slot)]); });
    return slots;
}

/// The bits that a network without faults would get, with the stuck switches as they are.
SwitchBits overridden(const Permutation& source, const std::vector<StuckSwitch>& stuck) {
    SwitchBits bits = circuit_named("as-waksman").route(source);
    for (const StuckSwitch& one : stuck)
        bits.set(one.stage, one.index, one.crossed);
    return bits;
}

}  // namespace

GivenWay give_way(const Chip& chip, const DeviceInstance& instance, const Sources& sources) {
    GivenWay result{sources, 0, 0};
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        if (instance.layers[l].stuck.empty()) continue;
        const Topology network = as_waksman_topology(layer.lines());
        for (int j = 0; j < layer.outputs; ++j) {
            const std::vector<StuckSwitch> stuck = stuck_of_neuron(layer, instance.layers[l], j);
            if (stuck.empty()) continue;
            Permutation& source = result.sources[l][static_cast<size_t>(j)];
            const std::vector<double> values = measured_bank(layer, instance.layers[l], j);
            const std::vector<int32_t> slots = by_magnitude(values);
            SwitchBits bits;
            bool routed = false;
            for (const double part : GIVEN_UP) {
                std::vector<uint8_t> live(slots.size(), 1);
                const auto given_up = static_cast<size_t>(part * static_cast<double>(slots.size()));
                for (size_t i = 0; i < slots.size(); ++i) {
                    const auto slot = static_cast<size_t>(slots[i]);
                    if (i < given_up || values[slot] == 0.0) live[slot] = 0;
                }
                FaultRouting routing = route_around(ExchangeNetwork::as_waksman,
                                                    PartialPermutation(source, live), stuck);
                if (routing.outcome != FaultOutcome::routed) continue;
                bits = std::move(routing.bits);
                routed = true;
                break;
            }
            if (!routed) {
                bits = overridden(source, stuck);
                ++result.lost;
            }
            Permutation realised = evaluate(network, bits);
            for (int slot = 0; slot < source.size(); ++slot)
                if (realised[slot] != source[slot] && values[static_cast<size_t>(slot)] != 0.0) {
                    ++result.neurons;
                    break;
                }
            source = std::move(realised);
        }
    }
    return result;
}

}  // namespace permloom
