/// Bit fields in byte strings: least significant bit first, no padding between fields.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace permloom {

/// Smallest b with 2^b >= x; 0 for x <= 1.
constexpr int ceil_log2(uint64_t x) {
    int bits = 0;
    while (bits < 64 && (uint64_t{1} << bits) < x)
        ++bits;
    return bits;
}

class BitWriter {
  public:
    /// Appends the low `count` bits of `value`, 0 <= count <= 64.
    void put(uint64_t value, int count);
    uint64_t bit_count() const { return bit_count_; }
    /// The bytes so far; unused high bits of the last byte are zero.
    std::vector<uint8_t> take() { return std::move(bytes_); }

  private:
    std::vector<uint8_t> bytes_;
    uint64_t bit_count_ = 0;
};

class BitReader {
  public:
    explicit BitReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
    /// Next `count` bits, 0 <= count <= 64. Throws Error when fewer are left.
    uint64_t get(int count);
    uint64_t position() const { return position_; }
    /// `count` bits from bit `position` on without moving; bits behind the end read as zero.
    uint64_t peek(uint64_t position, int count) const;
    /// Throws Error unless at most the padding of the last byte is left and it is zero.
    void expect_end() const;

  private:
    std::span<const uint8_t> bytes_;
    uint64_t position_ = 0;
};

}  // namespace permloom
