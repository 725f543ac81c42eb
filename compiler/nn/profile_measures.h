/// What can be measured on weight vectors and their profiles (training-facts.md section 7.9, after
/// the paper's sections 2 and 5.3). Pure functions on one layer; sums in double, in index order.
///
/// A layer is W, outputs x n: row j is one weight vector, its profile the same values ascending.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/nn/matrix.h"

namespace permloom {

/// The profiles of the rows of W, as a matrix of the same extents without gaps.
void sort_rows(ConstMatrix weights, std::span<float> profiles);

/// S = 1 - sum_j ||sort(W_j) - theta_bar||^2 / sum_j ||W_j - mean(W_j)||^2 with
/// theta_bar = mean_j sort(W_j): 1 when all profiles are equal. Takes the profiles, rows ascending.
/// NaN where every vector is constant. Needs n doubles of memory.
double profile_similarity(ConstMatrix profiles);

/// Of D_j[i] = |R_j[i] - R'_j[i]| over all weights of a layer, R_j[i] being the rank of weight i in
/// vector j: the mean, and the standard deviation around it. Divide by n to compare layers.
struct RankingDistance {
    double mean = 0.0, sd = 0.0;
};

/// Both arrangements as `source` lists, outputs x n: the index of the weight of each rank, which is
/// what Ranker gives and a checkpoint holds. Exact sums. Needs n integers of memory.
RankingDistance ranking_distance(std::span<const int32_t> before, std::span<const int32_t> after,
                                 int n);

/// w_j = sigma_j(theta_bar) + delta_j: the mean profile in the ranking of each vector, and what is
/// left over.
struct Decomposition {
    std::vector<float> theta_bar;  ///< n, ascending
    std::vector<float> delta;      ///< outputs x n, in the order of the weights
};
Decomposition decompose(ConstMatrix weights);

/// log10 of the number of wirings that the devices can be given: sum_j log10(n! / prod m_l!) over
/// the runs of m_l equal values. Takes the profiles, rows ascending.
double reachable_wirings_log10(ConstMatrix profiles);

}  // namespace permloom
