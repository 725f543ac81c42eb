#include "compiler/nn/weight_vectors.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
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
    // All vectors of up to 6 values that include both zeros.
    const float values[] = {-1.5F, -0.0F, 0.0F, 2.0F};
    for (int length = 0; length <= 6; ++length)
        for (int code = 0; code < 1 << (2 * length); ++code) {
            std::vector<float> weights;
            for (int i = 0; i < length; ++i)
                weights.push_back(values[(code >> (2 * i)) & 3]);
            REQUIRE(ranked(weights) == ranked_by_comparison(weights));
        }
}

TEST_CASE("ranking -- equals a stable comparison sort on random vectors of any length") {
    Rng rng(8);
    std::vector<size_t> lengths(301);
    std::iota(lengths.begin(), lengths.end(), 0);
    lengths.insert(lengths.end(), {784, 1600, 5000, 65535, 65536, 65537});
    for (const size_t length : lengths) {
        INFO(length << " weights");
        std::vector<float> weights = testing::random_floats(length, rng);
        CHECK(ranked(weights) == ranked_by_comparison(weights));
        std::vector<float> sorted = weights;
        std::sort(sorted.begin(), sorted.end());
        CHECK(ranked(sorted) == ranked_by_comparison(sorted));
        std::reverse(sorted.begin(), sorted.end());
        CHECK(ranked(sorted) == ranked_by_comparison(sorted));
        for (float& weight : weights)
            weight = std::round(weight * 7.0F) / 7.0F;
        CHECK(ranked(weights) == ranked_by_comparison(weights));
        for (float& weight : weights)
            weight *= 1e-40F;
        CHECK(ranked(weights) == ranked_by_comparison(weights));
    }
}

TEST_CASE("ranking -- weights that crowd in parts of their range, one Ranker for all vectors") {
    // What a Ranker has seen may change how it ranks the next vectors, never the result.
    Rng rng(11);
    Ranker ranker;
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<float> weights = testing::random_floats(1 + rng.below(1000), rng);
        if (rng.chance(0.5))
            for (float& weight : weights)
                weight = std::round(weight) + 1e-5F * weight;
        if (rng.chance(0.2)) weights[rng.below(weights.size())] = 1e6F;
        std::vector<int32_t> source(weights.size());
        ranker.rank(weights, source);
        REQUIRE(source == ranked_by_comparison(weights));
    }
}

TEST_CASE("ranking -- infinities and the smallest and largest numbers are in order") {
    using Limits = std::numeric_limits<float>;
    CHECK(ranked({Limits::infinity(), Limits::max(), 0.0F, -Limits::infinity(),
                  Limits::denorm_min(), -Limits::max()}) == std::vector<int32_t>{3, 5, 2, 4, 1, 0});
    CHECK(ranked({Limits::max(), 0.0F, -Limits::max(), 1.0F}) == std::vector<int32_t>{2, 1, 3, 0});
    CHECK(ranked({Limits::denorm_min(), 0.0F, -Limits::denorm_min(), -0.0F}) ==
          std::vector<int32_t>{2, 1, 3, 0});
    CHECK(ranked({Limits::infinity(), Limits::infinity()}) == std::vector<int32_t>{0, 1});
}

TEST_CASE("ranking -- NaNs go to the ends, the numbers between them are in order") {
    Rng rng(12);
    for (const size_t length : {1U, 2U, 17U, 300U}) {
        for (const double part : {0.01, 0.5, 1.0}) {
            std::vector<float> weights = testing::random_floats(length, rng);
            for (float& weight : weights)
                if (rng.chance(part))
                    weight = std::copysign(std::numeric_limits<float>::quiet_NaN(), weight);
            std::vector<int32_t> source = ranked(weights);
            const auto is_number = [&](int32_t i) {
                return !std::isnan(weights[static_cast<size_t>(i)]);
            };
            const auto first = std::find_if(source.begin(), source.end(), is_number);
            const auto behind = std::find_if_not(first, source.end(), is_number);
            CHECK(std::none_of(behind, source.end(), is_number));
            CHECK(std::is_sorted(first, behind, [&](int32_t a, int32_t b) {
                return weights[static_cast<size_t>(a)] < weights[static_cast<size_t>(b)];
            }));
            std::sort(source.begin(), source.end());
            for (size_t i = 0; i < length; ++i)
                CHECK(source[i] == static_cast<int32_t>(i));
        }
    }
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
