#include "compiler/perm/as_waksman.h"

#include "compiler/base/bits.h"
#include "compiler/base/error.h"

namespace permloom {

Topology as_waksman_topology(int lines) {
    PERMLOOM_ASSERT(lines >= 1);
    Topology topology;
    topology.lines = lines;
    const int levels = ceil_log2(static_cast<uint64_t>(lines));
    for (int d = 0; d < 2 * levels - 1; ++d) {
        const bool second_half = d >= levels;
        const int level = second_half ? 2 * levels - 2 - d : d;
        const int distance = 1 << level;
        std::vector<Switch> stage;
        for (int low = 0; low + distance < lines; ++low) {
            if (low & distance) continue;
            const int block_size = (lines - low % distance + distance - 1) / distance;
            const bool first_of_block = low < distance;
            if (second_half && first_of_block && block_size % 2 == 0) continue;
            stage.push_back({low, low + distance});
        }
        topology.stages.push_back(std::move(stage));
    }
    return topology;
}

}  // namespace permloom
