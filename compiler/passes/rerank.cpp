#include "compiler/passes/rerank.h"

#include <algorithm>
#include <numeric>

namespace permloom {
namespace {

/// Indices of `values`, ascending by value; equal ones by index.
template <class Value>
std::vector<int32_t> ascending(std::span<const Value> values) {
    std::vector<int32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](int32_t i) { return values[static_cast<size_t>(i)]; });
    return order;
}

}  // namespace

std::vector<int32_t> slots_by_value(std::span<const double> measured) {
    return ascending(measured);
}

std::vector<int32_t> lines_by_rank(const LayerState& state, int lines, int neuron) {
    const auto n = static_cast<size_t>(lines), first = static_cast<size_t>(neuron) * n;
    if (!state.latent.empty()) return ascending(std::span(state.latent).subspan(first, n));
    const auto source = std::span(state.source).subspan(first, n);
    return {source.begin(), source.end()};
}

Sources rerank(const Checkpoint& checkpoint, const Chip& chip, const DeviceInstance& instance) {
    Sources sources;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        sources.emplace_back();
        for (int j = 0; j < layer.outputs; ++j) {
            const std::vector<int32_t> slots =
                slots_by_value(measured_bank(layer, instance.layers[l], j));
            const std::vector<int32_t> lines =
                lines_by_rank(checkpoint.layers[l], layer.lines(), j);
            std::vector<int32_t> by_slot(lines.size());
            for (size_t rank = 0; rank < lines.size(); ++rank)
                by_slot[static_cast<size_t>(slots[rank])] = lines[rank];
            sources.back().emplace_back(std::move(by_slot));
        }
    }
    return sources;
}

}  // namespace permloom
