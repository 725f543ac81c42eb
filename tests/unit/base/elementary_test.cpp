#include "compiler/base/elementary.h"

#include <catch2/catch.hpp>

#include <cmath>

#include "compiler/base/rng.h"

using namespace permloom;

TEST_CASE("elementary -- exp and log agree with the library's") {
    Rng rng(3);
    for (int i = 0; i < 20'000; ++i) {
        const double x = rng.uniform(-700.0, 700.0);
        CHECK(portable_exp(x) == Approx(std::exp(x)).epsilon(4e-16 * 8));
        const double y = std::exp(rng.uniform(-300.0, 300.0));
        CHECK(std::abs(portable_log(y) - std::log(y)) <=
              1e-15 * std::max(1.0, std::abs(std::log(y))));
    }
    CHECK(portable_exp(0.0) == 1.0);
    CHECK(portable_log(1.0) == 0.0);
    CHECK(portable_exp(-800.0) == 0.0);
    CHECK(std::isinf(portable_exp(800.0)));
}

TEST_CASE("elementary -- the quantile of the normal distribution undoes it") {
    const auto below = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
    for (int i = 1; i < 1000; ++i) {
        const double p = i / 1000.0;
        CHECK(below(normal_quantile(p)) == Approx(p).epsilon(1e-14));
        CHECK(normal_quantile(1.0 - p) == Approx(-normal_quantile(p)).margin(1e-12));
    }
    for (const double p : {1e-3, 1e-6, 1e-10, 1e-16, 1e-100, 1e-300})
        CHECK(below(normal_quantile(p)) == Approx(p).epsilon(1e-12));
    CHECK(normal_quantile(0.5) == 0.0);
}
