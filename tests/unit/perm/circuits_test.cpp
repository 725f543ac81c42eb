#include "compiler/perm/circuits.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/evaluate.h"
#include "tests/unit/perm/coding.h"
#include "tests/unit/perm/instruction_sets.h"

using namespace permloom;
using namespace permloom::test;

TEST_CASE("circuits -- route every permutation to n = 8, judged by evaluate") {
    for (const auto& circuit : all_circuits())
        for (int n = 1; n <= 8; ++n) {
            const Topology topology = circuit->topology(n);
            int wrong = 0;
            for_each_permutation(n, [&](const Permutation& p) {
                wrong += evaluate(topology, circuit->route(p)) == p ? 0 : 1;
            });
            INFO(circuit->name() << ", n = " << n);
            CHECK(wrong == 0);
        }
}

TEST_CASE("circuits -- route random permutations of every width to 140 and of large ones") {
    with_each_instruction_set([] {
        Rng rng(31);
        for (const auto& circuit : all_circuits()) {
            std::vector<int> sizes = {255, 256, 257, 511, 784, 1000, 1023, 1024, 1025, 2049, 4096};
            for (int n = 9; n <= 140; ++n)
                sizes.push_back(n);
            for (const int n : sizes) {
                const Permutation p = Permutation::random(n, rng);
                INFO(circuit->name() << ", n = " << n);
                CHECK(evaluate(circuit->topology(n), circuit->route(p)) == p);
            }
        }
    });
}

TEST_CASE("circuits -- every instruction set sets the same switches") {
    Rng rng(34);
    for (const int n : {7, 16, 33, 73, 100, 784, 1025}) {
        const Permutation p = Permutation::random(n, rng);
        const SwitchBits bits = circuit_named("as-waksman").route(p);
        with_each_instruction_set([&] { CHECK(circuit_named("as-waksman").route(p) == bits); });
    }
}

TEST_CASE("circuits -- route the extreme permutations") {
    for (const auto& circuit : all_circuits())
        for (const int n : {2, 3, 16, 17, 33, 64, 100, 129, 784}) {
            std::vector<int32_t> reversed(static_cast<size_t>(n)), rotated(reversed.size());
            for (int r = 0; r < n; ++r) {
                reversed[static_cast<size_t>(r)] = n - 1 - r;
                rotated[static_cast<size_t>(r)] = (r + 1) % n;
            }
            for (const Permutation& p :
                 {Permutation::identity(n), Permutation(reversed), Permutation(rotated)}) {
                INFO(circuit->name() << ", n = " << n);
                CHECK(evaluate(circuit->topology(n), circuit->route(p)) == p);
            }
        }
}

TEST_CASE("circuits -- numbers around the limits of 8 and 16 bits are routed") {
    Rng rng(32);
    for (const int n : {65535, 65536, 65537, 131073})
        for (const char* name : {"as-waksman", "benes"}) {
            const Circuit& circuit = circuit_named(name);
            const Permutation p = Permutation::random(n, rng);
            INFO(name << ", n = " << n);
            CHECK(evaluate(circuit.topology(n), circuit.route(p)) == p);
        }
}

TEST_CASE("circuits -- a batch gives the bits of single routes, on any number of threads") {
    Rng rng(33);
    for (const auto& circuit : all_circuits())
        for (const int n : {1, 2, 5, 16, 17, 32, 40, 100, 300}) {
            std::vector<Permutation> sources;
            for (int i = 0; i < 23; ++i)
                sources.push_back(Permutation::random(n, rng));
            std::vector<SwitchBits> single;
            for (const Permutation& p : sources)
                single.push_back(circuit->route(p));
            INFO(circuit->name() << ", n = " << n);
            for (const int threads : {1, 2, 5}) {
                ThreadPool pool(threads);
                CHECK(circuit->route_batch(sources, pool) == single);
                CHECK(circuit->route_batch({}, pool).empty());
            }
        }
}

