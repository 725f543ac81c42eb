// perm_faults: how many stuck switches a permutation network survives.
//
// usage: perm_faults [TRIALS]
//
// For each number of faults: TRIALS random permutations, each with as many random switches stuck
// straight or crossed, half and half. A trial counts as routed, proven impossible, or given up at
// the search limit. With half of the outputs open, the permutation is partial.

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>

#include "compiler/base/error.h"
#include "compiler/base/parallel.h"
#include "compiler/perm/evaluate.h"
#include "compiler/perm/fault_router.h"

using namespace permloom;

namespace {

constexpr int64_t LIMIT = 20'000;

/// Outcomes of all trials, in the order of FaultOutcome.
std::array<int, 3> survey(ExchangeNetwork network, const Topology& topology, double live_share,
                          int faults, int trials, ThreadPool& pool) {
    std::vector<FaultOutcome> outcomes(static_cast<size_t>(trials));
    pool.for_each(trials, [&](int trial) {
        Rng rng(static_cast<uint64_t>(trial), static_cast<uint64_t>(faults));
        const auto stuck = random_stuck_switches(topology, faults, rng);
        std::vector<uint8_t> live(static_cast<size_t>(topology.lines));
        for (uint8_t& one : live)
            one = rng.chance(live_share) ? 1 : 0;
        const PartialPermutation source(Permutation::random(topology.lines, rng), live);
        const FaultRouting routing = route_around(network, source, stuck, LIMIT);
        if (routing.outcome == FaultOutcome::routed)
            PERMLOOM_ASSERT(source.accepts(evaluate(topology, routing.bits)));
        outcomes[static_cast<size_t>(trial)] = routing.outcome;
    });
    std::array<int, 3> counts{};
    for (const FaultOutcome outcome : outcomes)
        ++counts[static_cast<size_t>(outcome)];
    return counts;
}

}  // namespace

int main(int argc, char** argv) {
    int trials = 200;
    if (argc == 2) {
        const std::string_view text = argv[1];
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), trials);
        if (fault != std::errc() || end != text.data() + text.size() || trials < 1) argc = 3;
    }
    if (argc > 2) {
        fmt::print(stderr, "usage: perm_faults [TRIALS]    (a number from 1)\n");
        return 2;
    }
    ThreadPool pool;
    fmt::print("{} trials each; per cent routed / proven impossible / given up after {} choices\n",
               trials, LIMIT);
    for (const int n : {64, 784})
        for (const auto& [name, network] : {std::pair{"as-waksman", ExchangeNetwork::as_waksman},
                                            std::pair{"benes", ExchangeNetwork::benes}}) {
            const Topology topology = circuit_named(name).topology(n);
            fmt::print("\n{}, n = {}, {} switches\n{:>8}{:>24}{:>24}\n", name, n,
                       topology.switch_count(), "faults", "all outputs matter", "half of them");
            for (const int faults : {1, 2, 4, 8, 16, 32, 64}) {
                fmt::print("{:>8}", faults);
                for (const double share : {1.0, 0.5}) {
                    const auto counts = survey(network, topology, share, faults, trials, pool);
                    const double whole = trials / 100.0;
                    fmt::print("{:>24}", fmt::format("{:.0f} / {:.0f} / {:.0f}", counts[0] / whole,
                                                     counts[1] / whole, counts[2] / whole));
                }
                fmt::print("\n");
            }
        }
    return 0;
}
