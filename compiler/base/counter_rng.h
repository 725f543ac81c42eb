/// Randomness without a state: a draw is a function of a seed and four numbers that say what it is
/// for, so that draws may be made in any order, by any thread, and left out without moving others.
#pragma once

#include <array>
#include <cstdint>

namespace permloom {

/// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011).
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// The draws of one seed. A purpose is a number of the caller's, one for each use.
class CounterRng {
  public:
    explicit CounterRng(uint64_t seed)
        : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)} {}

    /// Two independent numbers, uniform in (0, 1): 52 bits and a half.
    std::array<double, 2> uniforms(uint32_t purpose, uint32_t a, uint32_t b, uint32_t c) const;
    double uniform(uint32_t purpose, uint32_t a, uint32_t b, uint32_t c) const {
        return uniforms(purpose, a, b, c)[0];
    }
    /// Standard normal.
    double normal(uint32_t purpose, uint32_t a, uint32_t b, uint32_t c) const;

  private:
    std::array<uint32_t, 2> key_;
};

}  // namespace permloom
