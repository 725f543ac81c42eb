#include "compiler/nn/weight_vectors.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>

#include "tests/unit/nn/plain.h"

namespace permloom {
namespace {

std::vector<int32_t> ranked(const std::vector<float>& weights) {
    Ranker ranker;
    std::vector<int32_t> source(weights.size());
    ranker.rank(weights, source);
    return source;
}

std::vector<int32_t> ranked_by_comparison(const std::vector<float>& weights) {
    std::vector<int32_t> source(weights.size());
    std::iota(source.begin(), source.end(), 0);
    std::stable_sort(source.begin(), source.end(), [&](int32_t a, int32_t b) {
        return weights[static_cast<size_t>(a)] < weights[static_cast<size_t>(b)];
    });
    return source;
}

}  // namespace

TEST_CASE("ranking -- equals a stable comparison sort on every vector of few values") {
    // All 4^6 vectors over values that include both zeros.
    const float values[] = {-1.5F, -0.0F, 0.0F, 2.0F};
    for (int code = 0; code < 4096; ++code) {
        std::vector<float> weights;
        for (int i = 0; i < 6; ++i)
            weights.push_back(values[(code >> (2 * i)) & 3]);
        REQUIRE(ranked(weights) == ranked_by_comparison(weights));
    }
}

TEST_CASE("ranking -- equals a stable comparison sort on random vectors of any length") {
    Rng rng(8);
    for (const size_t length : {0U, 1U, 2U, 63U, 784U, 5000U}) {
        std::vector<float> weights = testing::random_floats(length, rng);
        CHECK(ranked(weights) == ranked_by_comparison(weights));
        for (float& weight : weights)
            weight = std::round(weight * 7.0F) / 7.0F;
        CHECK(ranked(weights) == ranked_by_comparison(weights));
        for (float& weight : weights)
            weight *= 1e-40F;
        CHECK(ranked(weights) == ranked_by_comparison(weights));
    }
}

TEST_CASE("ranking -- infinities and the smallest and largest numbers are in order") {
    using Limits = std::numeric_limits<float>;
    const std::vector<float> weights{Limits::infinity(),  Limits::max(),        0.0F,
                                     -Limits::infinity(), Limits::denorm_min(), -Limits::max()};
    CHECK(ranked(weights) == std::vector<int32_t>{3, 5, 2, 4, 1, 0});
}

TEST_CASE("scatter -- a sync keeps the devices and the ranking") {
    Rng rng(9);
    for (int trial = 0; trial < 50; ++trial) {
        const size_t n = 1 + rng.below(100);
        std::vector<float> profile = testing::random_floats(n, rng);
        if (trial % 2)
            for (float& device : profile)
                device = std::round(device * 2.0F);
        std::sort(profile.begin(), profile.end());
        const std::vector<float> weights = testing::random_floats(n, rng);
        const auto source = ranked(weights);
        std::vector<float> synced(n);
        scatter(source, profile, synced);

        std::vector<float> sorted = synced;
        std::sort(sorted.begin(), sorted.end());
        CHECK(sorted == profile);
        for (size_t i = 0; i < n; ++i)
            for (size_t j = 0; j < n; ++j)
                if (weights[i] < weights[j]) CHECK(synced[i] <= synced[j]);
        // Once more changes nothing: the ranking of the synced weights is the same up to ties.
        std::vector<float> again(n);
        scatter(ranked(synced), profile, again);
        CHECK(again == synced);
    }
}

TEST_CASE("canonical -- lines ascend inside equal devices and the weights stay") {
    Rng rng(10);
    std::vector<float> profile{-1.0F, -1.0F, 0.0F, 0.0F, 0.0F, 2.5F};
    for (int trial = 0; trial < 50; ++trial) {
        std::vector<int32_t> source(6);
        std::iota(source.begin(), source.end(), 0);
        rng.shuffle(std::span(source));
        std::vector<float> before(6), after(6);
        scatter(source, profile, before);
        make_canonical(profile, source);
        scatter(source, profile, after);
        CHECK(after == before);
        CHECK(source[0] < source[1]);
        CHECK((source[2] < source[3] && source[3] < source[4]));
    }
}

}  // namespace permloom
