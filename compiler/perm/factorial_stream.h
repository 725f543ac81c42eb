/// Factorial-base digits of the inside-out Fisher-Yates shuffle.
///
/// Another bijection between permutations and digit strings with 0 <= digit[i] <= i than the Lehmer
/// code: a decoder needs one memory and two accesses a digit,
///
///     for i = 0 .. n-1:  p[i] = p[digit[i]];  p[digit[i]] = i
///
/// With p = {2, 0, 3, 1} the digits are {0, 0, 0, 2}.
#pragma once

#include <cstdint>
#include <span>

#include "compiler/perm/permutation.h"

namespace permloom {

/// `digits.size() == p.size()`; allocates only when a thread first meets an n this large.
void factorial_digits(const Permutation& p, std::span<int32_t> digits);

/// Inverse, `values.size() == digits.size()`, not the same memory. Throws Error when a digit is out
/// of range.
void from_factorial_digits(std::span<const int32_t> digits, std::span<int32_t> values);

}  // namespace permloom
