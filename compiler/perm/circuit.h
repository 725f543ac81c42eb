/// In-place switch networks: n lines, stages of disjoint 2x2 switches, no crossings to store.
///
/// A switch joins the lines `low` < `high` of one stage; its bit 0 passes both straight, 1 crosses
/// them. Line r after the last stage feeds slot r of the bank: the network realises `source`,
/// out[r] = in[source[r]].
#pragma once

#include <cstdint>
#include <vector>

namespace permloom {

struct Switch {
    int32_t low, high;
};

/// Readable without any router: sim/ and emit/ use this header, `evaluate` too.
struct Topology {
    int lines = 0;
    std::vector<std::vector<Switch>> stages;  ///< bit i of a stage's row belongs to its switch i

    int stage_count() const { return static_cast<int>(stages.size()); }
    int64_t switch_count() const;
};

/// One row of switch bits per stage; `stages[d][i]` is 0 or 1.
using SwitchBits = std::vector<std::vector<uint8_t>>;

}  // namespace permloom
