#include "compiler/perm/selectors.h"

#include "compiler/base/bits.h"
#include "compiler/base/error.h"

namespace permloom {

Topology selector_topology(int lines) {
    PERMLOOM_ASSERT(lines >= 1);
    Topology topology;
    topology.lines = lines;
    topology.selector_bits = ceil_log2(static_cast<uint64_t>(lines));
    return topology;
}

SwitchBits select_lines(const Permutation& source) {
    const Topology topology = selector_topology(source.size());
    SwitchBits bits(topology.row_widths());
    for (int r = 0; r < bits.row_count(); ++r)
        bits.words(r)[0] = static_cast<uint32_t>(source[r]);
    return bits;
}

}  // namespace permloom
