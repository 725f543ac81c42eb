#include "compiler/nn/loss.h"

#include <catch2/catch.hpp>

#include "tests/unit/nn/plain.h"

namespace permloom {
namespace {

struct Result {
    std::vector<float> gradient;
    std::vector<double> loss;
};

Result run(const std::vector<float>& logits, int columns, const std::vector<uint8_t>& labels,
           int classes, float weight = 1.0F) {
    const int rows = static_cast<int>(labels.size());
    Result result{std::vector<float>(logits.size(), 7.0F), std::vector<double>(labels.size())};
    softmax_cross_entropy({logits.data(), rows, columns, columns}, labels, classes, weight,
                          {result.gradient.data(), rows, columns, columns}, result.loss);
    return result;
}

}  // namespace

TEST_CASE("loss -- value and gradient agree with plain loops and central differences") {
    Rng rng(4);
    for (int classes = 1; classes <= 10; ++classes) {
        const int columns = 10, rows = 4;
        const std::vector<float> logits =
            testing::random_floats(static_cast<size_t>(rows * columns), rng, -4.0, 4.0);
        std::vector<uint8_t> labels;
        for (int r = 0; r < rows; ++r)
            labels.push_back(static_cast<uint8_t>(rng.below(static_cast<uint64_t>(classes))));
        const float weight = 0.25F;
        const Result result = run(logits, columns, labels, classes, weight);
        for (int r = 0; r < rows; ++r) {
            std::vector<double> z(logits.begin() + r * columns, logits.begin() + (r + 1) * columns);
            const int label = labels[static_cast<size_t>(r)];
            CHECK(result.loss[static_cast<size_t>(r)] ==
                  Approx(testing::plain_loss(z, label, classes)).margin(1e-6));
            for (int c = 0; c < columns; ++c) {
                constexpr double STEP = 1e-5;
                auto up = z, down = z;
                up[static_cast<size_t>(c)] += STEP;
                down[static_cast<size_t>(c)] -= STEP;
                const double slope = (testing::plain_loss(up, label, classes) -
                                      testing::plain_loss(down, label, classes)) /
                                     (2 * STEP);
                CHECK(result.gradient[static_cast<size_t>(r * columns + c)] ==
                      Approx(weight * slope).margin(1e-6));
            }
        }
    }
}

TEST_CASE("loss -- outputs beyond the classes get no gradient, whatever they say") {
    const Result result = run({1.0F, 2.0F, 1e30F, -1e30F}, 4, {1}, 2);
    CHECK(result.gradient[2] == 0.0F);
    CHECK(result.gradient[3] == 0.0F);
    CHECK(result.loss[0] == Approx(std::log(1.0 + std::exp(-1.0))));
}

TEST_CASE("loss -- large logits neither overflow nor lose the difference") {
    const Result result = run({1000.0F, 1001.0F}, 2, {0}, 2);
    CHECK(result.loss[0] == Approx(std::log(1.0 + std::exp(1.0))).epsilon(1e-6));
}

TEST_CASE("loss -- the predicted class is the first of the largest logits among the classes") {
    const std::vector<float> logits{1.0F, 3.0F, 3.0F, 9.0F};
    CHECK(predicted_class(logits.data(), 4) == 3);
    CHECK(predicted_class(logits.data(), 3) == 1);
    CHECK(predicted_class(logits.data(), 1) == 0);
}

TEST_CASE("loss -- logits that only their rounding tells apart are tied") {
    for (const float largest : {10.092858F, -10.092858F}) {
        const float above = largest + 2e-6F, far_above = largest + 2e-5F;
        CHECK(predicted_class(std::vector{largest - 1.0F, largest, above}.data(), 3) == 1);
        CHECK(predicted_class(std::vector{largest - 1.0F, largest, far_above}.data(), 3) == 2);
    }
}

}  // namespace permloom
