#include "compiler/base/rng.h"

#include "compiler/base/error.h"

namespace permloom {
namespace {

uint64_t splitmix64(uint64_t& x) {
    uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

constexpr uint64_t rotate_left(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

/// integral of exp(-t^2/2) from 0 to x, by its Taylor series; |x| <= 2.
constexpr double gauss_integral(double x) {
    double term = x, sum = x;
    for (int k = 1; k < 40; ++k) {
        term *= -x * x / (2.0 * k);
        sum += term / (2.0 * k + 1.0);
    }
    return sum;
}

/// QUANTILES[i] is the quantile of the cut normal at 0.5 + i / (2 * STEPS), i = 0..STEPS.
constexpr int STEPS = 4096;
struct QuantileTable {
    std::array<double, STEPS + 1> at{};
    QuantileTable() {
        const double total = gauss_integral(2.0);
        for (int i = 0; i <= STEPS; ++i) {
            const double target = total * i / STEPS;
            double low = 0.0, high = 2.0;
            for (int step = 0; step < 60; ++step) {
                const double middle = 0.5 * (low + high);
                (gauss_integral(middle) < target ? low : high) = middle;
            }
            at[static_cast<size_t>(i)] = 0.5 * (low + high);
        }
    }
};

}  // namespace

Rng::Rng(uint64_t seed, uint64_t stream) {
    uint64_t x = seed;
    x = splitmix64(x) ^ (stream * 0xd1342543de82ef95ULL);
    for (uint64_t& word : state_)
        word = splitmix64(x);
}

uint64_t Rng::next() {
    const uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate_left(state_[3], 45);
    return result;
}

double Rng::uniform() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

uint64_t Rng::below(uint64_t bound) {
    PERMLOOM_ASSERT(bound > 0);
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(next()) * bound;
    if (static_cast<uint64_t>(product) < bound) {
        const uint64_t threshold = (0 - bound) % bound;
        while (static_cast<uint64_t>(product) < threshold)
            product = static_cast<Wide>(next()) * bound;
    }
    return static_cast<uint64_t>(product >> 64);
}

double Rng::truncated_normal() {
    static const QuantileTable table;
    const double u = 2.0 * uniform() - 1.0;
    const double position = (u < 0 ? -u : u) * STEPS;
    const auto index = static_cast<size_t>(position) < STEPS ? static_cast<size_t>(position)
                                                             : static_cast<size_t>(STEPS - 1);
    const double fraction = position - static_cast<double>(index);
    const double value = table.at[index] + fraction * (table.at[index + 1] - table.at[index]);
    return u < 0 ? -value : value;
}

}  // namespace permloom
