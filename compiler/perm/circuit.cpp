#include "compiler/perm/circuit.h"

#include <algorithm>
#include <numeric>

namespace permloom {

int64_t Topology::switch_count() const {
    int64_t count = 0;
    for (const auto& stage : stages)
        count += static_cast<int64_t>(stage.size());
    return count;
}

std::vector<int32_t> Topology::row_widths() const {
    if (selector_bits > 0) return std::vector<int32_t>(static_cast<size_t>(lines), selector_bits);
    std::vector<int32_t> widths;
    widths.reserve(stages.size());
    for (const auto& stage : stages)
        widths.push_back(static_cast<int32_t>(stage.size()));
    return widths;
}

SwitchBits::SwitchBits(std::span<const int32_t> widths) : widths_(widths.begin(), widths.end()) {
    first_.reserve(widths.size());
    size_t words = 0;
    for (int row = 0; row < row_count(); ++row) {
        first_.push_back(words);
        words += word_count(row);
    }
    words_.assign(words, 0);
}

int64_t SwitchBits::bit_count() const {
    return std::accumulate(widths_.begin(), widths_.end(), int64_t{0});
}

void SwitchBits::set(int row, int i, bool value) {
    uint32_t& word = words_[first_[static_cast<size_t>(row)] + static_cast<size_t>(i) / 32];
    const uint32_t bit = uint32_t{1} << (i % 32);
    word = value ? word | bit : word & ~bit;
}

void SwitchBits::clear() {
    std::ranges::fill(words_, 0U);
}

}  // namespace permloom
