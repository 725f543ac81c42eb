#include "compiler/perm/benes.h"

#include "compiler/base/bits.h"
#include "compiler/base/error.h"

namespace permloom {

Topology benes_topology(int lines) {
    PERMLOOM_ASSERT(lines >= 1);
    Topology topology;
    topology.lines = lines;
    const int levels = ceil_log2(static_cast<uint64_t>(lines));
    for (int d = 0; d < 2 * levels - 1; ++d) {
        const int distance = 1 << (d < levels ? d : 2 * levels - 2 - d);
        std::vector<Switch> stage;
        for (int low = 0; low + distance < lines; ++low)
            if (!(low & distance)) stage.push_back({low, low + distance});
        topology.stages.push_back(std::move(stage));
    }
    return topology;
}

}  // namespace permloom
