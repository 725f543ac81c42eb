#include "compiler/emit/verilog_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "compiler/base/bits.h"

namespace permloom {

std::string packed_hex(std::span<const int32_t> values, int bits) {
    const size_t total = values.size() * static_cast<size_t>(bits);
    std::string digits;
    digits.reserve(total / 4 + 1);
    for (size_t first = 0; first < total; first += 4) {
        unsigned digit = 0;
        for (size_t bit = first; bit < std::min(first + 4, total); ++bit) {
            const auto value = static_cast<uint32_t>(values[bit / static_cast<size_t>(bits)]);
            digit |= (value >> (bit % static_cast<size_t>(bits)) & 1u) << (bit - first);
        }
        digits += "0123456789abcdef"[digit];
    }
    std::reverse(digits.begin(), digits.end());
    return digits;
}

int index_bits(int count) {
    return std::max(1, ceil_log2(static_cast<uint64_t>(count)));
}

std::string sized(int bits, uint64_t value) {
    return fmt::format("{}'d{}", bits, value);
}

std::string packed_literal(std::span<const int32_t> values, int bits, int indent, size_t per_line) {
    std::string text = "{\n";
    const size_t lines = (values.size() + per_line - 1) / per_line;
    for (size_t line = lines; line-- > 0;) {
        const auto part =
            values.subspan(line * per_line, std::min(per_line, values.size() - line * per_line));
        text += fmt::format("{:{}}{}'h{}{}\n", "", indent, part.size() * static_cast<size_t>(bits),
                            packed_hex(part, bits), line > 0 ? "," : "");
    }
    return text + fmt::format("{:{}}}}", "", indent - 2);
}

}  // namespace permloom
