/// The bytes that a fingerprint is taken of: every number in eight bytes, every text behind its
/// length.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace permloom {

class Canonical {
  public:
    void text(const std::string& value) {
        number(static_cast<int64_t>(value.size()));
        bytes_.insert(bytes_.end(), value.begin(), value.end());
    }
    void number(int64_t value) {
        for (int i = 0; i < 8; ++i)
            bytes_.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i)));
    }
    const std::vector<uint8_t>& bytes() const { return bytes_; }

  private:
    std::vector<uint8_t> bytes_;
};

}  // namespace permloom
