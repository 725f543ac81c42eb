/// Routing around stuck switches in Benes and AS-Waksman networks.
///
/// A network has more settings than permutations: at every level each loop of the looping algorithm
/// may take either half. A stuck switch fixes the loop that it belongs to; where two fix one loop
/// in both ways, or a half has no solution, the other halves of earlier loops are tried. Outputs
/// that do not matter cut loops into shorter ones and so leave more to choose.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/perm/circuits.h"
#include "compiler/perm/exchange_router.h"
#include "compiler/perm/partial.h"

namespace permloom {

/// A switch that keeps its setting whatever is loaded.
struct StuckSwitch {
    int stage = 0, index = 0;  ///< numbers as in the topology
    bool crossed = false;

    bool operator==(const StuckSwitch&) const = default;
};

/// `count` different switches of `topology`, each stuck straight or crossed with even odds.
std::vector<StuckSwitch> random_stuck_switches(const Topology& topology, int count, Rng& rng);

enum class FaultOutcome {
    routed,
    impossible,  ///< proven: no setting of the other switches realises it
    gave_up      ///< the search limit was reached first
};

struct FaultRouting {
    FaultOutcome outcome = FaultOutcome::gave_up;
    SwitchBits bits;      ///< where routed: the stuck switches show their own setting
    int64_t choices = 0;  ///< choices of halves that were tried
};

/// Choices of halves that are tried before giving up, counted over all blocks.
constexpr int64_t DEFAULT_FAULT_LIMIT = 1'000'000;

/// Finds switch bits that realise `source` although `stuck` switches do not move. Below the limit
/// the answer is exact unless a block has more than 20 free loops (a permutation of n = 784 has 4
/// to 5 a block; many open outputs make more): those are sampled, from a generator of `seed`.
/// Throws Error when a stuck switch is none of the network's or is named twice with both settings.
FaultRouting route_around(ExchangeNetwork network, const PartialPermutation& source,
                          std::span<const StuckSwitch> stuck, int64_t limit = DEFAULT_FAULT_LIMIT,
                          uint64_t seed = 1);

}  // namespace permloom
