#include "compiler/base/counter_rng.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>

using namespace permloom;

TEST_CASE("counter_rng -- Philox4x32-10 as published") {
    // Known answers of the authors' library Random123.
    using Words = std::array<uint32_t, 4>;
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}) ==
          Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("counter_rng -- a draw depends on its seed and each of its four numbers") {
    std::set<double> draws = {CounterRng(1).uniform(1, 2, 3, 4),
                              CounterRng(2).uniform(1, 2, 3, 4),
                              CounterRng(1ULL << 32 | 1).uniform(1, 2, 3, 4),
                              CounterRng(1).uniform(2, 2, 3, 4),
                              CounterRng(1).uniform(1, 3, 3, 4),
                              CounterRng(1).uniform(1, 2, 4, 4),
                              CounterRng(1).uniform(1, 2, 3, 5)};
    CHECK(draws.size() == 7);
    CHECK(CounterRng(1).uniform(1, 2, 3, 4) == CounterRng(1).uniform(1, 2, 3, 4));
}

TEST_CASE("counter_rng -- normals have the moments of the normal distribution") {
    constexpr int COUNT = 200'000;
    double sum = 0.0, squares = 0.0, fourth = 0.0;
    for (uint32_t i = 0; i < COUNT; ++i) {
        const double x = CounterRng(7).normal(1, i, 0, 0);
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    // Five standard errors.
    CHECK(std::abs(sum / COUNT) < 5.0 / std::sqrt(COUNT));
    CHECK(std::abs(squares / COUNT - 1.0) < 5.0 * std::sqrt(2.0 / COUNT));
    CHECK(std::abs(fourth / COUNT - 3.0) < 5.0 * std::sqrt(96.0 / COUNT));
}
