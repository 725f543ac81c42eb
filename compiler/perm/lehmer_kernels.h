/// Lehmer digits with the vector instructions of the running processor; the results are the same
/// on each. Callers check their input: see lehmer.h for the public functions.
#pragma once

#include <cstdint>
#include <span>

namespace permloom {

/// digits[r] = #{s > r : p[s] < p[r]}; `permutation` must be one, both spans of one size.
void lehmer_encode(std::span<const int32_t> permutation, std::span<int32_t> digits);
/// Inverse; 0 <= digits[r] <= n-1-r must hold. The spans may be the same.
void lehmer_decode(std::span<const int32_t> digits, std::span<int32_t> permutation);

}  // namespace permloom
