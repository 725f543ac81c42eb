#include "compiler/nn/profile_measures.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "compiler/base/rng.h"
#include "compiler/nn/weight_vectors.h"

namespace permloom {
namespace {

/// Values and the extents that they are looked at with.
struct Layer {
    int outputs, n;
    std::vector<float> values;

    ConstMatrix matrix() const { return {values.data(), outputs, n, n}; }
    Layer profiles() const {
        Layer sorted{outputs, n, std::vector<float>(values.size())};
        sort_rows(matrix(), sorted.values);
        return sorted;
    }
};

Layer random_layer(int outputs, int n, Rng& rng) {
    Layer layer{outputs, n, std::vector<float>(static_cast<size_t>(outputs * n))};
    for (float& value : layer.values)
        value = static_cast<float>(rng.uniform(-1.0, 1.0));
    return layer;
}

}  // namespace

TEST_CASE("profile measures -- rows are sorted, each on its own, from a matrix with gaps") {
    const std::vector<float> values{3, 1, 2, 99, -1, -2, -3, 99};
    std::vector<float> profiles(6);
    sort_rows({values.data(), 2, 3, 4}, profiles);
    CHECK(profiles == std::vector<float>{1, 2, 3, -3, -2, -1});
}

TEST_CASE("similarity -- 1 for permutations of one profile, by hand where they differ") {
    const Layer same{3, 4, {1, 2, 3, 5, 5, 3, 2, 1, 2, 5, 1, 3}};
    CHECK(profile_similarity(same.profiles().matrix()) == 1.0);

    // theta_bar = (0, 3), apart = 4 * 1; each vector deviates from its mean: 2 * 4 + 2 * 1.
    const Layer apart{2, 2, {4, 0, 0, 2}};
    CHECK(profile_similarity(apart.profiles().matrix()) == Approx(1.0 - 2.0 / 10.0));

    const Layer constant{2, 2, {1, 1, 3, 3}};
    CHECK(std::isnan(profile_similarity(constant.matrix())));
}

TEST_CASE("ranking distance -- by hand, and zero for equal rankings") {
    // Vector 0: weights 0 and 2 change places (ranks 0 and 2); vector 1 stays.
    const std::vector<int32_t> before{0, 1, 2, 2, 0, 1}, after{2, 1, 0, 2, 0, 1};
    const RankingDistance distance = ranking_distance(before, after, 3);
    CHECK(distance.mean == Approx(4.0 / 6.0));
    CHECK(distance.sd == Approx(std::sqrt(8.0 / 6.0 - 4.0 / 9.0)));
    const RankingDistance none = ranking_distance(after, after, 3);
    CHECK(none.mean == 0.0);
    CHECK(none.sd == 0.0);
}

TEST_CASE("ranking distance -- is that of the ranks which a sync would compare") {
    Rng rng(3);
    const Layer a = random_layer(4, 50, rng), b = random_layer(4, 50, rng);
    std::vector<int32_t> before(a.values.size()), after(a.values.size());
    Ranker ranker;
    double sum = 0.0;
    for (size_t row = 0; row < a.values.size(); row += 50) {
        const auto w = std::span(a.values).subspan(row, 50),
                   v = std::span(b.values).subspan(row, 50);
        ranker.rank(w, std::span(before).subspan(row, 50));
        ranker.rank(v, std::span(after).subspan(row, 50));
        for (size_t i = 0; i < 50; ++i) {
            const auto rank = [&](std::span<const float> values) {
                return std::ranges::count_if(values, [&](float x) { return x < values[i]; });
            };
            sum += std::abs(static_cast<double>(rank(w) - rank(v)));
        }
    }
    CHECK(ranking_distance(before, after, 50).mean == Approx(sum / 200.0));
}

TEST_CASE("decomposition -- mean profile in the ranking of each vector, and the rest") {
    Rng rng(5);
    const Layer layer = random_layer(6, 40, rng);
    const Decomposition parts = decompose(layer.matrix());
    CHECK(std::ranges::is_sorted(parts.theta_bar));
    const Layer profiles = layer.profiles();
    for (size_t row = 0; row < layer.values.size(); row += 40) {
        // What is left of a vector is what its profile differs from the mean profile by.
        std::vector<float> hard(40);
        double squares = 0.0, expected = 0.0;
        for (size_t i = 0; i < 40; ++i) {
            hard[i] = layer.values[row + i] - parts.delta[row + i];
            squares += std::pow(parts.delta[row + i], 2);
            expected += std::pow(profiles.values[row + i] - parts.theta_bar[i], 2);
        }
        CHECK(squares == Approx(expected));
        std::ranges::sort(hard);
        for (size_t i = 0; i < 40; ++i)
            CHECK(hard[i] == Approx(parts.theta_bar[i]).margin(1e-6));
    }
}

TEST_CASE("reachable wirings -- arrangements of a multiset") {
    const Layer profiles{2, 4, {1, 2, 3, 4, 0, 0, 1, 1}};  // 4! and 4! / (2! 2!)
    CHECK(reachable_wirings_log10(profiles.matrix()) == Approx(std::log10(24.0 * 6.0)));
    const Layer constant{1, 3, {1, 1, 1}};
    CHECK(reachable_wirings_log10(constant.matrix()) == Approx(0.0).margin(1e-12));
}

}  // namespace permloom
