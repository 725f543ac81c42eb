#include "compiler/perm/partial.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/perm/circuits.h"
#include "compiler/perm/evaluate.h"

using namespace permloom;

namespace {

std::vector<uint8_t> random_live(int n, double share, Rng& rng) {
    std::vector<uint8_t> live(static_cast<size_t>(n));
    for (uint8_t& one : live)
        one = rng.chance(share) ? 1 : 0;
    return live;
}

}  // namespace

TEST_CASE("partial -- refuses what is no injection") {
    CHECK_THROWS_AS(PartialPermutation({0, 3, DONT_CARE}), Error);
    CHECK_THROWS_AS(PartialPermutation({1, DONT_CARE, 1}), Error);
    CHECK_THROWS_AS(PartialPermutation({-2, 0, 1}), Error);
    CHECK(PartialPermutation({DONT_CARE, 0, DONT_CARE}).live_count() == 1);
}

TEST_CASE("partial -- its completion serves every output that matters") {
    CHECK(complete(PartialPermutation({DONT_CARE, 0, DONT_CARE, 3})) == Permutation({1, 0, 2, 3}));
    Rng rng(41);
    for (int n = 1; n <= 60; ++n)
        for (const double share : {0.0, 0.1, 0.5, 1.0}) {
            const Permutation p = Permutation::random(n, rng);
            const PartialPermutation partial(p, random_live(n, share, rng));
            CHECK(partial.accepts(p));
            CHECK(partial.accepts(complete(partial)));
            if (partial.live_count() == n) CHECK(complete(partial) == p);
        }
}

TEST_CASE("prune -- the smaller network does the same for the outputs that matter") {
    Rng rng(42);
    for (const char* name : {"as-waksman", "benes", "bitonic"})
        for (const int n : {2, 3, 5, 8, 13, 16, 31, 64, 100})
            for (const double share : {0.1, 0.5, 0.9}) {
                const Circuit& circuit = circuit_named(name);
                const Topology full = circuit.topology(n);
                const std::vector<uint8_t> live = random_live(n, share, rng);
                const PrunedTopology pruned = prune(full, live);
                CHECK(pruned.topology.switch_count() + pruned.left_out == full.switch_count());
                const Permutation p = Permutation::random(n, rng);
                const SwitchBits bits = prune_bits(pruned, circuit.route(p));
                const PartialPermutation partial(p, live);
                INFO(name << ", n = " << n);
                CHECK(partial.accepts(evaluate(pruned.topology, bits)));
            }
}

TEST_CASE("prune -- never drops a switch that a live output could see") {
    const Circuit& circuit = circuit_named("as-waksman");
    for (int n = 1; n <= 6; ++n) {
        const Topology full = circuit.topology(n);
        for (int mask = 0; mask < 1 << n; ++mask) {
            std::vector<uint8_t> live;
            for (int r = 0; r < n; ++r)
                live.push_back(static_cast<uint8_t>(mask >> r & 1));
            const PrunedTopology pruned = prune(full, live);
            // Toggling a switch is seen at a live output under some setting, or it never is.
            for (int d = 0; d < full.stage_count(); ++d)
                for (size_t i = 0; i < full.stages[static_cast<size_t>(d)].size(); ++i) {
                    bool seen = false;
                    for (int64_t setting = 0; setting < int64_t{1} << full.switch_count();
                         ++setting) {
                        SwitchBits bits(full.row_widths());
                        int64_t rest = setting;
                        for (int e = 0; e < bits.row_count(); ++e)
                            for (int k = 0; k < bits.width(e); ++k, rest >>= 1)
                                bits.set(e, k, (rest & 1) != 0);
                        const Permutation straight = evaluate(full, bits);
                        bits.set(d, static_cast<int>(i), !bits.at(d, static_cast<int>(i)));
                        const Permutation crossed = evaluate(full, bits);
                        for (int r = 0; r < n; ++r)
                            seen =
                                seen || (live[static_cast<size_t>(r)] && straight[r] != crossed[r]);
                        if (seen || setting > 64) break;
                    }
                    if (seen) CHECK(pruned.present[static_cast<size_t>(d)][i] == 1);
                }
            if (mask == (1 << n) - 1) CHECK(pruned.left_out == 0);
            if (mask == 0) CHECK(pruned.topology.switch_count() == 0);
        }
    }
}

TEST_CASE("prune -- halving the outputs of 784 lines saves a fifth of the switches") {
    const Topology full = circuit_named("as-waksman").topology(784);
    std::vector<uint8_t> live(784, 0);
    std::fill(live.begin(), live.begin() + 392, uint8_t{1});
    const PrunedTopology pruned = prune(full, live);
    CHECK(pruned.left_out > full.switch_count() / 5);
    CHECK(pruned.one_sided > 0);
}
