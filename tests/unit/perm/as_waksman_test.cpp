#include "compiler/perm/as_waksman.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
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

TEST_CASE("evaluate -- refuses bits of another shape") {
    const Topology topology = as_waksman_topology(4);
    CHECK_THROWS_AS(evaluate(topology, SwitchBits()), Error);
    const std::vector<int32_t> one_too_many = {2, 2, 2};
    CHECK_THROWS_AS(evaluate(topology, SwitchBits(one_too_many)), Error);
}
