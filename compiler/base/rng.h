/// The one seeded source of randomness: the same seed gives the same numbers on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace permloom {

/// xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64. `stream` separates the
/// independent draws of one seed (device values, shuffling, ...), so that adding a draw to one
/// does not change another.
class Rng {
  public:
    using State = std::array<uint64_t, 4>;

    explicit Rng(uint64_t seed, uint64_t stream = 0);
    explicit Rng(const State& state) : state_(state) {}

    uint64_t next();
    /// Uniform in [0, 1), a multiple of 2^-53.
    double uniform();
    /// Uniform in [lo, hi).
    double uniform(double lo, double hi) { return lo + (hi - lo) * uniform(); }
    /// Uniform in [0, bound), unbiased (Lemire's rejection); bound > 0.
    uint64_t below(uint64_t bound);
    /// True with probability `p`.
    bool chance(double p) { return uniform() < p; }
    /// Standard normal cut at +-2 standard deviations: inverse distribution from a table made of
    /// IEEE additions, multiplications and divisions alone, so that it is the same everywhere.
    double truncated_normal();

    /// Fisher-Yates, independent of the standard library's distributions.
    template <class T>
    void shuffle(std::span<T> items) {
        for (size_t i = items.size(); i > 1; --i)
            std::swap(items[i - 1], items[below(i)]);
    }

    const State& state() const { return state_; }

  private:
    State state_;
};

}  // namespace permloom
