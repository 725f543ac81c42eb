#include "compiler/base/bits.h"

#include "compiler/base/error.h"

namespace permloom {

void BitWriter::put(uint64_t value, int count) {
    PERMLOOM_ASSERT(count >= 0 && count <= 64);
    for (int done = 0; done < count;) {
        const int offset = static_cast<int>(bit_count_ & 7);
        if (offset == 0) bytes_.push_back(0);
        const int chunk = count - done < 8 - offset ? count - done : 8 - offset;
        const uint64_t piece = (value >> done) & ((uint64_t{1} << chunk) - 1);
        bytes_.back() = static_cast<uint8_t>(bytes_.back() | (piece << offset));
        done += chunk;
        bit_count_ += static_cast<uint64_t>(chunk);
    }
}

uint64_t BitReader::get(int count) {
    PERMLOOM_ASSERT(count >= 0 && count <= 64);
    if (position_ + static_cast<uint64_t>(count) > bytes_.size() * 8)
        throw Error("code", "ends after " + std::to_string(bytes_.size()) +
                                " bytes, in the middle of a value");
    uint64_t value = 0;
    for (int done = 0; done < count;) {
        const int offset = static_cast<int>(position_ & 7);
        const int chunk = count - done < 8 - offset ? count - done : 8 - offset;
        const uint64_t piece =
            (uint64_t{bytes_[position_ >> 3]} >> offset) & ((uint64_t{1} << chunk) - 1);
        value |= piece << done;
        done += chunk;
        position_ += static_cast<uint64_t>(chunk);
    }
    return value;
}

uint64_t BitReader::peek(uint64_t position, int count) const {
    PERMLOOM_ASSERT(count >= 0 && count <= 64);
    uint64_t value = 0;
    for (int done = 0; done < count; ++done) {
        const uint64_t bit = position + static_cast<uint64_t>(done);
        if (bit >= bytes_.size() * 8) break;
        value |= uint64_t{(bytes_[bit >> 3] >> (bit & 7)) & 1U} << done;
    }
    return value;
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
