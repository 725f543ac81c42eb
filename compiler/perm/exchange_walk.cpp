#include "compiler/perm/exchange_kernels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <type_traits>

// Vectors of a size that is only known at run time cannot hold whole leaves, and nothing here gains
// from what came after AVX2.
#define HWY_DISABLED_TARGETS \
    (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_AVX3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compiler/perm/exchange_walk.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace permloom::exchange {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The walk through one block. It takes as many steps as the block has pairs, however they fall
/// into loops. In large blocks it goes both ways from where a loop began, in turns: two chains of
/// loads that miss the caches instead of one.
template <class From, class To>
struct Walk {
    static constexpr bool SMALL = std::is_same_v<From, SmallBlocks>;

    const typename From::Index* wanted;
    typename To::Index* upper;
    typename To::Index* lower;
    size_t output;  ///< the next to go up
    size_t start;   ///< the last one before it in the loop that has no half yet, going backward
    int pairs;
    uint64_t unset;                            ///< small: a bit for every pair; large: none below
    uint64_t second_half = 0, first_half = 0;  ///< small: the switches
    uint8_t* switches = nullptr;               ///< large: those of the block

    Walk(const LevelShape& shape, From& from, To& to, int block) {
        const int blocks = 1 << shape.level;  // of one permutation
        const int item = block >> shape.level, residue = block & (blocks - 1);
        const int size = shape.size + (residue < shape.larger ? 1 : 0);
        pairs = (size + 1) / 2;
        wanted = from.block(static_cast<size_t>(block));
        upper = to.block(static_cast<size_t>(item * shape.next_blocks + residue));
        lower = to.block(static_cast<size_t>(item * shape.next_blocks + blocks + residue));
        // Forced: the last line of an odd block has no switch, the first switch of an even block is
        // not there in an AS-Waksman network.
        start = output = static_cast<size_t>(size % 2 == 1 ? size - 1 : 0);
        if constexpr (SMALL) {
            unset = ~uint64_t{0} >> (64 - pairs);
        } else {
            unset = 0;
            switches = from.switches(static_cast<size_t>(item)) + 2 * residue;
        }
    }

    /// One output up, one down.
    template <bool BACKWARD>
    HWY_INLINE void step(int level) {
        if constexpr (SMALL) {
            const size_t input = wanted[From::wanted_at(output)], pair = output / 2;
            const size_t lower_output = wanted[From::goes_to_at(input ^ 1)];
            pass_on(output, input, lower_output);
            second_half |= uint64_t{output & 1} << pair;
            first_half |= uint64_t{input & 1} << (input / 2);
            // Whether the loop is closed is a coin toss in small blocks: no branch.
            unset &= ~(uint64_t{1} << pair);
            output = lower_output ^ 1;
            const auto fresh = static_cast<size_t>(2 * std::countr_zero(unset));
            const bool closed = output == start;
            output = closed ? fresh : output;
            start = closed ? fresh : start;
        } else {
            size_t up = output, input, down;
            if constexpr (BACKWARD) {
                down = start ^ 1;
                input = wanted[From::wanted_at(down)] ^ size_t { 1 };
                up = start = wanted[From::goes_to_at(input)];
            } else {
                input = wanted[From::wanted_at(up)];
                down = wanted[From::goes_to_at(input ^ 1)];
                output = down ^ 1;
            }
            pass_on(up, input, down);
            switches[2 * (up / 2) << level] = static_cast<uint8_t>(up & 1);
            switches[(2 * (input / 2) << level) + 1] = static_cast<uint8_t>(input & 1);
            if (output == start) [[unlikely]] {
                while (switches[2 * unset << level] != UNSET)
                    ++unset;
                output = start = 2 * unset;
            }
        }
    }

    /// `up` takes `input` to the upper half, `down` the input's partner to the lower half.
    HWY_INLINE void pass_on(size_t up, size_t input, size_t down) {
        using Out = typename To::Index;
        const size_t input_pair = input / 2, up_pair = up / 2, down_pair = down / 2;
        upper[To::wanted_at(up_pair)] = static_cast<Out>(input_pair);
        upper[To::goes_to_at(input_pair)] = static_cast<Out>(up_pair);
        lower[To::wanted_at(down_pair)] = static_cast<Out>(input_pair);
        lower[To::goes_to_at(input_pair)] = static_cast<Out>(down_pair);
    }
};

/// COUNT walks in turns, so that their chains of loads wait together; nested so that the compiler
/// keeps each in registers.
template <int COUNT, class From, class To>
struct Turns {
    Walk<From, To> walk;
    Turns<COUNT - 1, From, To> others;

    Turns(const LevelShape& shape, From& from, To& to, int block)
        : walk(shape, from, to, block), others(shape, from, to, block + 1) {}

    int fewest_pairs() const { return std::min(walk.pairs, others.fewest_pairs()); }
    template <bool BACKWARD>
    HWY_INLINE void step(int level) {
        walk.template step<BACKWARD>(level);
        others.template step<BACKWARD>(level);
    }
    HWY_INLINE void finish(int done, int level) {
        for (int step = done; step < walk.pairs; ++step)
            walk.template step<false>(level);
        others.finish(done, level);
    }
    HWY_INLINE void store(SmallBlocks& blocks, int block) const {
        blocks.second_half[static_cast<size_t>(block)] = walk.second_half;
        blocks.first_half[static_cast<size_t>(block)] = walk.first_half;
        others.store(blocks, block + 1);
    }
};
template <class From, class To>
struct Turns<0, From, To> {
    Turns(const LevelShape&, From&, To&, int) {}
    static int fewest_pairs() { return std::numeric_limits<int>::max(); }
    template <bool BACKWARD>
    HWY_INLINE static void step(int) {}
    HWY_INLINE static void finish(int, int) {}
    HWY_INLINE static void store(SmallBlocks&, int) {}
};

/// Walks the blocks from `block` on, COUNT at a time as long as there are as many.
template <int COUNT, class From, class To>
void walk_blocks(const LevelShape& shape, From& from, To& to, int block) {
    constexpr bool SMALL = std::is_same_v<From, SmallBlocks>;
    const int level = shape.level;
    for (; block + COUNT <= shape.blocks; block += COUNT) {
        Turns<COUNT, From, To> turns(shape, from, to, block);
        const int steps = turns.fewest_pairs();
        for (int step = 1; step < steps; step += 2) {
            turns.template step<false>(level);
            turns.template step<true>(level);
        }
        turns.finish(steps / 2 * 2, level);
        if constexpr (SMALL) turns.store(from, block);
    }
    if constexpr (COUNT > 1) walk_blocks<COUNT / 2>(shape, from, to, block);
}

/// More would not fit the registers.
constexpr int BLOCKS_IN_TURNS = 2;
/// Where blocks are larger than the caches there is more to wait for than to compute.
constexpr int LARGEST_IN_TURNS = 8;

template <class From>
constexpr int in_turns() {
    return sizeof(typename From::Index) == 4 ? LARGEST_IN_TURNS : BLOCKS_IN_TURNS;
}

#if HWY_TARGET == HWY_SCALAR

void unzip_switches_on(const uint8_t* bytes, size_t count, uint8_t* second_half,
                       uint8_t* first_half) {
    for (size_t at = 0; at < count; at += 8) {
        unsigned second = 0, first = 0;
        for (size_t i = 0; i < 8; ++i) {
            second |= static_cast<unsigned>(bytes[2 * (at + i)] == 1) << i;
            first |= static_cast<unsigned>(bytes[2 * (at + i) + 1] == 1) << i;
        }
        second_half[at / 8] = static_cast<uint8_t>(second);
        first_half[at / 8] = static_cast<uint8_t>(first);
    }
}

#else

void unzip_switches_on(const uint8_t* bytes, size_t count, uint8_t* second_half,
                       uint8_t* first_half) {
    const hn::FixedTag<int8_t, LEAF_LINES> d;
    const auto ordered = hn::Load(d, EVEN_THEN_ODD);
    for (size_t at = 0; at < count; at += 8) {
        const auto eight = hn::LoadU(d, reinterpret_cast<const int8_t*>(bytes + 2 * at));
        uint8_t bits[8];
        hn::StoreMaskBits(d, hn::Eq(hn::TableLookupBytes(eight, ordered), hn::Set(d, 1)), bits);
        second_half[at / 8] = bits[0];
        first_half[at / 8] = bits[1];
    }
}

// Blocks of up to 32 lines, the last level above the leaves: one block at a time, its lines in two
// vectors of 16 bytes.
using Half = hn::FixedTag<uint8_t, LEAF_LINES>;
using HalfVector = hn::Vec<Half>;
struct Pair {
    HalfVector low, high;
};

/// What looks up 32 bytes: `low` for the first 16, `high` for the others; each is out of range,
/// which gives 0, where the other is not.
HWY_INLINE Pair indices_of(HalfVector index) {
    const Half d;
    return {hn::SaturatedAdd(index, hn::Set(d, 0x70)), hn::Sub(index, hn::Set(d, 16))};
}
HWY_INLINE HalfVector look_up(Pair table, Pair indices) {
    return hn::Or(hn::TableLookupBytesOr0(table.low, indices.low),
                  hn::TableLookupBytesOr0(table.high, indices.high));
}
HWY_INLINE HalfVector look_up(Pair table, HalfVector index) {
    return look_up(table, indices_of(index));
}
/// Bytes below 64 divided by two.
HWY_INLINE HalfVector halve(HalfVector numbers) {
    const Half d;
    const hn::Repartition<uint16_t, Half> wide;
    const HalfVector even = hn::And(numbers, hn::Set(d, 0xfe));
    return hn::BitCast(d, hn::ShiftRight<1>(hn::BitCast(wide, even)));
}

/// Start labels of a block of `size` lines: the lines in the order in which a walk starts its
/// loops, the last pair of an odd block first.
struct PairLabels {
    explicit PairLabels(int size) {
        for (int line = 0; line < 2 * LEAF_LINES; ++line) {
            const bool odd = size % 2 == 1 && line <= size;
            bytes[line] = static_cast<uint8_t>(!odd              ? line
                                               : line < size - 1 ? line + 2
                                                                 : line - (size - 1));
        }
    }
    alignas(16) uint8_t bytes[2 * LEAF_LINES];
};

void split_pairs_of_leaves(const LevelShape& shape, SmallBlocks& from, Leaves& to) {
    const Half d;
    alignas(16) static constexpr uint8_t PARTNER[LEAF_LINES] = {1, 0, 3,  2,  5,  4,  7,  6,
                                                                9, 8, 11, 10, 13, 12, 15, 14};
    // The even line of pair k, and where it stands in the low and in the high vector.
    alignas(16) static constexpr uint8_t EVEN_LINE[LEAF_LINES] = {0,  2,  4,  6,  8,  10, 12, 14,
                                                                  16, 18, 20, 22, 24, 26, 28, 30};
    const PairLabels labels[2] = {PairLabels(shape.size), PairLabels(shape.size + 1)};
    const HalfVector one = hn::Set(d, 1), partner = hn::Load(d, PARTNER);
    const HalfVector even_line = hn::Load(d, EVEN_LINE);
    const Pair even_indices = indices_of(even_line);
    const HalfVector ordered =
        hn::BitCast(d, hn::LoadDup128(hn::FixedTag<int8_t, LEAF_LINES>(), EVEN_THEN_ODD));
    const auto odd_mask =
        hn::MaskFromVec(hn::VecFromMask(d, hn::Eq(hn::And(partner, one), hn::Zero(d))));
    const int blocks = 1 << shape.level;
    for (int block = 0; block < shape.blocks; ++block) {
        const int item = block >> shape.level, residue = block & (blocks - 1);
        const uint8_t* numbers = from.block(static_cast<size_t>(block));
        const Pair wanted = {hn::LoadU(d, numbers), hn::LoadU(d, numbers + LEAF_LINES)};
        const uint8_t* inverse = numbers + SmallBlocks::goes_to_at(0);
        const Pair goes_to = {hn::LoadU(d, inverse), hn::LoadU(d, inverse + LEAF_LINES)};

        Pair next = {hn::Xor(look_up(goes_to, hn::Xor(wanted.low, one)), one),
                     hn::Xor(look_up(goes_to, hn::Xor(wanted.high, one)), one)};
        const uint8_t* start = labels[residue < shape.larger ? 1 : 0].bytes;
        Pair label = {hn::Load(d, start), hn::Load(d, start + LEAF_LINES)};
        for (int reach = 1; reach < LEAF_LINES; reach *= 2) {
            const Pair low = indices_of(next.low), high = indices_of(next.high);
            label = {hn::Min(label.low, look_up(label, low)),
                     hn::Min(label.high, look_up(label, high))};
            if (2 * reach < LEAF_LINES) next = {look_up(next, low), look_up(next, high)};
        }
        const auto goes_up = [&](HalfVector own) {
            return hn::VecFromMask(d, hn::Lt(own, hn::TableLookupBytes(own, partner)));
        };
        const Pair up = {goes_up(label.low), goes_up(label.high)};
        const Pair in_up = {look_up(up, goes_to.low), look_up(up, goes_to.high)};

        const auto masks = [&](HalfVector out, HalfVector in) {
            const HalfVector set = hn::IfThenElse(odd_mask, in, hn::Not(out));
            uint8_t bits[8] = {};
            hn::StoreMaskBits(d, hn::MaskFromVec(hn::TableLookupBytes(set, ordered)), bits);
            return std::array<uint64_t, 2>{bits[0], bits[1]};
        };
        const auto low = masks(up.low, in_up.low), high = masks(up.high, in_up.high);
        from.second_half[static_cast<size_t>(block)] = low[0] | high[0] << 8;
        from.first_half[static_cast<size_t>(block)] = low[1] | high[1] << 8;

        // Line k of the upper half is the line of pair k that goes up; inside a half, lines have
        // the numbers of their pairs.
        uint8_t* upper = to.block(static_cast<size_t>(item * shape.next_blocks + residue));
        uint8_t* lower = to.block(static_cast<size_t>(item * shape.next_blocks + blocks + residue));
        const auto pass_on = [&](Pair lines, Pair which, size_t at) {
            const HalfVector even_up = look_up(which, even_indices);
            const HalfVector upper_line = hn::Or(even_line, hn::AndNot(even_up, one));
            const HalfVector lower_line = hn::Or(even_line, hn::And(even_up, one));
            hn::StoreU(halve(look_up(lines, upper_line)), d, upper + at);
            hn::StoreU(halve(look_up(lines, lower_line)), d, lower + at);
        };
        pass_on(wanted, up, Leaves::wanted_at(0));
        pass_on(goes_to, in_up, Leaves::goes_to_at(0));
    }
}

#endif

void walk_level_on(const LevelShape& shape, Blocks& from, Blocks* to, Leaves& leaves) {
    std::visit(
        [&](auto& here) {
            if constexpr (!std::is_same_v<decltype(here), SmallBlocks&>) here.reset_switches();
#if HWY_TARGET != HWY_SCALAR
            if constexpr (std::is_same_v<decltype(here), SmallBlocks&>)
                if (to == nullptr) return split_pairs_of_leaves(shape, here, leaves);
#endif
            if (to == nullptr)
                return walk_blocks<in_turns<std::decay_t<decltype(here)>>()>(shape, here, leaves,
                                                                             0);
            std::visit(
                [&](auto& next) {
                    walk_blocks<in_turns<std::decay_t<decltype(here)>>()>(shape, here, next, 0);
                },
                *to);
        },
        from);
}

}  // namespace HWY_NAMESPACE
}  // namespace permloom::exchange
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace permloom::exchange {

HWY_EXPORT(walk_level_on);
HWY_EXPORT(unzip_switches_on);

void walk_level(const LevelShape& shape, Blocks& from, Blocks* to, Leaves& leaves) {
    HWY_DYNAMIC_DISPATCH(walk_level_on)(shape, from, to, leaves);
}

void unzip_switches(const uint8_t* bytes, size_t count, uint8_t* second_half, uint8_t* first_half) {
    HWY_DYNAMIC_DISPATCH(unzip_switches_on)(bytes, count, second_half, first_half);
}

}  // namespace permloom::exchange
#endif
