#include "compiler/nn/weight_vectors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "compiler/base/error.h"

namespace permloom {
namespace {

constexpr int DIGIT_BITS = 8;
constexpr size_t DIGITS = size_t{1} << DIGIT_BITS;

/// An integer that orders as the value does; -0 and +0 are equal. NaNs lie beyond the infinities.
uint32_t ordered_key(float value) {
    const auto bits = std::bit_cast<uint32_t>(value + 0.0F);
    return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

float value_of_key(uint32_t key) {
    return std::bit_cast<float>((key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key);
}

size_t digit(uint64_t digits, size_t pass) {
    return static_cast<size_t>(digits >> (pass * DIGIT_BITS)) & (DIGITS - 1);
}

/// Stable radix sort by the PASSES digits from bit `shift` up; `spare` has room for all items.
template <size_t PASSES>
void sort_by_digits(uint64_t* items, size_t n, int shift, uint64_t* spare) {
    static_assert(PASSES % 2 == 0, "the last pass moves the items back from `spare`");
    // First how many items have each digit, then where the next of them goes. The passes lie
    // together so that their sums are formed side by side.
    std::array<std::array<uint32_t, PASSES>, DIGITS> places{};
    for (size_t i = 0; i < n; ++i)
        for (size_t pass = 0; pass < PASSES; ++pass)
            ++places[digit(items[i] >> shift, pass)][pass];
    std::array<uint32_t, PASSES> sums{};
    for (auto& entry : places)
        for (size_t pass = 0; pass < PASSES; ++pass)
            sums[pass] += std::exchange(entry[pass], sums[pass]);
    for (size_t pass = 0; pass < PASSES; ++pass) {
        for (size_t i = 0; i < n; ++i)
            spare[places[digit(items[i] >> shift, pass)][pass]++] = items[i];
        std::swap(items, spare);
    }
}

/// Insertion sort. Returns false, unfinished, when the items are too far from sorted for it.
bool sort_nearly_sorted(uint64_t* items, size_t n) {
    size_t moves_left = n / 2 + 32;
    for (size_t i = 1; i < n; ++i) {
        const uint64_t item = items[i];
        if (items[i - 1] <= item) continue;
        size_t place = i;
        do {
            items[place] = items[place - 1];
            --place;
        } while (place > 0 && items[place - 1] > item);
        items[place] = item;
        if (i - place > moves_left) return false;
        moves_left -= i - place;
    }
    return true;
}

}  // namespace

// Weights are spread well enough over their range that two radix passes over 2^16 equal steps of it
// almost sort them. Where they are not, four passes over all bits of the values do; then the next
// vectors, mostly rows of the same layer, will be no better.
void Ranker::rank(std::span<const float> weights, std::span<int32_t> source) {
    constexpr int CALLS_WITHOUT_LEVELS = 31;
    PERMLOOM_ASSERT(source.size() == weights.size());
    if (items_.size() < weights.size()) {
        items_.resize(weights.size());
        spare_.resize(weights.size());
    }
    if (skip_levels_ > 0) {
        --skip_levels_;
    } else {
        if (rank_by_level(weights, source)) return;
        skip_levels_ = CALLS_WITHOUT_LEVELS;
    }
    rank_by_key(weights, source);
}

/// An item is, from the top: level (the step of the range that the weight lies in), key, index. The
/// level never decreases with the weight, so items order as the ranking does. Returns false,
/// `source` untouched, where levels do not help or do not exist: a range that is empty, infinite or
/// NaN.
bool Ranker::rank_by_level(std::span<const float> weights, std::span<int32_t> source) {
    constexpr int INDEX_BITS = 16, KEY_BITS = 32;
    constexpr float HIGHEST_LEVEL = DIGITS * DIGITS - 1;
    const size_t n = weights.size();
    if (n > size_t{1} << INDEX_BITS) return false;
    uint32_t least = ~uint32_t{0}, greatest = 0;
    for (const float weight : weights) {
        const uint32_t key = ordered_key(weight);
        least = std::min(least, key);
        greatest = std::max(greatest, key);
    }
    const float low = value_of_key(least);
    const float scale = HIGHEST_LEVEL / (value_of_key(greatest) - low);
    if (!(scale > 0.0F && scale <= std::numeric_limits<float>::max())) return false;

    for (size_t i = 0; i < n; ++i) {
        const auto level = static_cast<int32_t>((weights[i] - low) * scale);
        items_[i] = static_cast<uint64_t>(level) << (INDEX_BITS + KEY_BITS) |
                    static_cast<uint64_t>(ordered_key(weights[i])) << INDEX_BITS | i;
    }
    sort_by_digits<2>(items_.data(), n, INDEX_BITS + KEY_BITS, spare_.data());
    if (!sort_nearly_sorted(items_.data(), n)) return false;
    for (size_t r = 0; r < n; ++r)
        source[r] = static_cast<int32_t>(items_[r] & ((1U << INDEX_BITS) - 1));
    return true;
}

/// An item is key, index.
void Ranker::rank_by_key(std::span<const float> weights, std::span<int32_t> source) {
    constexpr int INDEX_BITS = 32;
    const size_t n = weights.size();
    for (size_t i = 0; i < n; ++i)
        items_[i] = static_cast<uint64_t>(ordered_key(weights[i])) << INDEX_BITS | i;
    sort_by_digits<4>(items_.data(), n, INDEX_BITS, spare_.data());
    for (size_t r = 0; r < n; ++r)
        source[r] = static_cast<int32_t>(items_[r]);
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
