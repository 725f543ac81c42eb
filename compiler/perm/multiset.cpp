// Multiset code: the class of every line by range coding with exact, shrinking counts.
//
// A class with m of the remaining M slots has probability m / M, so the product over all lines is
// prod m_l! / n!: the code is as long as the bound log2(n! / prod m_l!) plus at most two bits and
// the rounding of the range (64 bits wide, never below 2^32: below 0.1 bit for n = 784). With all
// devices distinct the classes drawn are the Lehmer digits of the inverse wiring.
//
// The code word is the shortest bit string whose every continuation lies in the final interval,
// most significant bit first: codes follow one another without a length field. A decoder re-encodes
// what it read and refuses any other bits, so each wiring has exactly one code.
//
// Range coder after G. N. N. Martin, "Range encoding" (1979), with carry propagation.

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/perm/class_sequence.h"
#include "compiler/perm/code.h"

namespace permloom {
namespace {

constexpr uint64_t FULL_RANGE = ~uint64_t{0};
constexpr uint64_t MIN_RANGE = uint64_t{1} << 32;

uint64_t reverse_bits(uint64_t value, int count) {
    uint64_t result = 0;
    for (int i = 0; i < count; ++i)
        result |= ((value >> i) & 1) << (count - 1 - i);
    return result;
}

/// Part [cumulative, cumulative + count) of `total`, as a piece of `range`.
struct Piece {
    uint64_t offset, width;
};
Piece piece(uint64_t range, uint64_t cumulative, uint64_t count, uint64_t total) {
    const uint64_t unit = range / total;
    const uint64_t offset = unit * cumulative;
    // The last piece takes the remainder of the division as well.
    return {offset, cumulative + count == total ? range - offset : unit * count};
}

/// Remaining slots of each class.
class Remaining {
  public:
    explicit Remaining(const DeviceClasses& classes)
        : counts_(classes.sizes()), total_(static_cast<uint64_t>(classes.slots())) {}
    uint64_t total() const { return total_; }
    uint64_t count(int32_t c) const {
        return static_cast<uint64_t>(counts_[static_cast<size_t>(c)]);
    }
    uint64_t below(int32_t c) const {
        uint64_t sum = 0;
        for (int32_t i = 0; i < c; ++i)
            sum += count(i);
        return sum;
    }
    /// The class that holds position `position` of 0..total-1.
    int32_t class_at(uint64_t position) const {
        int32_t c = 0;
        while (position >= count(c))
            position -= count(c++);
        return c;
    }
    void take(int32_t c) {
        --counts_[static_cast<size_t>(c)];
        --total_;
    }

  private:
    std::vector<int32_t> counts_;
    uint64_t total_;
};

class RangeEncoder {
  public:
    void put(uint64_t cumulative, uint64_t count, uint64_t total) {
        if (count == total) return;
        const Piece part = piece(range_, cumulative, count, total);
        if (low_ + part.offset < low_) carry();
        low_ += part.offset;
        range_ = part.width;
        while (range_ < MIN_RANGE) {
            words_.push_back(static_cast<uint32_t>(low_ >> 32));
            low_ <<= 32;
            range_ <<= 32;
        }
    }

    /// Appends the code word to `out`.
    void finish(BitWriter& out) {
        uint64_t tail = 0;
        int tail_bits = 0;
        if (!words_.empty() || low_ != 0 || range_ != FULL_RANGE) {
            for (tail_bits = 1; tail_bits < 64; ++tail_bits) {
                // Smallest multiple of 2^(64 - tail_bits) at or above low_, if its whole block
                // fits.
                const uint64_t block = uint64_t{1} << (64 - tail_bits);
                const uint64_t skip = (block - low_ % block) % block;
                if (skip > range_ || range_ - skip < block) continue;
                if (low_ + skip < low_) carry();
                tail = low_ + skip;
                break;
            }
        }
        for (const uint32_t word : words_)
            out.put(reverse_bits(word, 32), 32);
        if (tail_bits > 0) out.put(reverse_bits(tail >> (64 - tail_bits), tail_bits), tail_bits);
    }

  private:
    void carry() {
        for (size_t i = words_.size(); i-- > 0;)
            if (++words_[i] != 0) return;
    }

    std::vector<uint32_t> words_;
    uint64_t low_ = 0, range_ = FULL_RANGE;
};

class RangeDecoder {
  public:
    explicit RangeDecoder(const BitReader& in) : in_(in), position_(in.position()) {
        value_ = next() << 32;
        value_ |= next();
    }

    /// Position in 0..total-1 that the code points at.
    uint64_t target(uint64_t total) const { return std::min(value_ / (range_ / total), total - 1); }

    void take(uint64_t cumulative, uint64_t count, uint64_t total) {
        if (count == total) return;
        const Piece part = piece(range_, cumulative, count, total);
        value_ -= part.offset;
        range_ = part.width;
        while (range_ < MIN_RANGE) {
            value_ = (value_ << 32) | next();
            range_ <<= 32;
        }
    }

  private:
    /// Bits behind the end of the string read as zero: the tail of a code may be shorter than a
    /// word.
    uint64_t next() {
        const uint64_t word = reverse_bits(in_.peek(position_, 32), 32);
        position_ += 32;
        return word;
    }

    const BitReader& in_;
    uint64_t position_;
    uint64_t value_ = 0;  ///< code minus the low end of the interval
    uint64_t range_ = FULL_RANGE;
};

class MultisetCode final : public Code {
  public:
    std::string_view name() const override { return "multiset"; }

    void encode(const Permutation& source, const DeviceClasses& classes,
                BitWriter& out) const override {
        encode_sequence(class_sequence(source, classes), classes, out);
    }

    Permutation decode(const DeviceClasses& classes, BitReader& in) const override {
        RangeDecoder decoder(in);
        Remaining remaining(classes);
        std::vector<int32_t> sequence(classes.of_slot.size());
        for (int32_t& c : sequence) {
            c = remaining.class_at(decoder.target(remaining.total()));
            decoder.take(remaining.below(c), remaining.count(c), remaining.total());
            remaining.take(c);
        }
        // Only the one code that encode writes is accepted.
        BitWriter again;
        encode_sequence(sequence, classes, again);
        const uint64_t bits = again.bit_count();
        const std::vector<uint8_t> expected_bytes = again.take();
        BitReader expected(expected_bytes);
        for (uint64_t done = 0; done < bits;) {
            const int chunk = static_cast<int>(std::min<uint64_t>(64, bits - done));
            if (in.get(chunk) != expected.get(chunk))
                throw Error("multiset code", "is not the code of any wiring of these devices");
            done += static_cast<uint64_t>(chunk);
        }
        return wiring_of(sequence, classes, "multiset code");
    }

  private:
    static void encode_sequence(const std::vector<int32_t>& sequence, const DeviceClasses& classes,
                                BitWriter& out) {
        RangeEncoder encoder;
        Remaining remaining(classes);
        for (const int32_t c : sequence) {
            encoder.put(remaining.below(c), remaining.count(c), remaining.total());
            remaining.take(c);
        }
        encoder.finish(out);
    }
};

}  // namespace

std::unique_ptr<Code> make_multiset_code() {
    return std::make_unique<MultisetCode>();
}

}  // namespace permloom
