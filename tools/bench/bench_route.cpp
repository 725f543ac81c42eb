// Routing: one permutation at a time, batches on one core and on all, and what it costs to check.

#include <benchmark/benchmark.h>

#include <memory>

#include "compiler/base/error.h"
#include "compiler/perm/circuits.h"
#include "compiler/perm/evaluate.h"
#include "compiler/perm/exchange_router.h"
#include "tools/bench/bench.h"

namespace permloom::bench {
namespace {

/// Every result, by `evaluate`, which knows no router.
void require_routed(const Topology& topology, std::span<const Permutation> sources,
                    std::span<const SwitchBits> bits) {
    for (size_t i = 0; i < sources.size(); ++i)
        PERMLOOM_ASSERT(evaluate(topology, bits[i]) == sources[i]);
}

/// Every result is kept, so that its memory is part of the work.
struct Routed {
    ExchangeRouter router;
    std::vector<SwitchBits> bits;
};

/// One core, `batch` permutations at a time; the router is made beforehand.
Case route_case(const char* name, ExchangeNetwork network, const char* circuit, int n, int batch) {
    const auto state = std::make_shared<Routed>(
        Routed{ExchangeRouter(network, n, batch), std::vector<SwitchBits>(distinct_inputs(n))});
    const auto& sources = random_permutations(n);
    const auto together = static_cast<size_t>(batch);
    const auto run = [state, &sources, together](size_t first) {
        state->router.route(std::span(sources).subspan(first, together),
                            std::span(state->bits).subspan(first, together));
        ::benchmark::DoNotOptimize(state->bits.data());
    };
    const auto check = [state, &sources, run, together, circuit, n] {
        for (size_t first = 0; first < sources.size(); first += together)
            run(first);
        require_routed(circuit_named(circuit).topology(n), sources, state->bits);
        return CodeBits{};
    };
    return {.name = name, .n = n, .check = check, .run = run, .permutations = together};
}

/// All inputs in one call on a pool; whatever the call needs is made in it.
Case batch_case(const std::string& name, int n, int threads) {
    struct State {
        explicit State(int count) : pool(count) {}
        ThreadPool pool;
        std::vector<SwitchBits> bits;
    };
    const auto state = std::make_shared<State>(threads);
    const auto& sources = random_permutations(n);
    const auto run = [state, &sources](size_t) {
        state->bits = circuit_named("as-waksman").route_batch(sources, state->pool);
        ::benchmark::DoNotOptimize(state->bits.data());
    };
    const auto check = [state, &sources, run, n] {
        run(0);
        require_routed(circuit_named("as-waksman").topology(n), sources, state->bits);
        return CodeBits{};
    };
    return {.name = name,
            .n = n,
            .check = check,
            .run = run,
            .permutations = sources.size(),
            .wall_clock = true};
}

Case evaluate_case(int n) {
    struct State {
        Topology topology;
        std::vector<SwitchBits> bits;
    };
    const auto state = std::make_shared<State>();
    const auto& sources = random_permutations(n);
    const auto check = [state, &sources, n] {
        ThreadPool pool(1);
        state->topology = circuit_named("as-waksman").topology(n);
        state->bits = circuit_named("as-waksman").route_batch(sources, pool);
        require_routed(state->topology, sources, state->bits);
        return CodeBits{};
    };
    const auto run = [state](size_t input) {
        ::benchmark::DoNotOptimize(evaluate(state->topology, state->bits[input]));
    };
    return {.name = "evaluate", .n = n, .check = check, .run = run};
}

}  // namespace

std::vector<Case> route_cases() {
    std::vector<Case> cases;
    for (const int n : sizes()) {
        const auto batch =
            static_cast<int>(std::min<size_t>(ExchangeRouter::GOOD_BATCH, distinct_inputs(n)));
        cases.push_back(route_case("route", ExchangeNetwork::as_waksman, "as-waksman", n, 1));
        cases.push_back(
            route_case("route-batch", ExchangeNetwork::as_waksman, "as-waksman", n, batch));
        cases.push_back(batch_case("route-all-1-thread", n, 1));
        cases.push_back(batch_case("route-all-2-threads", n, 2));
        cases.push_back(route_case("route-benes", ExchangeNetwork::benes, "benes", n, 1));
        cases.push_back(evaluate_case(n));
    }
    return cases;
}

}  // namespace permloom::bench
