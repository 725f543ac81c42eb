#include "compiler/perm/circuits.h"

#include <algorithm>
#include <string>

#include "compiler/perm/named.h"
#include "compiler/perm/stage_places.h"

namespace permloom {
namespace {

/// Pairs in the wrong order, by merge sort; `order` ends up sorted.
int64_t count_inversions(std::vector<int32_t>& order) {
    std::vector<int32_t> merged(order.size());
    int64_t inversions = 0;
    for (size_t half = 1; half < order.size(); half *= 2) {
        for (size_t begin = 0; begin < order.size(); begin += 2 * half) {
            const size_t middle = std::min(begin + half, order.size());
            const size_t end = std::min(begin + 2 * half, order.size());
            size_t left = begin, right = middle;
            for (size_t at = begin; at < end; ++at) {
                const bool take_left =
                    right == end || (left < middle && order[left] <= order[right]);
                if (!take_left) inversions += static_cast<int64_t>(middle - left);
                merged[at] = order[take_left ? left++ : right++];
            }
        }
        order.swap(merged);
    }
    return inversions;
}

/// Wires that cross on the way from one arrangement of the lines to another.
int64_t crossings_between(const std::vector<int32_t>& from, const std::vector<int32_t>& to) {
    std::vector<int32_t> order(from.size());
    for (size_t line = 0; line < from.size(); ++line)
        order[static_cast<size_t>(from[line])] = to[line];
    return count_inversions(order);
}

}  // namespace

CircuitCost cost_of(const Topology& topology) {
    CircuitCost cost{.switches = topology.switch_count(),
                     .depth = topology.stage_count(),
                     .configuration_bits = topology.switch_count()};
    const std::vector<int32_t> ends = stage_places({}, topology.lines);
    std::vector<int32_t> from = ends;
    for (const auto& stage : topology.stages) {
        std::vector<int32_t> to = stage_places(stage, topology.lines);
        cost.crossings += crossings_between(from, to);
        from = std::move(to);
    }
    cost.crossings += crossings_between(from, ends);
    return cost;
}

CircuitCost Circuit::cost(int lines) const {
    return cost_of(topology(lines));
}

std::vector<SwitchBits> Circuit::route_batch(std::span<const Permutation> sources,
                                             ThreadPool& pool) const {
    std::vector<SwitchBits> results(sources.size());
    pool.for_each(static_cast<int>(sources.size()), [&](int i) {
        results[static_cast<size_t>(i)] = route(sources[static_cast<size_t>(i)]);
    });
    return results;
}

const std::vector<std::unique_ptr<Circuit>>& all_circuits() {
    static const std::vector<std::unique_ptr<Circuit>> circuits = [] {
        std::vector<std::unique_ptr<Circuit>> list;
        list.push_back(make_crossbar());
        list.push_back(make_benes());
        list.push_back(make_as_waksman());
        list.push_back(make_bitonic());
        list.push_back(make_index_memory());
        return list;
    }();
    return circuits;
}

const Circuit& circuit_named(std::string_view name) {
    return find_named(all_circuits(), "circuit", name);
}

}  // namespace permloom
