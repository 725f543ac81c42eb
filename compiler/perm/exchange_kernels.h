/// The inner loops of exchange_router.h, compiled for several instruction sets; the one that fits
/// the machine is taken at run time. They deal with integers: the result is the same everywhere.
#pragma once

#include <array>

#include "compiler/perm/exchange_memory.h"

namespace permloom::exchange {

/// Bytes of a leaf in the order in which their bits make two masks: even lines, then odd lines.
alignas(16) inline constexpr int8_t EVEN_THEN_ODD[LEAF_LINES] = {0, 2, 4, 6, 8, 10, 12, 14,
                                                                 1, 3, 5, 7, 9, 11, 13, 15};

/// Walks all loops of the blocks `from`; their halves become the blocks of the next level, which
/// are the leaves where `to` is null.
void walk_level(const LevelShape& shape, Blocks& from, Blocks* to, Leaves& leaves);

/// Bits of the switches of a large level: bit i of `second_half` and of `first_half` from bytes 2i
/// and 2i + 1, 1 where the byte is 1. Reads and writes in steps of 8 bits, so up to 7 more than
/// `count`.
void unzip_switches(const uint8_t* bytes, size_t count, uint8_t* second_half, uint8_t* first_half);

/// Start values of the pointer doubling in leaves: the lower of the two numbers of a pair goes up.
/// They make the pair straight that has to be: the first of an even block, the last line of an odd
/// one. Per level, for a group of leaves.
using LeafLabels = std::array<std::array<uint8_t, LEAF_GROUP * LEAF_LINES>, LEAF_LEVELS>;

/// `sizes[i]`: lines of leaf i of a group, 0 <= size <= 2^levels; `levels` <= LEAF_LEVELS.
LeafLabels leaf_labels(const std::array<int, LEAF_GROUP>& sizes, int levels);

/// Labels of all leaves of a network, whose first leaves have one line more than the others.
struct LeafShape {
    int levels = 0;
    int mixed_group = 0;  ///< the group in which the sizes change
    LeafLabels before{}, mixed{}, after{};
};

/// Routes `count` leaves (a multiple of LEAF_GROUP) from `first` on, all sub-blocks of a level at
/// once: where the looping algorithm walks from output to output, here every output learns the
/// smallest label in its loop by pointer doubling (byte shuffles), and of two partners the one
/// whose loop has the smaller label goes up.
///
/// `crossed`: levels x 2 x count masks. [t][0][leaf] are the second-half switches at depth t, bit q
/// for the pair q of lines, [t][1][leaf] those of the first half; at the last depth there is one
/// stage only, [t][0]. At depth t pair q belongs to block q / 2^(levels-1-t) of the leaf; the upper
/// half of a block comes first at the next depth.
void route_leaves(const LeafShape& shape, const uint8_t* first, int count, uint8_t* crossed);

}  // namespace permloom::exchange
