// The values still present are a bitset of 64 a word, with the number of values present before each
// word beside it. Up to n = 1024 these are 16 lanes of 16 bits, one vector:
//
//   encode   digit = before[w] + popcount(word[w] below the bit); lanes behind w go down by one
//   decode   w = the last lane with before <= digit, then select in the word; taking the value is
//            before += (before > digit), as a comparison gives -1: the chain from digit to digit is
//            two instructions long
//
// Above that a RankTree counts the words.
//
// Highway compiles this file once for each instruction set and picks one at run time.

#include "compiler/perm/lehmer_kernels.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "compiler/perm/rank_tree.h"

// Vectors of a size that is only known at run time cannot be members or kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compiler/perm/lehmer_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace permloom::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Bit number of the set bit of `word` with `rank` set bits below it.
HWY_INLINE int select_bit(uint64_t word, int rank) {
#if HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2
    return static_cast<int>(_tzcnt_u64(_pdep_u64(uint64_t{1} << rank, word)));
#else
    // Set bits of each byte and all below it (S. Vigna, "Broadword implementation of rank/select
    // queries", 2008); the byte is the first with more than `rank` of them.
    constexpr uint64_t ONES = 0x0101010101010101;
    uint64_t sums = word - ((word >> 1) & 0x5555555555555555);
    sums = (sums & 0x3333333333333333) + ((sums >> 2) & 0x3333333333333333);
    sums = ((sums + (sums >> 4)) & 0x0f0f0f0f0f0f0f0f) * ONES;
    const uint64_t enough =
        ((sums | 0x8080808080808080) - (static_cast<uint64_t>(rank) + 1) * ONES) &
        0x8080808080808080;
    const int shift = std::countr_zero(enough) & ~7;
    rank -= static_cast<int>((sums << 8) >> shift & 0xff);
    uint64_t byte = word >> shift;
    for (; rank > 0; --rank)
        byte &= byte - 1;
    return shift + std::countr_zero(byte);
#endif
}

// The scalar target has no vectors: it uses the tree for every n.
#if HWY_TARGET != HWY_SCALAR

/// Largest n for 16 words.
constexpr size_t SMALL = 1024;

#if HWY_MAX_BYTES >= 32
using Tag = hn::FixedTag<int16_t, 16>;
constexpr int PARTS = 1;
#else
using Tag = hn::FixedTag<int16_t, 8>;
constexpr int PARTS = 2;
#endif
constexpr int PART_LANES = 16 / PARTS;

/// Bit set and counts of all of 0..n-1, n <= SMALL.
struct Present {
    explicit HWY_INLINE Present(int n) {
        for (int w = 0; w < 16; ++w) {
            const int left = std::clamp(n - 64 * w, 0, 64);
            words[w] = left == 0 ? 0 : ~uint64_t{0} >> (64 - left);
            before[w] = static_cast<int16_t>(std::min(n, 64 * w));
        }
    }
    alignas(32) int16_t before[16];
    uint64_t words[16];
};

/// Row w is -1 in the lanes behind w.
struct BehindTable {
    constexpr BehindTable() {
        for (int w = 0; w < 16; ++w)
            for (int j = 0; j < 16; ++j)
                lanes[w][j] = j > w ? -1 : 0;
    }
    alignas(32) int16_t lanes[16][16]{};
};

void encode_small(const int32_t* permutation, int n, int32_t* digits) {
    static constexpr BehindTable BEHIND;
    const Tag tag;
    Present present(n);
    hn::Vec<Tag> before[PARTS];
    for (int part = 0; part < PARTS; ++part)
        before[part] = hn::Load(tag, present.before + part * PART_LANES);
    for (int r = 0; r < n; ++r) {
        const auto value = static_cast<uint32_t>(permutation[r]);
        const uint32_t w = value / 64;
        const uint64_t bit = uint64_t{1} << (value % 64);
        digits[r] = present.before[w] + std::popcount(present.words[w] & (bit - 1));
        present.words[w] ^= bit;
        for (int part = 0; part < PARTS; ++part) {
            before[part] =
                hn::Add(before[part], hn::Load(tag, BEHIND.lanes[w] + part * PART_LANES));
            hn::Store(before[part], tag, present.before + part * PART_LANES);
        }
    }
}

