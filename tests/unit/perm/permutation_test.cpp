#include "compiler/perm/permutation.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/base/error.h"

using namespace permloom;

TEST_CASE("permutation -- refuses what is no bijection") {
    CHECK_THROWS_AS(Permutation({0, 2}), Error);
    CHECK_THROWS_AS(Permutation({0, -1}), Error);
    CHECK_THROWS_AS(Permutation({1, 1, 0}), Error);
    CHECK(Permutation(std::vector<int32_t>{}).size() == 0);
}

TEST_CASE("permutation -- inverse undoes it") {
    Rng rng(7);
    for (int n : {1, 2, 3, 17, 100}) {
        const Permutation p = Permutation::random(n, rng);
        const Permutation q = p.inverse();
        for (int r = 0; r < n; ++r)
            CHECK(q[p[r]] == r);
        CHECK(q.inverse() == p);
    }
}

TEST_CASE("canonical -- sorts inside classes and nowhere else") {
    const std::vector<int32_t> devices = {-1, -1, 0, 3, 3, 3};
    const DeviceClasses classes = classes_of(devices);
    CHECK(classes.count == 3);
    CHECK(classes.sizes() == std::vector<int32_t>{2, 1, 3});
    CHECK(classes_of_sizes(classes.sizes()).of_slot == classes.of_slot);
    CHECK(classes_of_sizes(classes.sizes()).count == classes.count);
    const Permutation wired({5, 2, 0, 4, 1, 3});
    CHECK(canonical(wired, classes) == Permutation({2, 5, 0, 1, 3, 4}));
    CHECK(canonical(canonical(wired, classes), classes) == canonical(wired, classes));
}

TEST_CASE("canonical -- is_canonical tells what canonical leaves alone") {
    for (const std::vector<int32_t>& devices : std::vector<std::vector<int32_t>>{
             {1, 1, 1, 1, 1}, {0, 0, 1, 1, 1}, {0, 1, 1, 2, 2}, {0, 1, 2, 3, 4}}) {
        const DeviceClasses classes = classes_of(devices);
        std::vector<int32_t> values = {0, 1, 2, 3, 4};
        do {
            const Permutation p(values);
            CHECK(is_canonical(p, classes) == (canonical(p, classes) == p));
        } while (std::next_permutation(values.begin(), values.end()));
    }
}

TEST_CASE("bound -- equals log2 of the counted wirings") {
    const std::vector<int32_t> distinct = {0, 1, 2, 3}, pairs = {0, 0, 1, 1}, equal = {5, 5, 5};
    CHECK(wiring_bound_bits(classes_of(distinct)) == Approx(std::log2(24.0)));
    CHECK(wiring_bound_bits(classes_of(pairs)) == Approx(std::log2(6.0)));
    CHECK(wiring_bound_bits(classes_of(equal)) == Approx(0.0).margin(1e-12));
    std::vector<int32_t> large(784);
    for (int i = 0; i < 784; ++i)
        large[static_cast<size_t>(i)] = i;
    CHECK(wiring_bound_bits(classes_of(large)) == Approx(6413.0).margin(1.0));
}
