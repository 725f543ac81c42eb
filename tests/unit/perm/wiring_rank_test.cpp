#include "compiler/perm/wiring_rank.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/perm/class_sequence.h"
#include "compiler/perm/lehmer.h"
#include "tests/unit/perm/coding.h"

using namespace permloom;
using namespace permloom::test;

TEST_CASE("wiring rank -- numbers the wirings of every class shape by their class sequences") {
    for (int n = 1; n <= 7; ++n)
        for (const auto& shape : all_shapes(n)) {
            const DeviceClasses classes = classes_of_sizes(shape);
            std::vector<Permutation> wirings = all_wirings(classes);
            std::sort(wirings.begin(), wirings.end(),
                      [&](const Permutation& a, const Permutation& b) {
                          return class_sequence(a, classes) < class_sequence(b, classes);
                      });
            CHECK(wiring_count(classes) == wirings.size());
            bool good = true;
            for (size_t rank = 0; rank < wirings.size(); ++rank)
                good = good && wiring_rank(wirings[rank], classes) == rank &&
                       wiring_of_rank(rank, classes) == wirings[rank];
            CHECK(good);
            CHECK_THROWS_AS(wiring_of_rank(wirings.size(), classes), Error);
        }
}

TEST_CASE("wiring rank -- is the rank of the inverse where all devices are distinct") {
    Rng rng(21);
    const DeviceClasses classes = classes_of_sizes(std::vector<int>(20, 1));
    for (int trial = 0; trial < 50; ++trial) {
        const Permutation p = Permutation::random(20, rng);
        CHECK(wiring_rank(p, classes) == rank_of(p.inverse()));
    }
}

TEST_CASE("wiring rank -- up to 64 bits and no further") {
    // C(67, 33) is the largest central binomial below 2^64.
    const DeviceClasses fits = classes_of_sizes({33, 34}), too_many = classes_of_sizes({34, 34});
    const uint64_t count = wiring_count(fits).value();
    CHECK(count == 14226520737620288370U);
    CHECK(wiring_rank(wiring_of_rank(count - 1, fits), fits) == count - 1);
    CHECK(wiring_of_rank(0, fits) == Permutation::identity(67));
    CHECK_THROWS_AS(wiring_of_rank(count, fits), Error);
    CHECK(!wiring_count(too_many));
    CHECK_THROWS_AS(wiring_rank(Permutation::identity(68), too_many), Error);
    CHECK_THROWS_AS(wiring_of_rank(0, too_many), Error);
    CHECK_THROWS_AS(wiring_rank(Permutation::identity(3), fits), Error);
    CHECK(wiring_count(classes_of_sizes({100000})) == 1U);
    CHECK(wiring_count(classes_of_sizes({1, 100000})) == 100001U);
}
