#include "compiler/passes/give_way.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

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

/// Bits that bring every slot that is not given up what it wants. Beside those of a try any one
/// slot more may be given up: what a stuck switch takes is one path or two.
std::optional<SwitchBits> way_around(const Permutation& source, const std::vector<double>& values,
                                     const std::vector<StuckSwitch>& stuck) {
    const std::vector<int32_t> slots = by_magnitude(values);
    std::vector<uint8_t> live(slots.size(), 1);
    for (size_t slot = 0; slot < slots.size(); ++slot)
        live[slot] = values[slot] != 0.0 ? 1 : 0;
    const auto route = [&]() -> std::optional<SwitchBits> {
        FaultRouting routing =
            route_around(ExchangeNetwork::as_waksman, PartialPermutation(source, live), stuck);
        if (routing.outcome != FaultOutcome::routed) return {};
        return std::move(routing.bits);
    };
    size_t given_up = 0;
    for (const double part : GIVEN_UP) {
        for (; given_up < static_cast<size_t>(part * static_cast<double>(slots.size())); ++given_up)
            live[static_cast<size_t>(slots[given_up])] = 0;
        if (auto bits = route()) return bits;
        for (size_t i = given_up; i < slots.size(); ++i) {
            uint8_t& one = live[static_cast<size_t>(slots[i])];
            if (one == 0) continue;
            one = 0;
            if (auto bits = route()) return bits;
            one = 1;
        }
    }
    return {};
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
            std::optional<SwitchBits> bits = way_around(source, values, stuck);
            if (!bits) {
                bits = overridden(source, stuck);
                ++result.lost;
            }
            Permutation realised = evaluate(network, *bits);
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
