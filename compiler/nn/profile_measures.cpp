#include "compiler/nn/profile_measures.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include "compiler/base/error.h"
#include "compiler/nn/weight_vectors.h"
#include "compiler/perm/permutation.h"

namespace permloom {
namespace {

std::span<const float> row(ConstMatrix matrix, int j) {
    return {matrix.data + static_cast<long>(j) * matrix.stride,
            static_cast<size_t>(matrix.columns)};
}

std::vector<double> mean_row(ConstMatrix matrix) {
    std::vector<double> mean(static_cast<size_t>(matrix.columns), 0.0);
    for (int j = 0; j < matrix.rows; ++j) {
        const auto values = row(matrix, j);
        for (size_t i = 0; i < mean.size(); ++i)
            mean[i] += values[i];
    }
    for (double& value : mean)
        value /= matrix.rows;
    return mean;
}

}  // namespace

void sort_rows(ConstMatrix weights, std::span<float> profiles) {
    const auto n = static_cast<size_t>(weights.columns);
    PERMLOOM_ASSERT(profiles.size() == static_cast<size_t>(weights.rows) * n);
    for (int j = 0; j < weights.rows; ++j) {
        const auto values = row(weights, j);
        const auto profile = profiles.subspan(static_cast<size_t>(j) * n, n);
        std::copy(values.begin(), values.end(), profile.begin());
        std::sort(profile.begin(), profile.end());
    }
}

double profile_similarity(ConstMatrix profiles) {
    const std::vector<double> mean_profile = mean_row(profiles);
    double apart = 0.0, spread = 0.0;
    for (int j = 0; j < profiles.rows; ++j) {
        const auto values = row(profiles, j);
        double mean = 0.0;
        for (const float value : values)
            mean += value;
        mean /= profiles.columns;
        for (size_t i = 0; i < values.size(); ++i) {
            apart += (values[i] - mean_profile[i]) * (values[i] - mean_profile[i]);
            spread += (values[i] - mean) * (values[i] - mean);
        }
    }
    return spread > 0.0 ? 1.0 - apart / spread : NAN;
}

RankingDistance ranking_distance(std::span<const int32_t> before, std::span<const int32_t> after,
                                 int n) {
    PERMLOOM_ASSERT(n > 0 && before.size() == after.size() && !before.empty());
    const auto length = static_cast<size_t>(n);
    PERMLOOM_ASSERT(before.size() % length == 0);
    std::vector<int32_t> rank(length);
    int64_t sum = 0, squares = 0;
    for (size_t row = 0; row < before.size(); row += length) {
        for (size_t r = 0; r < length; ++r)
            rank[static_cast<size_t>(before[row + r])] = static_cast<int32_t>(r);
        for (size_t r = 0; r < length; ++r) {
            const int64_t distance =
                std::abs(rank[static_cast<size_t>(after[row + r])] - static_cast<int32_t>(r));
            sum += distance;
            squares += distance * distance;
        }
    }
    const auto count = static_cast<double>(before.size());
    const double mean = static_cast<double>(sum) / count;
    return {mean, std::sqrt(std::max(static_cast<double>(squares) / count - mean * mean, 0.0))};
}

Decomposition decompose(ConstMatrix weights) {
    const auto n = static_cast<size_t>(weights.columns);
    Decomposition result{std::vector<float>(n),
                         std::vector<float>(static_cast<size_t>(weights.rows) * n)};
    sort_rows(weights, result.delta);
    const std::vector<double> mean_profile =
        mean_row({result.delta.data(), weights.rows, weights.columns, weights.columns});
    std::copy(mean_profile.begin(), mean_profile.end(), result.theta_bar.begin());

    Ranker ranker;
    std::vector<int32_t> source(n);
    for (int j = 0; j < weights.rows; ++j) {
        const auto values = row(weights, j);
        float* delta = result.delta.data() + static_cast<size_t>(j) * n;
        ranker.rank(values, source);
        for (size_t r = 0; r < n; ++r) {
            const auto i = static_cast<size_t>(source[r]);
            delta[i] = values[i] - result.theta_bar[r];
        }
    }
    return result;
}

double reachable_wirings_log10(ConstMatrix profiles) {
    double bits = 0.0;
    for (int j = 0; j < profiles.rows; ++j) {
        const auto values = row(profiles, j);
        bits += log2_factorial(profiles.columns);
        for (size_t begin = 0, end = 0; begin < values.size(); begin = end) {
            while (end < values.size() && values[end] == values[begin])
                ++end;
            bits -= log2_factorial(static_cast<int>(end - begin));
        }
    }
    return bits * std::numbers::ln2 / std::numbers::ln10;
}

}  // namespace permloom
