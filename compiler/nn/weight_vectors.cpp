#include "compiler/nn/weight_vectors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "compiler/base/error.h"

namespace permloom {
namespace {

constexpr int DIGIT_BITS = 8;
constexpr size_t DIGITS = size_t{1} << DIGIT_BITS;

/// An integer that orders as the value does; -0 and +0 are equal.
uint32_t ordered_key(float value) {
    const auto bits = std::bit_cast<uint32_t>(value + 0.0F);
    return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

}  // namespace

// Radix sort, least significant digit first: stable, and several times faster than comparing.
void Ranker::rank(std::span<const float> weights, std::span<int32_t> source) {
    PERMLOOM_ASSERT(source.size() == weights.size());
    const size_t n = weights.size();
    keys_.resize(n);
    other_keys_.resize(n);
    other_.resize(n);
    std::array<std::array<uint32_t, DIGITS>, 32 / DIGIT_BITS> counts{};
    for (size_t i = 0; i < n; ++i) {
        const uint32_t key = ordered_key(weights[i]);
        keys_[i] = key;
        for (size_t pass = 0; pass < counts.size(); ++pass)
            ++counts[pass][(key >> (pass * DIGIT_BITS)) & (DIGITS - 1)];
    }
    std::iota(source.begin(), source.end(), 0);

    uint32_t *from_keys = keys_.data(), *to_keys = other_keys_.data();
    int32_t *from = source.data(), *to = other_.data();
    for (size_t pass = 0; pass < counts.size(); ++pass) {
        const size_t shift = pass * DIGIT_BITS;
        auto& position = counts[pass];
        if (n == 0 || position[(from_keys[0] >> shift) & (DIGITS - 1)] == n) continue;
        uint32_t sum = 0;
        for (uint32_t& entry : position)
            sum += std::exchange(entry, sum);
        for (size_t i = 0; i < n; ++i) {
            const uint32_t place = position[(from_keys[i] >> shift) & (DIGITS - 1)]++;
            to_keys[place] = from_keys[i];
            to[place] = from[i];
        }
        std::swap(from_keys, to_keys);
        std::swap(from, to);
    }
    if (from != source.data()) std::copy_n(from, n, source.data());
}

void scatter(std::span<const int32_t> source, std::span<const float> profile,
             std::span<float> weights) {
    for (size_t r = 0; r < source.size(); ++r)
        weights[static_cast<size_t>(source[r])] = profile[r];
}

void make_canonical(std::span<const float> profile, std::span<int32_t> source) {
    for (size_t begin = 0; begin < profile.size();) {
        size_t end = begin + 1;
        while (end < profile.size() && profile[end] == profile[begin])
            ++end;
        std::sort(source.begin() + static_cast<std::ptrdiff_t>(begin),
                  source.begin() + static_cast<std::ptrdiff_t>(end));
        begin = end;
    }
}

}  // namespace permloom
