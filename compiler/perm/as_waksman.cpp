#include "compiler/perm/as_waksman.h"

#include "compiler/base/bits.h"
#include "compiler/perm/benes.h"

namespace permloom {

Topology as_waksman_topology(int lines) {
    Topology topology = benes_topology(lines);
    const int levels = ceil_log2(static_cast<uint64_t>(lines));
    for (int d = levels; d < topology.stage_count(); ++d) {
        const int distance = 1 << (2 * levels - 2 - d);
        std::erase_if(topology.stages[static_cast<size_t>(d)], [&](const Switch& one) {
            const int block_size = (lines - one.low % distance + distance - 1) / distance;
            return one.low < distance && block_size % 2 == 0;
        });
    }
    return topology;
}

}  // namespace permloom
