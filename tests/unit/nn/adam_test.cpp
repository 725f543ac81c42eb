#include "compiler/nn/adam.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/nn/plain.h"

namespace permloom {

TEST_CASE("adam -- follows Keras' formula step by step") {
    constexpr size_t COUNT = 19;
    const AdamSettings settings{0.9, 0.99, 1e-3};
    Rng rng(3);
    std::vector<float> weights = testing::random_floats(COUNT, rng), first(COUNT), second(COUNT);
    std::vector<double> w(weights.begin(), weights.end()), m(COUNT), v(COUNT);
    for (int t = 1; t <= 20; ++t) {
        const double rate = 0.01 / t;
        const std::vector<float> gradient = testing::random_floats(COUNT, rng);
        AdamStep(settings, rate, t)
            .apply(gradient.data(), first.data(), second.data(), weights.data(), COUNT);
        for (size_t i = 0; i < COUNT; ++i) {
            const double g = gradient[i];
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.99 * v[i] + 0.01 * g * g;
            w[i] -= rate * std::sqrt(1 - std::pow(0.99, t)) / (1 - std::pow(0.9, t)) * m[i] /
                    (std::sqrt(v[i]) + 1e-3);
            CHECK(weights[i] == Approx(w[i]).margin(1e-6));
            CHECK(first[i] == Approx(m[i]).margin(1e-6));
            CHECK(second[i] == Approx(v[i]).margin(1e-6));
        }
    }
}

TEST_CASE("adam -- weight decay shrinks weights by its own rate, whatever the gradient") {
    constexpr size_t COUNT = 19;
    Rng rng(4);
    const std::vector<float> start = testing::random_floats(COUNT, rng);
    const std::vector<float> gradient = testing::random_floats(COUNT, rng);
    const auto step = [&](double decay) {
        std::vector<float> weights = start, first(COUNT), second(COUNT);
        AdamSettings settings;
        settings.weight_decay = decay;
        AdamStep(settings, 0.1, 1)
            .apply(gradient.data(), first.data(), second.data(), weights.data(), COUNT);
        CHECK(first[0] == Approx(0.1 * gradient[0]).margin(1e-7));
        return weights;
    };
    const std::vector<float> plain = step(0.0), decayed = step(0.5);
    for (size_t i = 0; i < COUNT; ++i)
        CHECK(decayed[i] == Approx(plain[i] - 0.1 * 0.5 * start[i]).margin(1e-6));
}

TEST_CASE("adam -- without a gradient nothing moves") {
    std::vector<float> weights{0.5F, -2.0F}, first(2), second(2);
    const std::vector<float> gradient(2);
    AdamStep({}, 0.1, 1).apply(gradient.data(), first.data(), second.data(), weights.data(), 2);
    CHECK(weights == std::vector<float>{0.5F, -2.0F});
}

}  // namespace permloom