void decode_small(const int32_t* digits, int n, int32_t* permutation) {
    const Tag tag;
    const hn::Repartition<uint8_t, Tag> bytes;
    Present present(n);
    hn::Vec<Tag> before[PARTS];
    for (int part = 0; part < PARTS; ++part)
        before[part] = hn::Load(tag, present.before + part * PART_LANES);
    for (int r = 0; r < n; ++r) {
        const int32_t digit = digits[r];
        const auto limit = hn::Set(tag, static_cast<int16_t>(digit));
        size_t above_bytes = 0;
        hn::Vec<Tag> above[PARTS];
        for (int part = 0; part < PARTS; ++part) {
            above[part] = hn::VecFromMask(tag, hn::Gt(before[part], limit));
            // Counting bytes of the mask is one instruction less than counting lanes.
            above_bytes += hn::CountTrue(bytes, hn::MaskFromVec(hn::BitCast(bytes, above[part])));
        }
        const size_t w = 15 - above_bytes / 2;
        const int bit = select_bit(present.words[w], digit - present.before[w]);
        present.words[w] ^= uint64_t{1} << bit;
        permutation[r] = static_cast<int32_t>(w) * 64 + bit;
        for (int part = 0; part < PARTS; ++part) {
            before[part] = hn::Add(before[part], above[part]);
            hn::Store(before[part], tag, present.before + part * PART_LANES);
        }
    }
}

#endif  // HWY_TARGET != HWY_SCALAR

/// Any n: the words' counts in a tree. One a thread, so that no call allocates once it is large
/// enough.
struct LargePresent {
    void reset(size_t n) {
        const size_t full = n / 64, rest = n % 64;
        words.assign(full, ~uint64_t{0});
        counts.assign(full, 64);
        if (rest > 0) {
            words.push_back(~uint64_t{0} >> (64 - rest));
            counts.push_back(static_cast<int32_t>(rest));
        }
        tree.reset(counts);
    }
    std::vector<uint64_t> words;
    std::vector<int32_t> counts;
    RankTree tree;
};

void encode_large(const int32_t* permutation, size_t n, int32_t* digits) {
    thread_local LargePresent present;
    present.reset(n);
    for (size_t r = 0; r < n; ++r) {
        const auto value = static_cast<uint32_t>(permutation[r]);
        uint64_t& word = present.words[value / 64];
        const uint64_t bit = uint64_t{1} << (value % 64);
        digits[r] = present.tree.before(value / 64) + std::popcount(word & (bit - 1));
        word ^= bit;
        present.tree.take(value / 64);
    }
}

void decode_large(const int32_t* digits, size_t n, int32_t* permutation) {
    thread_local LargePresent present;
    present.reset(n);
    for (size_t r = 0; r < n; ++r) {
        const int32_t digit = digits[r];
        const RankTree::Found found = present.tree.find(digit);
        uint64_t& word = present.words[found.item];
        const int bit = select_bit(word, digit - found.before);
        word ^= uint64_t{1} << bit;
        permutation[r] = static_cast<int32_t>(found.item) * 64 + bit;
        present.tree.take(found.item);
    }
}

void encode(const int32_t* permutation, size_t n, int32_t* digits) {
#if HWY_TARGET != HWY_SCALAR
    if (n <= SMALL) return encode_small(permutation, static_cast<int>(n), digits);
#endif
    encode_large(permutation, n, digits);
}

void decode(const int32_t* digits, size_t n, int32_t* permutation) {
#if HWY_TARGET != HWY_SCALAR
    if (n <= SMALL) return decode_small(digits, static_cast<int>(n), permutation);
#endif
    decode_large(digits, n, permutation);
}

}  // namespace permloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace permloom {

HWY_EXPORT(encode);
HWY_EXPORT(decode);

void lehmer_encode(std::span<const int32_t> permutation, std::span<int32_t> digits) {
    HWY_DYNAMIC_DISPATCH(encode)(permutation.data(), permutation.size(), digits.data());
}

void lehmer_decode(std::span<const int32_t> digits, std::span<int32_t> permutation) {
    HWY_DYNAMIC_DISPATCH(decode)(digits.data(), digits.size(), permutation.data());
}

}  // namespace permloom
#endif  // HWY_ONCE
