#include "compiler/perm/as_waksman.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/as_waksman_router.h"
#include "compiler/perm/evaluate.h"

using namespace permloom;

TEST_CASE("as-waksman -- has sum ceil(log2 i) switches in 2 ceil(log2 n) - 1 stages") {
    int64_t expected = 0;
    for (int n = 1; n <= 300; ++n) {
        expected += ceil_log2(static_cast<uint64_t>(n));
        const Topology topology = as_waksman_topology(n);
        CHECK(topology.switch_count() == expected);
        CHECK(topology.stage_count() == std::max(0, 2 * ceil_log2(static_cast<uint64_t>(n)) - 1));
    }
    CHECK(as_waksman_topology(784).switch_count() == 6817);
}

TEST_CASE("as-waksman -- switches of a stage are disjoint and ascending") {
    for (int n = 1; n <= 70; ++n)
        for (const auto& stage : as_waksman_topology(n).stages) {
            std::set<int32_t> lines;
            int32_t last = -1;
            for (const Switch& one : stage) {
                CHECK(one.low > last);
                last = one.low;
                CHECK(one.high < n);
                CHECK(lines.insert(one.low).second);
                CHECK(lines.insert(one.high).second);
            }
        }
}

TEST_CASE("as-waksman -- every permutation up to n = 8 is routed and evaluates to itself") {
    for (int n = 1; n <= 8; ++n) {
        const Topology topology = as_waksman_topology(n);
        std::vector<int32_t> values(static_cast<size_t>(n));
        std::iota(values.begin(), values.end(), 0);
        bool all_right = true;
        do {
            const Permutation p(values);
            all_right = all_right && evaluate(topology, route_as_waksman(p)) == p;
        } while (std::next_permutation(values.begin(), values.end()));
        INFO("n = " << n);
        CHECK(all_right);
    }
}

TEST_CASE("as-waksman -- random permutations of any width are routed") {
    Rng rng(20);
    for (int n = 9; n <= 1100; n += n < 140 ? 1 : 37) {
        const Permutation p = Permutation::random(n, rng);
        INFO("n = " << n);
        CHECK(evaluate(as_waksman_topology(n), route_as_waksman(p)) == p);
    }
    for (int n : {784, 1024, 4096, 65535, 65536, 65537}) {
        const Permutation p = Permutation::random(n, rng);
        CHECK(evaluate(as_waksman_topology(n), route_as_waksman(p)) == p);
    }
}

TEST_CASE(
    "as-waksman -- every switch setting of a small network is a permutation, all are reached") {
    for (int n = 1; n <= 6; ++n) {
        const Topology topology = as_waksman_topology(n);
        const int64_t switches = topology.switch_count();
        std::set<std::vector<int32_t>> reached;
        for (int64_t setting = 0; setting < (int64_t{1} << switches); ++setting) {
            SwitchBits bits(topology.row_widths());
            int64_t rest = setting;
            for (int d = 0; d < bits.row_count(); ++d)
                for (int i = 0; i < bits.width(d); ++i, rest >>= 1)
                    bits.set(d, i, (rest & 1) != 0);
            const Permutation p = evaluate(topology, bits);
            reached.emplace(p.values().begin(), p.values().end());
        }
        size_t factorial = 1;
        for (int i = 2; i <= n; ++i)
            factorial *= static_cast<size_t>(i);
        CHECK(reached.size() == factorial);
    }
}

TEST_CASE("evaluate -- refuses bits of another shape") {
    const Topology topology = as_waksman_topology(4);
    CHECK_THROWS_AS(evaluate(topology, SwitchBits()), Error);
    const std::vector<int32_t> one_too_many = {2, 2, 2};
    CHECK_THROWS_AS(evaluate(topology, SwitchBits(one_too_many)), Error);
}
