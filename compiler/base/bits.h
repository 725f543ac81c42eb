/// Bit fields in byte strings: least significant bit first, no padding between fields.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "compiler/base/error.h"

namespace permloom {

/// Smallest b with 2^b >= x; 0 for x <= 1.
constexpr int ceil_log2(uint64_t x) {
    int bits = 0;
    while (bits < 64 && (uint64_t{1} << bits) < x)
        ++bits;
    return bits;
}

/// The low `count` bits of `value`, 0 <= count <= 64.
constexpr uint64_t low_bits(uint64_t value, int count) {
    return count == 0 ? 0 : value & (~uint64_t{0} >> (64 - count));
}

class BitWriter {
  public:
    /// Appends the low `count` bits of `value`, 0 <= count <= 64.
    void put(uint64_t value, int count) {
        PERMLOOM_ASSERT(count >= 0 && count <= 64);
        value = low_bits(value, count);
        const int used = static_cast<int>(bit_count_ & 63);
        word_ |= value << used;
        if (used + count >= 64) {
            append_word();
            word_ = used == 0 ? 0 : value >> (64 - used);
        }
        bit_count_ += static_cast<uint64_t>(count);
    }
    uint64_t bit_count() const { return bit_count_; }
    /// The bytes so far, until the next put; unused high bits of the last byte are zero.
    std::span<const uint8_t> bytes();
    /// The same bytes, moved out; the writer is empty afterwards.
    std::vector<uint8_t> take();
    /// Empties the writer, which keeps its memory.
    void clear();

  private:
    void append_word();

    std::vector<uint8_t> bytes_;
    uint64_t word_ = 0;  ///< the last bit_count_ % 64 bits
    uint64_t bit_count_ = 0;
};

class BitReader {
  public:
    explicit BitReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
    /// Next `count` bits, 0 <= count <= 64. Throws Error when fewer are left.
    uint64_t get(int count) {
        const uint64_t value = peek(position_, count);
        skip(static_cast<uint64_t>(count));
        return value;
    }
    /// Next values.size() fields of `count` bits each, 0 <= count <= 31. Throws Error, having moved
    /// nowhere, when fewer bits are left.
    void get_fields(int count, std::span<int32_t> values);
    /// Moves on by `count` bits. Throws Error when fewer are left.
    void skip(uint64_t count) {
        if (count > bytes_.size() * 8 - position_) throw_truncated();
        position_ += count;
    }
    uint64_t position() const { return position_; }
    /// `count` bits from bit `position` on without moving; bits behind the end read as zero.
    uint64_t peek(uint64_t position, int count) const {
        PERMLOOM_ASSERT(count >= 0 && count <= 64);
        const uint64_t byte = position >> 3;
        const int offset = static_cast<int>(position & 7);
        uint64_t value = load(byte) >> offset;
        if (offset + count > 64 && byte + 8 < bytes_.size())
            value |= uint64_t{bytes_[byte + 8]} << (64 - offset);
        return low_bits(value, count);
    }
    /// Throws Error unless at most the padding of the last byte is left and it is zero.
    void expect_end() const;

  private:
    /// Eight bytes from `byte` on; those behind the end are zero.
    uint64_t load(uint64_t byte) const {
        uint64_t value = 0;
        if (std::endian::native == std::endian::little && byte + 8 <= bytes_.size()) {
            std::memcpy(&value, &bytes_[byte], 8);
            return value;
        }
        for (uint64_t i = 0; i < 8 && byte + i < bytes_.size(); ++i)
            value |= uint64_t{bytes_[byte + i]} << (8 * i);
        return value;
    }
    [[noreturn]] void throw_truncated() const;

    std::span<const uint8_t> bytes_;
    uint64_t position_ = 0;
};

}  // namespace permloom