TEST_CASE("circuits -- every setting of a small switch network is a permutation, all are reached") {
    for (const char* name : {"benes", "as-waksman", "bitonic"})
        for (int n = 1; n <= 6; ++n) {
            const Topology topology = circuit_named(name).topology(n);
            const int64_t switches = topology.switch_count();
            if (switches > 16) continue;
            std::set<std::vector<int32_t>> reached;
            for (int64_t setting = 0; setting < int64_t{1} << switches; ++setting) {
                SwitchBits bits(topology.row_widths());
                int64_t rest = setting;
                for (int d = 0; d < bits.row_count(); ++d)
                    for (int i = 0; i < bits.width(d); ++i, rest >>= 1)
                        bits.set(d, i, (rest & 1) != 0);
                const Permutation p = evaluate(topology, bits);
                reached.emplace(p.values().begin(), p.values().end());
            }
            INFO(name << ", n = " << n);
            CHECK(static_cast<double>(reached.size()) == std::tgamma(n + 1.0));
        }
}

TEST_CASE("circuits -- switches of a stage are disjoint, ascending and inside the network") {
    for (const char* name : {"benes", "as-waksman", "bitonic"})
        for (int n = 1; n <= 70; ++n)
            for (const auto& stage : circuit_named(name).topology(n).stages) {
                std::set<int32_t> lines;
                int32_t last = -1;
                bool good = true;
                for (const Switch& one : stage) {
                    good = good && one.low > last && one.low < one.high && one.high < n;
                    good = good && lines.insert(one.low).second && lines.insert(one.high).second;
                    last = one.low;
                }
                INFO(name << ", n = " << n);
                CHECK(good);
            }
}

TEST_CASE(
    "benes -- has n/2 switches in 2L-1 stages at powers of two, and no fewer than the bound") {
    for (int levels = 1; levels <= 10; ++levels) {
        const int n = 1 << levels;
        const Topology topology = circuit_named("benes").topology(n);
        CHECK(topology.stage_count() == 2 * levels - 1);
        CHECK(topology.switch_count() == int64_t{n} / 2 * (2 * levels - 1));
    }
    for (int n = 2; n <= 100; ++n)
        CHECK(circuit_named("benes").topology(n).switch_count() >=
              circuit_named("as-waksman").topology(n).switch_count());
}

TEST_CASE("bitonic -- has L(L+1)/2 stages and n/4 L(L+1) comparators at powers of two") {
    for (int levels = 1; levels <= 10; ++levels) {
        const int n = 1 << levels;
        const Topology topology = circuit_named("bitonic").topology(n);
        CHECK(topology.stage_count() == levels * (levels + 1) / 2);
        CHECK(topology.switch_count() == int64_t{n} * levels * (levels + 1) / 4);
    }
}

TEST_CASE("cost -- of small circuits, counted by hand") {
    // n = 4: both middle switches of the Benes network reach over the line between them.
    const CircuitCost benes = circuit_named("benes").cost(4);
    CHECK(benes.switches == 6);
    CHECK(benes.depth == 3);
    CHECK(benes.crossings == 2);
    CHECK(benes.configuration_bits == 6);
    CHECK(circuit_named("as-waksman").cost(4).switches == 5);
    CHECK(circuit_named("as-waksman").cost(784).configuration_bits == 6817);
    const CircuitCost crossbar = circuit_named("crossbar").cost(784);
    CHECK(crossbar.switches == 784 * 784);
    CHECK(crossbar.configuration_bits == 7840);
    CHECK(crossbar.depth == 1);
    CHECK(circuit_named("index").cost(784).cycles == 784);
    for (const auto& circuit : all_circuits()) {
        CHECK(circuit->cost(1).configuration_bits == 0);
        CHECK(circuit->cost(2).configuration_bits == (circuit->topology(2).selector_bits ? 2 : 1));
    }
}

TEST_CASE("evaluate -- refuses selectors that are no permutation") {
    const Circuit& crossbar = circuit_named("crossbar");
    SwitchBits bits = crossbar.route(Permutation({2, 0, 1}));
    bits.set(0, 0);  // line 3 of 3
    CHECK_THROWS_AS(evaluate(crossbar.topology(3), bits), Error);
    bits = crossbar.route(Permutation({2, 0, 1}));
    bits.set(0, 1, false);  // line 0 twice
    CHECK_THROWS_AS(evaluate(crossbar.topology(3), bits), Error);
}

TEST_CASE("circuit_named -- suggests the nearest name") {
    CHECK_THROWS_WITH(circuit_named("bens"), Catch::Contains("did you mean 'benes'"));
}
