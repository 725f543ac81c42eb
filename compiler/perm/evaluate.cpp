#include "compiler/perm/evaluate.h"

#include <bit>
#include <numeric>
#include <string>
#include <utility>

#include "compiler/base/error.h"

namespace permloom {
namespace {

void require_shape(const Topology& topology, const SwitchBits& bits) {
    const std::vector<int32_t> widths = topology.row_widths();
    if (bits.row_count() != static_cast<int>(widths.size()))
        throw Error("switch bits", std::to_string(bits.row_count()) + " rows for a circuit of " +
                                       std::to_string(widths.size()));
    for (int row = 0; row < bits.row_count(); ++row)
        if (bits.width(row) != widths[static_cast<size_t>(row)])
            throw Error("switch bits", "row " + std::to_string(row) + " has " +
                                           std::to_string(bits.width(row)) + " bits for " +
                                           std::to_string(widths[static_cast<size_t>(row)]));
}

}  // namespace

Permutation evaluate(const Topology& topology, const SwitchBits& bits) {
    require_shape(topology, bits);
    std::vector<int32_t> line(static_cast<size_t>(topology.lines));
    if (topology.selector_bits > 0) {
        for (int r = 0; r < topology.lines; ++r)
            line[static_cast<size_t>(r)] = static_cast<int32_t>(bits.words(r)[0]);
        return Permutation(std::move(line));
    }
    std::iota(line.begin(), line.end(), 0);
    for (int d = 0; d < bits.row_count(); ++d) {
        const auto& stage = topology.stages[static_cast<size_t>(d)];
        const auto words = bits.words(d);
        for (size_t w = 0; w < words.size(); ++w)
            for (uint32_t rest = words[w]; rest != 0; rest &= rest - 1) {
                const Switch& crossed = stage[32 * w + static_cast<size_t>(std::countr_zero(rest))];
                std::swap(line[static_cast<size_t>(crossed.low)],
                          line[static_cast<size_t>(crossed.high)]);
            }
    }
    return Permutation(std::move(line));
}

}  // namespace permloom
