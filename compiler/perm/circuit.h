/// Permutation circuits as they are laid down, and the bits that set them: readable without any
/// router, so sim/ and emit/ use this header, `evaluate` too.
///
/// A switch network has n lines and stages of disjoint 2x2 switches. A switch joins the lines
/// `low` < `high` of one stage; its bit 0 passes both straight, 1 crosses them. Line r after the
/// last stage feeds slot r of the bank: the network realises `source`, out[r] = in[source[r]].
///
/// A selector circuit (crossbar, index memory) has no stages: output r has a selector, whose bits
/// are the number of the line that it takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace permloom {

struct Switch {
    int32_t low, high;

    bool operator==(const Switch&) const = default;
};

struct Topology {
    int lines = 0;
    std::vector<std::vector<Switch>> stages;  ///< bit i of a stage's row belongs to its switch i
    int selector_bits = 0;  ///< bits of each of the `lines` selectors; 0 for switch networks

    int stage_count() const { return static_cast<int>(stages.size()); }
    int64_t switch_count() const;
    /// Widths of the rows of loadable bits: one row a stage, or one row a selector.
    std::vector<int32_t> row_widths() const;
};

/// The loadable bits of one permutation in rows: one row a stage (bit i sets switch i) or a
/// selector (its index, least significant bit first). A row is packed into 32-bit words, bit i in
/// bit i % 32 of word i / 32, as in the load stream (compiler/program/FORMAT.md); bits behind its
/// width are 0.
class SwitchBits {
  public:
    SwitchBits() = default;
    /// Rows of these widths, all bits 0.
    explicit SwitchBits(std::span<const int32_t> widths);

    int row_count() const { return static_cast<int>(widths_.size()); }
    int width(int row) const { return widths_[static_cast<size_t>(row)]; }
    /// All bits of all rows.
    int64_t bit_count() const;
    bool at(int row, int i) const { return (word(row, i) >> (i % 32) & 1U) != 0; }
    void set(int row, int i, bool value = true);
    std::span<const uint32_t> words(int row) const {
        return std::span(words_).subspan(first_[static_cast<size_t>(row)], word_count(row));
    }
    /// For routers, which write whole words. Bits behind the width must stay 0.
    std::span<uint32_t> words(int row) {
        return std::span(words_).subspan(first_[static_cast<size_t>(row)], word_count(row));
    }
    /// Every bit 0, shapes kept.
    void clear();

    bool operator==(const SwitchBits&) const = default;

  private:
    size_t word_count(int row) const { return (static_cast<size_t>(width(row)) + 31) / 32; }
    uint32_t word(int row, int i) const {
        return words_[first_[static_cast<size_t>(row)] + static_cast<size_t>(i) / 32];
    }

    std::vector<int32_t> widths_;
    std::vector<size_t> first_;  ///< first word of each row
    std::vector<uint32_t> words_;
};

}  // namespace permloom
