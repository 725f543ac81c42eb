#include "compiler/passes/rerank.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace permloom {

std::vector<int32_t> slots_by_value(std::span<const double> measured) {
    std::vector<int32_t> order(measured.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {},
                             [&](int32_t slot) { return measured[static_cast<size_t>(slot)]; });
    return order;
}

std::vector<int32_t> lines_by_rank(const LayerState& state, int lines, int neuron) {
    const auto n = static_cast<size_t>(lines), first = static_cast<size_t>(neuron) * n;
    const auto source = std::span(state.source).subspan(first, n);
    std::vector<int32_t> order(source.begin(), source.end());
    if (state.latent.empty()) return order;
    const auto latent = std::span(state.latent).subspan(first, n);
    const auto profile = std::span(state.profile).subspan(state.profile.size() == n ? 0 : first, n);
    for (size_t begin = 0, end = 0; begin < n; begin = end) {
        while (end < n && profile[end] == profile[begin])
            ++end;
        std::ranges::sort(std::span(order).subspan(begin, end - begin), {}, [&](int32_t line) {
            return std::pair(latent[static_cast<size_t>(line)], line);
        });
    }
    return order;
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
