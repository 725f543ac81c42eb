/// How far single-precision kernels may lie from plain loops in double precision.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

namespace permloom::testing {

/// Of the largest magnitude of an array: sums of some hundred products, each rounded to 2^-24.
inline constexpr double SUM_TOLERANCE = 1e-5;
/// Where convolutions take part: kernels may transform their inputs (Winograd), which costs some
/// digits.
inline constexpr double CONVOLUTION_TOLERANCE = 1e-4;
/// Arrays of smaller magnitude are held to this one: gradients that are zero but for rounding, as
/// that of a bias before batch norm.
inline constexpr double SMALLEST_MAGNITUDE = 0.05;

/// Every element within `tolerance` of the largest magnitude that is wanted.
template <class Got, class Want>
void check_close(const Got* got, const Want* want, size_t count, double tolerance) {
    double magnitude = SMALLEST_MAGNITUDE;
    for (size_t i = 0; i < count; ++i)
        magnitude = std::max(magnitude, std::abs(static_cast<double>(want[i])));
    size_t i = 0;
    while (i < count && std::abs(static_cast<double>(got[i]) - static_cast<double>(want[i])) <=
                            tolerance * magnitude)
        ++i;
    if (i == count) {
        SUCCEED();
        return;
    }
    CAPTURE(i, got[i], want[i], magnitude);
    FAIL_CHECK("element too far from the plain loops");
}

template <class Got, class Want>
void check_close(const Got& got, const Want& want, double tolerance) {
    REQUIRE(got.size() == want.size());
    check_close(got.data(), want.data(), got.size(), tolerance);
}

}  // namespace permloom::testing
