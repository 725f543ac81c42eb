#include "compiler/nn/sgd.h"

#include <catch2/catch.hpp>

#include "tests/unit/nn/plain.h"
#include "tests/unit/nn/tolerance.h"

namespace permloom {

TEST_CASE("sgd -- follows PyTorch's formula step by step, with and without momentum") {
    constexpr size_t COUNT = 19;
    for (const double momentum : {0.0, 0.9}) {
        Rng rng(3);
        std::vector<float> weights = testing::random_floats(COUNT, rng), velocity(COUNT);
        std::vector<double> w(weights.begin(), weights.end()), v(COUNT);
        for (int t = 1; t <= 20; ++t) {
            const double rate = 0.1 / t;
            const std::vector<float> gradient = testing::random_floats(COUNT, rng);
            SgdStep(momentum, rate).apply(gradient.data(), velocity.data(), weights.data(), COUNT);
            for (size_t i = 0; i < COUNT; ++i) {
                v[i] = momentum * v[i] + gradient[i];
                w[i] -= rate * v[i];
            }
            testing::check_close(weights, w, testing::SUM_TOLERANCE);
            testing::check_close(velocity, v, testing::SUM_TOLERANCE);
        }
    }
}

}  // namespace permloom
