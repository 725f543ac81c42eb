/// Lockstep on chips of random shape, many of them: an hour's worth of confidence, not run by
/// default.
#include <catch2/catch.hpp>

#include "tests/sim/bench/lockstep.h"

using namespace permloom;
using namespace permloom::test;

namespace {

template <class MakeChip>
void soak(uint64_t chips, MakeChip make_chip) {
    for (uint64_t chip_seed = 1; chip_seed <= chips; ++chip_seed) {
        Rng rng(chip_seed, 9);
        Lockstep pair(make_chip(rng));
        INFO("chip seed " << chip_seed << ": " << describe(pair.chip()));
        for (uint64_t seed = 1; seed <= 60; ++seed) {
            INFO("seed " << seed);
            Bench bench = pair.bench(random_stimulus(seed));
            const int target = pair.chip().contexts - 1;
            const Range range = seed % 3 ? Range::usual : Range::extreme;
            const Function before = random_function(pair.chip(), 0, rng, range);
            const Function after = random_function(pair.chip(), target, rng, range);
            REQUIRE(bench.load(before.load()) == LoadError::none);
            bench.run(pair.images(60, rng), Reload{after.load(), rng.below(60), target});
            const Function patched =
                random_patch(pair.chip(), target, after, after.words.back(), rng);
            bench.run(pair.images(60, rng), Reload{patched.load(), rng.below(60), target});
            Weather seen;
            storm(bench, pair.chip(), {before.words, after.words, patched.words}, 5000, rng, seen);
            INFO(difference_of(bench));
            REQUIRE(bench.mismatches() == 0);
        }
    }
}

}  // namespace

TEST_CASE("soak -- random chips agree in everything") {
    soak(24, [](Rng& rng) { return random_chip(random_shape(rng), rng); });
}

TEST_CASE("soak -- random chips that walk agree in everything") {
    soak(24, random_walking_chip);
}
