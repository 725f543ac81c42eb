/// What the looping algorithm of exchange_router.h works on: the blocks of a level and their
/// switches. An inner header of that router.
///
/// Blocks hold, for every output line, the input that it wants, `wanted_at(output)`, and for every
/// input line the output that it goes to, `goes_to_at(input)`, both as numbers inside the block.
/// A block of odd size has one line more in memory, which goes straight, so that every loop closes
/// where it began. Lines that no walk writes have to be straight from the start.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

namespace permloom::exchange {

constexpr int LEAF_LINES = 16;  ///< lines of a leaf, one byte each
constexpr int LEAF_LEVELS = 4;  ///< log2(LEAF_LINES)
constexpr int LEAF_GROUP = 4;   ///< leaves come in multiples of this, so that vectors are full

/// The blocks of the last levels, LEAF_GROUP of them together.
class Leaves {
  public:
    using Index = uint8_t;

    explicit Leaves(size_t count)
        : memory_((count + LEAF_GROUP - 1) / LEAF_GROUP * (2 * inverse())) {
        for (size_t i = 0; i < memory_.size(); ++i)
            memory_[i] = static_cast<uint8_t>(i % LEAF_LINES);
    }
    Index* block(size_t i) {
        return memory_.data() + i / LEAF_GROUP * (2 * inverse()) + i % LEAF_GROUP * LEAF_LINES;
    }
    static constexpr size_t inverse() { return size_t{LEAF_GROUP} * LEAF_LINES; }
    static constexpr size_t wanted_at(size_t output) { return output; }
    static constexpr size_t goes_to_at(size_t input) { return inverse() + input; }

  private:
    std::vector<uint8_t> memory_;
};

/// Blocks of at most 128 lines. A block's switches fit one word a half, bit k for pair k.
class SmallBlocks {
  public:
    using Index = uint8_t;
    static constexpr size_t LINES = 128;

    explicit SmallBlocks(size_t count)
        : numbers_(count * 2 * LINES), second_half(count), first_half(count) {
        for (size_t i = 0; i < numbers_.size(); ++i)
            numbers_[i] = static_cast<uint8_t>(i % LINES);
    }
    Index* block(size_t i) { return numbers_.data() + i * 2 * LINES; }
    static constexpr size_t wanted_at(size_t output) { return output; }
    static constexpr size_t goes_to_at(size_t input) { return LINES + input; }

  private:
    std::vector<uint8_t> numbers_;

  public:
    std::vector<uint64_t> second_half, first_half;
};

/// A pair that no loop has come to yet.
constexpr uint8_t UNSET = 0xff;

/// Blocks of any size; Number is wide enough for a line of a block. Switches are bytes in the order
/// of a stage: pair k of block r is number (k << level) + r, UNSET where there is none, which is so
/// for the last number of every block. The two halves alternate: number i of the second half is
/// byte 2i, of the first half byte 2i + 1.
template <class Number>
class LargeBlocks {
  public:
    using Index = Number;

    /// Blocks of up to `lines` lines, an even number, for `items` permutations.
    LargeBlocks(int level, size_t items, size_t lines)
        : lines_(lines),
          numbers_((items << level) * 2 * lines),
          row_((lines / 2 + 1) << level),
          switches_(items * 2 * row_ + 16) {
        for (size_t i = 0; i < numbers_.size(); ++i)
            numbers_[i] = static_cast<Index>(i / 2 % lines);
    }
    Index* block(size_t i) { return numbers_.data() + i * 2 * lines_; }
    static constexpr size_t wanted_at(size_t output) { return 2 * output; }
    static constexpr size_t goes_to_at(size_t input) { return 2 * input + 1; }

    void reset_switches() { std::ranges::fill(switches_, UNSET); }
    uint8_t* switches(size_t item) { return switches_.data() + item * 2 * row_; }

  private:
    size_t lines_;
    std::vector<Index> numbers_;
    size_t row_;
    std::vector<uint8_t> switches_;  ///< and 16 more, since they are read sixteen at a time
};

using Blocks = std::variant<SmallBlocks, LargeBlocks<uint16_t>, LargeBlocks<uint32_t>>;

/// What there is to walk at a level.
struct LevelShape {
    int level;
    int size, larger;  ///< lines of a block; the first `larger` blocks have one more
    int blocks;        ///< of all permutations that are routed together
    int next_blocks;   ///< of one permutation at the next level, as they are in memory
};

}  // namespace permloom::exchange
