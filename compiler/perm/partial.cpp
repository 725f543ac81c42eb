#include "compiler/perm/partial.h"

#include <algorithm>
#include <string>

#include "compiler/base/error.h"

namespace permloom {

PartialPermutation::PartialPermutation(std::vector<int32_t> values) : values_(std::move(values)) {
    std::vector<bool> seen(values_.size(), false);
    for (size_t r = 0; r < values_.size(); ++r) {
        const int32_t value = values_[r];
        if (value == DONT_CARE) continue;
        if (value < 0 || static_cast<size_t>(value) >= values_.size())
            throw Error("partial permutation", "entry " + std::to_string(r) + " is " +
                                                   std::to_string(value) + ", outside 0.." +
                                                   std::to_string(size() - 1));
        if (seen[static_cast<size_t>(value)])
            throw Error("partial permutation", "the value " + std::to_string(value) +
                                                   " occurs twice, the second time at entry " +
                                                   std::to_string(r));
        seen[static_cast<size_t>(value)] = true;
    }
}

PartialPermutation::PartialPermutation(const Permutation& source, std::span<const uint8_t> live)
    : values_(source.values().begin(), source.values().end()) {
    PERMLOOM_ASSERT(live.size() == values_.size());
    for (size_t r = 0; r < values_.size(); ++r)
        if (live[r] == 0) values_[r] = DONT_CARE;
}

int PartialPermutation::live_count() const {
    return size() - static_cast<int>(std::ranges::count(values_, DONT_CARE));
}

bool PartialPermutation::accepts(const Permutation& source) const {
    if (source.size() != size()) return false;
    for (int r = 0; r < size(); ++r)
        if ((*this)[r] != DONT_CARE && (*this)[r] != source[r]) return false;
    return true;
}

Permutation complete(const PartialPermutation& partial) {
    std::vector<int32_t> values(partial.values().begin(), partial.values().end());
    std::vector<bool> taken(values.size(), false);
    for (const int32_t value : values)
        if (value != DONT_CARE) taken[static_cast<size_t>(value)] = true;
    for (size_t r = 0; r < values.size(); ++r)
        if (values[r] == DONT_CARE && !taken[r]) {
            values[r] = static_cast<int32_t>(r);
            taken[r] = true;
        }
    size_t free = 0;
    for (int32_t& value : values) {
        if (value != DONT_CARE) continue;
        while (taken[free])
            ++free;
        value = static_cast<int32_t>(free++);
    }
    return Permutation(std::move(values));
}

PrunedTopology prune(const Topology& topology, std::span<const uint8_t> live) {
    PERMLOOM_ASSERT(topology.selector_bits == 0);
    PERMLOOM_ASSERT(static_cast<int>(live.size()) == topology.lines);
    // Lines that lead to an output that matters, going backwards from the outputs.
    std::vector<uint8_t> useful(live.begin(), live.end());
    PrunedTopology pruned;
    pruned.topology.lines = topology.lines;
    pruned.topology.stages.resize(topology.stages.size());
    pruned.present.resize(topology.stages.size());
    for (size_t d = topology.stages.size(); d-- > 0;)
        for (const Switch& one : topology.stages[d]) {
            uint8_t& low = useful[static_cast<size_t>(one.low)];
            uint8_t& high = useful[static_cast<size_t>(one.high)];
            const bool kept = low != 0 || high != 0;
            pruned.present[d].push_back(kept ? 1 : 0);
            if (!kept) {
                ++pruned.left_out;
                continue;
            }
            if (low == 0 || high == 0) ++pruned.one_sided;
            low = high = 1;
            pruned.topology.stages[d].push_back(one);
        }
    return pruned;
}

SwitchBits prune_bits(const PrunedTopology& pruned, const SwitchBits& full) {
    PERMLOOM_ASSERT(full.row_count() == static_cast<int>(pruned.present.size()));
    SwitchBits bits(pruned.topology.row_widths());
    for (int d = 0; d < full.row_count(); ++d) {
        const auto& present = pruned.present[static_cast<size_t>(d)];
        PERMLOOM_ASSERT(full.width(d) == static_cast<int>(present.size()));
        for (int i = 0, kept = 0; i < full.width(d); ++i)
            if (present[static_cast<size_t>(i)] != 0) bits.set(d, kept++, full.at(d, i));
    }
    return bits;
}

}  // namespace permloom
