/// Lehmer digits of a permutation, and permutations as single integers.
///
/// digit[r] = #{s > r : p[s] < p[r]}, 0 <= digit[r] <= n-1-r. With p = {2, 0, 3, 1} the digits are
/// {2, 0, 1, 0}.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/perm/permutation.h"

namespace permloom {

std::vector<int32_t> lehmer_digits(const Permutation& p);
/// The same into the caller's memory, `digits.size() == p.size()`; allocates nothing up to
/// n = 1024, above that only when a thread first meets an n this large.
void lehmer_digits(const Permutation& p, std::span<int32_t> digits);

/// Inverse of lehmer_digits. Throws Error when a digit is out of range.
Permutation from_lehmer_digits(std::span<const int32_t> digits);
/// The same into the caller's memory, `values.size() == digits.size()`; the spans may be the same.
void from_lehmer_digits(std::span<const int32_t> digits, std::span<int32_t> values);

/// The longest permutation whose rank fits 64 bits: 20! < 2^64 < 21!.
inline constexpr int MAX_RANKED = 20;
/// Position of `p` among all permutations of its size in lexicographic order, from 0: the digits
/// read as one number in the factorial system. Throws Error above MAX_RANKED entries.
uint64_t rank_of(const Permutation& p);
/// Inverse of rank_of. Throws Error unless 0 <= n <= MAX_RANKED and rank < n!.
Permutation unrank(int n, uint64_t rank);

}  // namespace permloom
