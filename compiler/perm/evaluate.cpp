#include "compiler/perm/evaluate.h"

#include <numeric>
#include <utility>

#include "compiler/base/error.h"

namespace permloom {

int64_t Topology::switch_count() const {
    int64_t count = 0;
    for (const auto& stage : stages)
        count += static_cast<int64_t>(stage.size());
    return count;
}

Permutation evaluate(const Topology& topology, const SwitchBits& bits) {
    if (bits.size() != topology.stages.size())
        throw Error("switch bits", std::to_string(bits.size()) + " stages for a network of " +
                                       std::to_string(topology.stages.size()));
    std::vector<int32_t> line(static_cast<size_t>(topology.lines));
    std::iota(line.begin(), line.end(), 0);
    for (size_t d = 0; d < bits.size(); ++d) {
        const auto& stage = topology.stages[d];
        if (bits[d].size() != stage.size())
            throw Error("switch bits", "stage " + std::to_string(d) + " has " +
                                           std::to_string(bits[d].size()) + " bits for " +
                                           std::to_string(stage.size()) + " switches");
        for (size_t i = 0; i < stage.size(); ++i)
            if (bits[d][i] != 0)
                std::swap(line[static_cast<size_t>(stage[i].low)],
                          line[static_cast<size_t>(stage[i].high)]);
    }
    return Permutation(std::move(line));
}

}  // namespace permloom
