#include "compiler/base/rng.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "compiler/base/error.h"

using namespace permloom;

TEST_CASE("rng -- xoshiro256** as published") {
    // From the reference implementation with state {1, 2, 3, 4}.
    Rng rng(Rng::State{1, 2, 3, 4});
    CHECK(rng.next() == 11520);
    CHECK(rng.next() == 0);
    CHECK(rng.next() == 1509978240);
    CHECK(rng.next() == 1215971899390074240ULL);
}

TEST_CASE("rng -- the state continues the sequence") {
    Rng rng(5);
    for (int i = 0; i < 10; ++i)
        rng.next();
    Rng again(rng.state());
    for (int i = 0; i < 10; ++i)
        CHECK(again.next() == rng.next());
}

TEST_CASE("rng -- seeds and streams give different sequences, the same pair the same") {
    std::set<uint64_t> first;
    for (uint64_t seed = 0; seed < 50; ++seed)
        for (uint64_t stream = 0; stream < 50; ++stream) {
            first.insert(Rng(seed, stream).next());
            CHECK(Rng(seed, stream).next() == Rng(seed, stream).next());
        }
    CHECK(first.size() == 2500);
}

TEST_CASE("rng -- below is within its bound and reaches every value") {
    Rng rng(1);
    for (const uint64_t bound : {1, 2, 3, 7, 10, 1000}) {
        std::vector<int> counts(bound);
        for (uint64_t i = 0; i < 1000 * bound; ++i)
            ++counts.at(rng.below(bound));
        // 1000 expected, standard deviation below 32: six of them.
        CHECK(*std::min_element(counts.begin(), counts.end()) > 800);
        CHECK(*std::max_element(counts.begin(), counts.end()) < 1200);
    }
    const uint64_t huge = (uint64_t{1} << 63) + 1;
    for (int i = 0; i < 1000; ++i)
        CHECK(rng.below(huge) < huge);
    CHECK_THROWS_AS(rng.below(0), InvariantError);
}

TEST_CASE("rng -- uniform is a multiple of 2^-53 in [0, 1) with mean 1/2 and variance 1/12") {
    Rng rng(2);
    double sum = 0.0, squares = 0.0;
    constexpr int COUNT = 100000;
    bool exact = true, inside = true;
    for (int i = 0; i < COUNT; ++i) {
        const double u = rng.uniform();
        inside = inside && u >= 0.0 && u < 1.0;
        exact = exact && std::floor(u * 0x1p53) == u * 0x1p53;
        sum += u;
        squares += u * u;
    }
    CHECK(inside);
    CHECK(exact);
    const double mean = sum / COUNT;
    CHECK(std::abs(mean - 0.5) <= 0.005);
    CHECK(std::abs(squares / COUNT - mean * mean - 1.0 / 12) <= 0.002);
    for (int i = 0; i < 1000; ++i) {
        const double u = rng.uniform(-3.0, -1.0);
        CHECK((u >= -3.0 && u < -1.0));
    }
}

TEST_CASE("rng -- truncated normal: cut at 2, symmetric, the known variance and quantiles") {
    Rng rng(3);
    constexpr int COUNT = 200000;
    double sum = 0.0, squares = 0.0;
    int within_one = 0;
    bool inside = true;
    for (int i = 0; i < COUNT; ++i) {
        const double x = rng.truncated_normal();
        inside = inside && std::abs(x) <= 2.0;
        sum += x;
        squares += x * x;
        within_one += std::abs(x) < 1.0;
    }
    CHECK(inside);
    CHECK(std::abs(sum / COUNT) <= 0.01);
    // The standard deviation that the Keras initialisers divide by.
    CHECK(std::abs(std::sqrt(squares / COUNT) - 0.87962566103423978) <= 0.005);
    // P(|x| < 1) = 0.682689 / 0.954500
    CHECK(std::abs(within_one / double{COUNT} - 0.71523) <= 0.005);
}

TEST_CASE("rng -- shuffle keeps the items and reaches every order") {
    Rng rng(4);
    std::set<std::vector<int>> orders;
    for (int i = 0; i < 2000; ++i) {
        std::vector<int> items = {1, 2, 3, 4};
        rng.shuffle(std::span(items));
        orders.insert(items);
        std::sort(items.begin(), items.end());
        REQUIRE(items == std::vector<int>{1, 2, 3, 4});
    }
    CHECK(orders.size() == 24);
}

TEST_CASE("rng -- the same numbers on every machine") {
    // From a second implementation in Python; a change here changes chips and training runs.
    Rng first(1);
    CHECK(first.next() == 17154914556750032435ULL);
    CHECK(first.uniform() == 0x1.adb5b1a69430ep-1);
    CHECK(first.below(1000) == 165);
    CHECK(first.truncated_normal() == 0x1.04ef363a62cc5p-2);
    Rng second(2024, 7);
    CHECK(second.next() == 552122436071261951ULL);
    CHECK(second.uniform() == 0x1.897409a7658e8p-3);
    CHECK(second.below(1000) == 463);
    CHECK(second.truncated_normal() == -0x1.eefa29f22f253p-7);
}
