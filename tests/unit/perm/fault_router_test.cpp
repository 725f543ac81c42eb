#include "compiler/perm/fault_router.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "compiler/base/error.h"
#include "compiler/perm/evaluate.h"

using namespace permloom;

namespace {

const char* name_of(ExchangeNetwork network) {
    return network == ExchangeNetwork::benes ? "benes" : "as-waksman";
}

/// Every permutation that the network realises with the stuck switches, by trying all settings.
std::set<std::vector<int32_t>> reachable(const Topology& topology,
                                         const std::vector<StuckSwitch>& stuck) {
    std::set<std::vector<int32_t>> reached;
    for (int64_t setting = 0; setting < int64_t{1} << topology.switch_count(); ++setting) {
        SwitchBits bits(topology.row_widths());
        int64_t rest = setting;
        for (int d = 0; d < bits.row_count(); ++d)
            for (int i = 0; i < bits.width(d); ++i, rest >>= 1)
                bits.set(d, i, (rest & 1) != 0);
        bool allowed = true;
        for (const StuckSwitch& one : stuck)
            allowed = allowed && bits.at(one.stage, one.index) == one.crossed;
        if (!allowed) continue;
        const Permutation p = evaluate(topology, bits);
        reached.emplace(p.values().begin(), p.values().end());
    }
    return reached;
}

/// Judges one answer: what is routed is right and leaves the stuck switches alone.
bool is_right(const FaultRouting& routing, const Topology& topology,
              const PartialPermutation& source, const std::vector<StuckSwitch>& stuck) {
    if (routing.outcome != FaultOutcome::routed) return false;
    for (const StuckSwitch& one : stuck)
        if (routing.bits.at(one.stage, one.index) != one.crossed) return false;
    return source.accepts(evaluate(topology, routing.bits));
}

}  // namespace

TEST_CASE("route_around -- finds a setting exactly where there is one, n = 2..5") {
    Rng rng(51);
    for (const ExchangeNetwork network : {ExchangeNetwork::benes, ExchangeNetwork::as_waksman})
        for (int n = 2; n <= 5; ++n) {
            const Topology topology = circuit_named(name_of(network)).topology(n);
            const auto switches = static_cast<int>(topology.switch_count());
            for (int trial = 0; trial < 12; ++trial) {
                const auto stuck =
                    random_stuck_switches(topology, trial % (std::min(switches, 4) + 1), rng);
                const auto reached = reachable(topology, stuck);
                std::vector<int32_t> values(static_cast<size_t>(n));
                std::iota(values.begin(), values.end(), 0);
                int wrong = 0;
                do {
                    const PartialPermutation source(values);
                    const FaultRouting routing = route_around(network, source, stuck);
                    const bool possible = reached.count(values) != 0;
                    if (possible ? !is_right(routing, topology, source, stuck)
                                 : routing.outcome != FaultOutcome::impossible)
                        ++wrong;
                } while (std::next_permutation(values.begin(), values.end()));
                INFO(name_of(network) << ", n = " << n << ", trial " << trial);
                CHECK(wrong == 0);
            }
        }
}

TEST_CASE("route_around -- is exact for partial permutations, too") {
    Rng rng(52);
    for (const ExchangeNetwork network : {ExchangeNetwork::benes, ExchangeNetwork::as_waksman})
        for (int n = 2; n <= 5; ++n) {
            const Topology topology = circuit_named(name_of(network)).topology(n);
            const auto switches = static_cast<int>(topology.switch_count());
            for (int trial = 0; trial < 60; ++trial) {
                const auto stuck =
                    random_stuck_switches(topology, trial % (std::min(switches, 5) + 1), rng);
                const auto reached = reachable(topology, stuck);
                std::vector<uint8_t> live(static_cast<size_t>(n));
                for (uint8_t& one : live)
                    one = rng.chance(0.6) ? 1 : 0;
                const PartialPermutation source(Permutation::random(n, rng), live);
                const bool possible = std::ranges::any_of(
                    reached, [&](const auto& p) { return source.accepts(Permutation(p)); });
                const FaultRouting routing = route_around(network, source, stuck);
                INFO(name_of(network) << ", n = " << n << ", trial " << trial);
                if (possible)
                    CHECK(is_right(routing, topology, source, stuck));
                else
                    CHECK(routing.outcome == FaultOutcome::impossible);
            }
        }
}

TEST_CASE("route_around -- without faults routes everything at the first choices") {
    Rng rng(53);
    for (const ExchangeNetwork network : {ExchangeNetwork::benes, ExchangeNetwork::as_waksman})
        for (const int n : {1, 2, 3, 7, 16, 33, 100, 784}) {
            const PartialPermutation source(
                Permutation::random(n, rng),
                std::vector<uint8_t>(static_cast<size_t>(n), uint8_t{1}));
            const FaultRouting routing = route_around(network, source, {});
            INFO(name_of(network) << ", n = " << n);
            CHECK(is_right(routing, circuit_named(name_of(network)).topology(n), source, {}));
            CHECK(routing.choices <= 2 * n);
        }
}

TEST_CASE("route_around -- finds ways around faults of a large network") {
    Rng rng(54);
    const Topology topology = circuit_named("benes").topology(784);
    int routed = 0;
    for (int trial = 0; trial < 10; ++trial) {
        const auto stuck = random_stuck_switches(topology, 3, rng);
        const PartialPermutation source(Permutation::random(784, rng),
                                        std::vector<uint8_t>(784, uint8_t{1}));
        const FaultRouting routing = route_around(ExchangeNetwork::benes, source, stuck);
        if (routing.outcome == FaultOutcome::routed) {
            ++routed;
            CHECK(is_right(routing, topology, source, stuck));
        }
    }
    CHECK(routed >= 5);
}

TEST_CASE("route_around -- gives up at its limit and says so") {
    Rng rng(55);
    const Topology topology = circuit_named("as-waksman").topology(64);
    const auto stuck = random_stuck_switches(topology, 60, rng);
    const PartialPermutation source(Permutation::random(64, rng),
                                    std::vector<uint8_t>(64, uint8_t{1}));
    const FaultRouting routing = route_around(ExchangeNetwork::as_waksman, source, stuck, 1);
    CHECK(routing.outcome != FaultOutcome::routed);
    CHECK(routing.choices <= 2);
}

TEST_CASE("route_around -- refuses switches that the network has not") {
    const PartialPermutation source({1, 0, 2, 3});
    const auto route = [&](std::vector<StuckSwitch> stuck) {
        return route_around(ExchangeNetwork::as_waksman, source, stuck);
    };
    CHECK_THROWS_WITH(route({{3, 0, true}}), Catch::Contains("3 stages"));
    CHECK_THROWS_WITH(route({{2, 1, true}}), Catch::Contains("1 switches"));
    CHECK_THROWS_WITH(route({{0, 0, true}, {0, 0, false}}),
                      Catch::Contains("stuck straight and stuck crossed"));
}
