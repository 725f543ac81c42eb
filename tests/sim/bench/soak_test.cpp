/// Lockstep on chips of random shape, many of them: an hour's worth of confidence, not run by
/// default.
#include <catch2/catch.hpp>

#include "tests/sim/bench/lockstep.h"

using namespace permloom;
using namespace permloom::test;

TEST_CASE("soak -- random chips agree in everything") {
    for (uint64_t chip_seed = 1; chip_seed <= 24; ++chip_seed) {
        Rng rng(chip_seed, 9);
        const ChipShape shape = random_shape(rng);
        Lockstep pair(random_chip(shape, rng));
        INFO("chip seed " << chip_seed << ": " << shape.describe());
        for (uint64_t seed = 1; seed <= 60; ++seed) {
            INFO("seed " << seed);
            Bench bench = pair.bench(random_stimulus(seed));
            const int target = pair.chip().contexts - 1;
            const Range range = seed % 3 ? Range::usual : Range::extreme;
            const Function before = random_function(pair.chip(), 0, rng, range);
            const Function after = random_function(pair.chip(), target, rng, range);
            REQUIRE(bench.load(before.load()) == LoadError::none);
            bench.run(pair.images(60, rng), Reload{after.load(), rng.below(60), target});
            Weather seen;
            storm(bench, pair.chip(), {before.words, after.words}, 5000, rng, seen);
            INFO(difference_of(bench));
            REQUIRE(bench.mismatches() == 0);
        }
    }
}
