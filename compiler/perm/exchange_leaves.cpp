#include "compiler/perm/exchange_kernels.h"

#include <algorithm>
#include <array>

#include "compiler/base/error.h"

// Vectors of a size that is only known at run time cannot hold whole leaves, and nothing here gains
// from what came after AVX2.
#define HWY_DISABLED_TARGETS \
    (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_AVX3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compiler/perm/exchange_leaves.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace permloom::exchange {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The labels of one leaf: its part of those of its group.
const uint8_t* labels_of(const LeafShape& shape, int leaf, size_t depth) {
    const int group = leaf / LEAF_GROUP;
    const LeafLabels& labels = group < shape.mixed_group    ? shape.before
                               : group == shape.mixed_group ? shape.mixed
                                                            : shape.after;
    return labels[depth].data() + static_cast<size_t>(leaf % LEAF_GROUP) * LEAF_LINES;
}

#if HWY_TARGET == HWY_SCALAR

// No byte shuffles: the loops are walked, from the smallest labels on.
void route_leaves_on(const LeafShape& shape, const uint8_t* first, int leaves, uint8_t* crossed) {
    using Lines = std::array<uint8_t, LEAF_LINES>;
    std::fill(crossed, crossed + 2 * shape.levels * leaves, uint8_t{0});
    for (int leaf = 0; leaf < leaves; ++leaf) {
        const uint8_t* numbers = first +
                                 static_cast<size_t>(leaf / LEAF_GROUP) * 2 * Leaves::inverse() +
                                 static_cast<size_t>(leaf % LEAF_GROUP) * LEAF_LINES;
        Lines wanted, goes_to, next_wanted{}, next_goes_to{};
        std::copy_n(numbers, LEAF_LINES, wanted.begin());
        std::copy_n(numbers + Leaves::inverse(), LEAF_LINES, goes_to.begin());
        for (int depth = 0; depth + 1 < shape.levels; ++depth) {
            const int size = 1 << (shape.levels - depth);
            const uint8_t* labels = labels_of(shape, leaf, static_cast<size_t>(depth));
            uint8_t* second_half = crossed + 2 * depth * leaves + leaf;
            uint8_t* first_half = second_half + leaves;
            for (int base = 0; base < LEAF_LINES; base += size) {
                Lines with_label{};
                for (int line = base; line < base + size; ++line)
                    with_label[labels[line]] = static_cast<uint8_t>(line);
                unsigned set = 0;  // bit o: output o has its half
                for (int label = 0; label < size; ++label)
                    for (unsigned up = with_label[static_cast<size_t>(label)]; !(set >> up & 1U);) {
                        const unsigned input = wanted[up], down = goes_to[input ^ 1U];
                        const auto place = [&](unsigned line, bool lower) {
                            const auto local = static_cast<int>(line) - base;
                            return static_cast<uint8_t>(base + local / 2 + (lower ? size / 2 : 0));
                        };
                        if (up & 1U) *second_half |= static_cast<uint8_t>(1U << (up / 2));
                        if (input & 1U) *first_half |= static_cast<uint8_t>(1U << (input / 2));
                        next_wanted[place(up, false)] = place(input, false);
                        next_goes_to[place(input, false)] = place(up, false);
                        next_wanted[place(down, true)] = place(input ^ 1U, true);
                        next_goes_to[place(input ^ 1U, true)] = place(down, true);
                        set |= 1U << up | 1U << down;
                        up = down ^ 1U;
                    }
            }
            wanted = next_wanted;
            goes_to = next_goes_to;
        }
        for (unsigned line = 0; line < LEAF_LINES; line += 2)
            if (wanted[line] != line)
                crossed[2 * (shape.levels - 1) * leaves + leaf] |=
                    static_cast<uint8_t>(1U << (line / 2));
    }
}

#else

// Vectors of whole leaves; every 128-bit block holds one, and byte shuffles stay inside blocks.
using Bytes = hn::CappedTag<int8_t, LEAF_GROUP * LEAF_LINES>;
using Vector = hn::Vec<Bytes>;

/// Constants of one depth whose blocks have `size` lines: where lines go and come from.
struct DepthTables {
    alignas(16) int8_t upper_place[LEAF_LINES];  // of a line that goes up
    alignas(16) int8_t pair[LEAF_LINES];         // even line of the pair that a new place is from
    alignas(16) int8_t is_upper[LEAF_LINES];     // -1 where a new place is in an upper half
    int8_t half;

    constexpr explicit DepthTables(int size) : half(static_cast<int8_t>(size / 2)) {
        for (int x = 0; x < LEAF_LINES; ++x) {
            const int base = x / size * size, local = x % size;
            upper_place[x] = static_cast<int8_t>(base + local / 2);
            pair[x] = static_cast<int8_t>(base + 2 * (local % (size / 2)));
            is_upper[x] = local < size / 2 ? -1 : 0;
        }
    }
};

HWY_INLINE Vector shuffle(Vector table, Vector index) {
    return hn::TableLookupBytes(table, index);
}

/// Two masks a leaf: of its even lines to crossed[leaf], of its odd lines to crossed[leaves +
/// leaf].
HWY_INLINE void store_masks(Bytes d, Vector set, int leaves, uint8_t* crossed) {
    const Vector ordered = shuffle(set, hn::LoadDup128(d, EVEN_THEN_ODD));
    uint8_t bits[8] = {};
    hn::StoreMaskBits(d, hn::MaskFromVec(ordered), bits);
    for (size_t leaf = 0; leaf < hn::Lanes(d) / LEAF_LINES; ++leaf) {
        crossed[leaf] = bits[2 * leaf];
        crossed[static_cast<size_t>(leaves) + leaf] = bits[2 * leaf + 1];
    }
}

/// One depth of blocks of SIZE lines: decides who goes up, passes `wanted` and `goes_to` on to the
/// halves.
template <int SIZE>
HWY_INLINE void split(Bytes d, const uint8_t* labels, Vector& wanted, Vector& goes_to, int leaves,
                      uint8_t* crossed) {
    static constexpr DepthTables TABLES(SIZE);
    alignas(16) static constexpr int8_t EVEN[LEAF_LINES] = {-1, 0, -1, 0, -1, 0, -1, 0,
                                                            -1, 0, -1, 0, -1, 0, -1, 0};
    alignas(16) static constexpr int8_t PARTNER[LEAF_LINES] = {1, 0, 3,  2,  5,  4,  7,  6,
                                                               9, 8, 11, 10, 13, 12, 15, 14};
    const Vector one = hn::Set(d, 1);
    // The output that has to go up as well when this one does: its input's partner goes down.
    Vector next = hn::Xor(shuffle(goes_to, hn::Xor(wanted, one)), one);
    Vector label = hn::LoadU(d, reinterpret_cast<const int8_t*>(labels));
    for (int reach = 1; reach < SIZE / 2; reach *= 2) {
        label = hn::Min(label, shuffle(label, next));
        if (2 * reach < SIZE / 2) next = shuffle(next, next);
    }
    const Vector other = shuffle(label, hn::LoadDup128(d, PARTNER));
    const Vector up = hn::VecFromMask(d, hn::Lt(label, other));
    const Vector in_up = shuffle(up, goes_to);
    const Vector even = hn::LoadDup128(d, EVEN);
    store_masks(d, hn::IfVecThenElse(even, hn::Not(up), in_up), leaves, crossed);

    const Vector upper_place = hn::LoadDup128(d, TABLES.upper_place);
    const Vector pair = hn::LoadDup128(d, TABLES.pair);
    const Vector is_upper = hn::LoadDup128(d, TABLES.is_upper);
    const Vector half = hn::Set(d, TABLES.half);
    const Vector new_input = hn::Add(upper_place, hn::AndNot(in_up, half));
    const Vector new_output = hn::Add(upper_place, hn::AndNot(up, half));
    // Who stands at each new place: the even line of the pair or the odd one.
    const auto comes_from = [&](Vector goes_up) {
        return hn::Or(pair, hn::And(hn::Xor(shuffle(goes_up, pair), is_upper), one));
    };
    wanted = shuffle(new_input, shuffle(wanted, comes_from(up)));
    goes_to = shuffle(new_output, shuffle(goes_to, comes_from(in_up)));
}

void route_leaves_on(const LeafShape& shape, const uint8_t* first, int leaves, uint8_t* crossed) {
    const Bytes d;
    const int step = static_cast<int>(hn::Lanes(d)) / LEAF_LINES;
    alignas(16) static constexpr int8_t SAME[LEAF_LINES] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                            8, 9, 10, 11, 12, 13, 14, 15};
    for (int leaf = 0; leaf < leaves; leaf += step) {
        const auto* numbers = reinterpret_cast<const int8_t*>(first) +
                              static_cast<size_t>(leaf / LEAF_GROUP) * 2 * Leaves::inverse() +
                              static_cast<size_t>(leaf % LEAF_GROUP) * LEAF_LINES;
        Vector wanted = hn::LoadU(d, numbers);
        Vector goes_to = hn::LoadU(d, numbers + Leaves::inverse());
        uint8_t* out = crossed + leaf;
        size_t depth = 0;
        const auto next_labels = [&] { return labels_of(shape, leaf, depth++); };
        const auto next_out = [&] {
            uint8_t* here = out;
            out += 2 * leaves;
            return here;
        };
        if (shape.levels >= 4) split<16>(d, next_labels(), wanted, goes_to, leaves, next_out());
        if (shape.levels >= 3) split<8>(d, next_labels(), wanted, goes_to, leaves, next_out());
        if (shape.levels >= 2) split<4>(d, next_labels(), wanted, goes_to, leaves, next_out());
        const auto moved = hn::Ne(wanted, hn::LoadDup128(d, SAME));
        store_masks(d, hn::VecFromMask(d, moved), leaves, out);
    }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace permloom::exchange
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace permloom::exchange {

HWY_EXPORT(route_leaves_on);

LeafLabels leaf_labels(const std::array<int, LEAF_GROUP>& sizes, int levels) {
    LeafLabels labels{};
    for (size_t leaf = 0; leaf < LEAF_GROUP; ++leaf) {
        PERMLOOM_ASSERT(sizes[leaf] <= 1 << levels);
        // Lines of the blocks of this depth; a size of 0 are lines that nothing uses.
        std::array<int, LEAF_LINES> blocks{};
        blocks[0] = sizes[leaf];
        for (int depth = 0; depth < levels; ++depth) {
            const int capacity = 1 << (levels - depth);
            for (int line = 0; line < LEAF_LINES; ++line) {
                const int size = blocks[static_cast<size_t>(line / capacity)];
                const int local = line % capacity;
                const bool last_goes_up = size % 2 == 1 && local <= size;
                labels[static_cast<size_t>(depth)][leaf * LEAF_LINES + static_cast<size_t>(line)] =
                    static_cast<uint8_t>(last_goes_up ? (size - local) ^ 1 : local);
            }
            for (int block = LEAF_LINES / 2; block-- > 0;) {
                const int size = blocks[static_cast<size_t>(block)];
                blocks[static_cast<size_t>(2 * block)] = (size + 1) / 2;
                blocks[static_cast<size_t>(2 * block + 1)] = size / 2;
            }
        }
    }
    return labels;
}

void route_leaves(const LeafShape& shape, const uint8_t* first, int count, uint8_t* crossed) {
    HWY_DYNAMIC_DISPATCH(route_leaves_on)(shape, first, count, crossed);
}

}  // namespace permloom::exchange
#endif
