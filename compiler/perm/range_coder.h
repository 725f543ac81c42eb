/// Range coder with exact integer pieces, after G. N. N. Martin, "Range encoding" (1979), with
/// carry propagation.
///
/// The range is 64 bits wide and never below 2^32, so a symbol of `count` out of `total` costs at
/// most log2(total / count) + log2(1 + total / (2^32 - total)) bits. The code word is the shortest
/// bit string whose every continuation lies in the final interval, most significant bit first:
/// codes follow one another without a length field.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"

namespace permloom {

/// What encoder and decoder share: the arithmetic of one step and of the end.
namespace range_coding {

inline constexpr uint64_t FULL_RANGE = ~uint64_t{0};
inline constexpr uint64_t MIN_RANGE = uint64_t{1} << 32;

/// Most bits of a code whose symbols cost `bits` in theory, none with a total above `largest`.
uint64_t max_bits(double bits, int64_t symbols, int64_t largest);

/// range / total. The quotient of 2^64 does not depend on the symbols coded before, so a processor
/// computes it ahead; the coding itself waits for two multiplications only.
inline uint64_t unit_of(uint64_t range, uint64_t total) {
    __extension__ using Wide = unsigned __int128;
    const uint64_t inverse = ~uint64_t{0} / total;
    // inverse > 2^64 / total - 1, so the estimate is the quotient or one less.
    const auto estimate = static_cast<uint64_t>((static_cast<Wide>(range) * inverse) >> 64);
    return estimate + (range - estimate * total >= total ? 1 : 0);
}

/// Width of the part [before, before + count) of a range in units. The last part takes the
/// remainder of the division as well; no branch, as which part is last is as random as the symbols.
inline uint64_t width_of(uint64_t range, uint64_t unit, uint64_t before, uint64_t count,
                         uint64_t total) {
    const uint64_t last = before + count == total ? ~uint64_t{0} : 0;
    return unit * count + ((range - unit * total) & last);
}

/// A word's 32 bits, most significant first, as a BitWriter takes them.
constexpr uint64_t reverse_word(uint32_t word) {
    word = (word >> 16) | (word << 16);
    word = ((word >> 8) & 0x00ff00ff) | ((word & 0x00ff00ff) << 8);
    word = ((word >> 4) & 0x0f0f0f0f) | ((word & 0x0f0f0f0f) << 4);
    word = ((word >> 2) & 0x33333333) | ((word & 0x33333333) << 2);
    return ((word >> 1) & 0x55555555) | ((word & 0x55555555) << 1);
}

/// The end of a code word inside [low, low + range): `bits` bits, the top ones of low + skip, such
/// that everything starting with them is inside.
struct Tail {
    int bits;
    uint64_t skip, block;
};
inline Tail tail_of(uint64_t low, uint64_t range) {
    // Shorter blocks than the range have a chance only from here on, and fit two bits later.
    int bits = std::countl_zero(range) + 1;
    for (;; ++bits) {
        const uint64_t block = uint64_t{1} << (64 - bits);
        const uint64_t skip = (0 - low) & (block - 1);
        if (skip <= range && range - skip >= block) return {bits, skip, block};
    }
}

}  // namespace range_coding

class RangeEncoder {
  public:
    /// Codes the part [before, before + count) of `total`, 0 < count, total < 2^32.
    void put(uint64_t before, uint64_t count, uint64_t total) {
        if (count == total) return;
        const uint64_t unit = range_coding::unit_of(range_, total);
        const uint64_t offset = unit * before;
        if (low_ + offset < low_) carry();
        low_ += offset;
        range_ = range_coding::width_of(range_, unit, before, count, total);
        if (range_ < range_coding::MIN_RANGE) {
            words_.push_back(static_cast<uint32_t>(low_ >> 32));
            low_ <<= 32;
            range_ <<= 32;
        }
    }

    /// Appends the code word to `out`; the encoder is done.
    void finish(BitWriter& out) {
        using namespace range_coding;
        if (words_.empty() && range_ == FULL_RANGE) return;
        const Tail tail = tail_of(low_, range_);
        if (low_ + tail.skip < low_) carry();
        const uint64_t end = low_ + tail.skip;
        for (const uint32_t word : words_)
            out.put(reverse_word(word), 32);
        out.put(reverse_word(static_cast<uint32_t>(end >> 32)), std::min(tail.bits, 32));
        if (tail.bits > 32) out.put(reverse_word(static_cast<uint32_t>(end)), tail.bits - 32);
    }

  private:
    void carry() {
        for (size_t i = words_.size(); i-- > 0;)
            if (++words_[i] != 0) return;
    }

    std::vector<uint32_t> words_;
    uint64_t low_ = 0, range_ = range_coding::FULL_RANGE;
};

/// Mirrors the encoder's interval, so that at the end it knows the one code word that the encoder
/// would have written and can refuse every other.
///
/// Let C be the string read, as a number, and L the low end of the interval, with all carries. The
/// decoder keeps C - L exactly (`value_`) and the low 64 bits of L (`low_`); C is inside the
/// interval iff value_ < range_, and a C outside at the start stays outside. The code word is the
/// first bits of L + skip, and those of C are the same iff skip <= C - L < skip + block.
class RangeDecoder {
  public:
    /// Reads at the position of `in`. Bits behind the end of the string count as zero: the tail of
    /// a code may be shorter than a word.
    explicit RangeDecoder(BitReader& in) : in_(in), position_(in.position()) {
        value_ = next() << 32;
        value_ |= next();
        outside_ = value_ >= range_;
    }

    /// Makes the next symbol one of `total`. The code points into the part [before, before + count)
    /// iff reaches(before) and either not reaches(before + count) or that is the total.
    void split(uint64_t total) { unit_ = range_coding::unit_of(range_, total); }
    bool reaches(uint64_t before) const { return unit_ * before <= value_; }
    /// Position in 0..total-1 that the code points at.
    uint64_t target(uint64_t total) const { return std::min(value_ / unit_, total - 1); }

    /// Takes the part [before, before + count), after split(total).
    void take(uint64_t before, uint64_t count, uint64_t total) {
        if (count == total) return;
        const uint64_t offset = unit_ * before;
        value_ -= offset;
        low_ += offset;
        range_ = range_coding::width_of(range_, unit_, before, count, total);
        if (range_ < range_coding::MIN_RANGE) {
            value_ = (value_ << 32) | next();
            low_ <<= 32;
            range_ <<= 32;
            ++words_;
        }
    }

    /// Moves the reader behind the code. Throws Error naming `code` when the string is not what the
    /// encoder writes for the symbols taken, or is truncated.
    void finish(const char* code) {
        using namespace range_coding;
        if (words_ == 0 && range_ == FULL_RANGE) return;
        const Tail tail = tail_of(low_, range_);
        in_.skip(32 * words_ + static_cast<uint64_t>(tail.bits));
        if (outside_ || value_ < tail.skip || value_ - tail.skip >= tail.block)
            throw Error(code, "is not the code of any wiring of these devices");
    }

  private:
    uint64_t next() {
        const auto word = static_cast<uint32_t>(in_.peek(position_, 32));
        position_ += 32;
        return range_coding::reverse_word(word);
    }

    BitReader& in_;
    uint64_t position_, words_ = 0;
    bool outside_ = false;
    uint64_t value_ = 0, low_ = 0, range_ = range_coding::FULL_RANGE, unit_ = 0;
};

}  // namespace permloom
