/// What gets permuted: the fan-in of one neuron is one weight vector; its values are a permutation
/// of its profile (the same values ascending).
///
/// Algorithm 1 of Train-by-Reconnect calls the step from arbitrary weights back to a permutation of
/// the profile a sync: the profile is laid out in the ranking of the weights.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace permloom {

/// Ranks weights; keeps its scratch memory between calls. One per thread.
class Ranker {
  public:
    /// source[r] = index of the weight of rank r. Stable: equal weights rank by ascending index,
    /// and -0 equals +0. NaNs rank below or above all numbers.
    void rank(std::span<const float> weights, std::span<int32_t> source);

  private:
    bool rank_by_level(std::span<const float> weights, std::span<int32_t> source);
    void rank_by_key(std::span<const float> weights, std::span<int32_t> source);

    std::vector<uint64_t> items_, spare_;
    int skip_levels_ = 0;  ///< so many further calls do not try rank_by_level
};

/// weights[source[r]] = profile[r] for every rank r.
void scatter(std::span<const int32_t> source, std::span<const float> profile,
             std::span<float> weights);

/// Ascending lines inside each run of equal devices of the sorted `profile`: the one representative
/// of all wirings that compute the same.
void make_canonical(std::span<const float> profile, std::span<int32_t> source);

}  // namespace permloom
