#include <array>
#include <string>

#include "compiler/base/error.h"
#include "compiler/perm/lehmer.h"
#include "compiler/perm/lehmer_kernels.h"

namespace permloom {
namespace {

void check_digits(std::span<const int32_t> digits) {
    const auto n = static_cast<int32_t>(digits.size());
    bool in_range = true;
    for (int32_t r = 0; r < n; ++r)
        in_range &=
            static_cast<uint32_t>(digits[static_cast<size_t>(r)]) < static_cast<uint32_t>(n - r);
    if (in_range) return;
    for (int32_t r = 0; r < n; ++r) {
        const int32_t digit = digits[static_cast<size_t>(r)];
        if (digit < 0 || digit > n - 1 - r)
            throw Error("lehmer code", "digit " + std::to_string(r) + " is " +
                                           std::to_string(digit) + ", outside 0.." +
                                           std::to_string(n - 1 - r));
    }
}

void check_ranked_size(int n) {
    if (n < 0 || n > MAX_RANKED)
        throw Error("rank", "permutations of " + std::to_string(n) + " entries have no 64-bit rank",
                    "at most " + std::to_string(MAX_RANKED) + " entries have");
}

uint64_t factorial(int n) {
    uint64_t product = 1;
    for (int i = 2; i <= n; ++i)
        product *= static_cast<uint64_t>(i);
    return product;
}

}  // namespace

void lehmer_digits(const Permutation& p, std::span<int32_t> digits) {
    PERMLOOM_ASSERT(digits.size() == p.values().size());
    lehmer_encode(p.values(), digits);
}

std::vector<int32_t> lehmer_digits(const Permutation& p) {
    std::vector<int32_t> digits(p.values().size());
    lehmer_digits(p, digits);
    return digits;
}

void from_lehmer_digits(std::span<const int32_t> digits, std::span<int32_t> values) {
    PERMLOOM_ASSERT(digits.size() == values.size());
    check_digits(digits);
    lehmer_decode(digits, values);
}

Permutation from_lehmer_digits(std::span<const int32_t> digits) {
    std::vector<int32_t> values(digits.size());
    from_lehmer_digits(digits, values);
    return Permutation(std::move(values));
}

uint64_t rank_of(const Permutation& p) {
    check_ranked_size(p.size());
    std::array<int32_t, MAX_RANKED> digits{};
    lehmer_digits(p, std::span(digits).first(p.values().size()));
    uint64_t rank = 0;
    for (int r = 0; r < p.size(); ++r)
        rank = rank * static_cast<uint64_t>(p.size() - r) +
               static_cast<uint64_t>(digits[static_cast<size_t>(r)]);
    return rank;
}

Permutation unrank(int n, uint64_t rank) {
    check_ranked_size(n);
    if (rank >= factorial(n))
        throw Error("rank", std::to_string(rank) + " is outside 0.." +
                                std::to_string(factorial(n) - 1) + ", the ranks of " +
                                std::to_string(n) + " entries");
    std::vector<int32_t> digits(static_cast<size_t>(n));
    for (int r = n - 1; r >= 0; --r) {
        const auto radix = static_cast<uint64_t>(n - r);
        digits[static_cast<size_t>(r)] = static_cast<int32_t>(rank % radix);
        rank /= radix;
    }
    return from_lehmer_digits(digits);
}

}  // namespace permloom
