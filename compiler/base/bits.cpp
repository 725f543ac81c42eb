#include "compiler/base/bits.h"

#include <algorithm>
#include <string>
#include <utility>

namespace permloom {

void BitWriter::append_word() {
    const size_t end = static_cast<size_t>(bit_count_ >> 6) * 8;
    bytes_.resize(end + 8);
    for (size_t i = 0; i < 8; ++i)
        bytes_[end + i] = static_cast<uint8_t>(word_ >> (8 * i));
}

std::span<const uint8_t> BitWriter::bytes() {
    if ((bit_count_ & 63) != 0) append_word();
    bytes_.resize(static_cast<size_t>((bit_count_ + 7) >> 3));
    return bytes_;
}

std::vector<uint8_t> BitWriter::take() {
    bytes();
    std::vector<uint8_t> result = std::move(bytes_);
    clear();
    return result;
}

void BitWriter::clear() {
    bytes_.clear();
    word_ = 0;
    bit_count_ = 0;
}

void BitReader::get_fields(int count, std::span<int32_t> values) {
    PERMLOOM_ASSERT(count >= 0 && count <= 31);
    uint64_t position = position_;
    skip(static_cast<uint64_t>(count) * values.size());
    if (count == 0) {
        std::fill(values.begin(), values.end(), 0);
        return;
    }
    // As many fields as a word holds for each load.
    const auto per_word = static_cast<size_t>(64 / count);
    for (size_t i = 0; i < values.size();) {
        const size_t end = std::min(values.size(), i + per_word);
        for (uint64_t word = peek(position, 64); i < end; ++i, word >>= count)
            values[i] = static_cast<int32_t>(low_bits(word, count));
        position += per_word * static_cast<size_t>(count);
    }
}

void BitReader::throw_truncated() const {
    throw Error("code",
                "ends after " + std::to_string(bytes_.size()) + " bytes, in the middle of a value");
}

void BitReader::expect_end() const {
    const uint64_t total = bytes_.size() * 8;
    if (total - position_ >= 8)
        throw Error("code",
                    std::to_string(total - position_) + " bits are left after the last value");
    if (position_ < total && (bytes_.back() >> (position_ & 7)) != 0)
        throw Error("code", "the padding after the last value is not zero");
}

}  // namespace permloom
