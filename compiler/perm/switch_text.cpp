#include "compiler/perm/switch_text.h"

#include <algorithm>

#include "compiler/base/error.h"

namespace permloom {
namespace {

constexpr std::string_view BLANKS = " \t\r\n";
constexpr std::string_view HEX_DIGITS = "0123456789abcdef";
constexpr std::string_view NO_BITS = ".";

int digit_bits(SwitchDigits digits) {
    return digits == SwitchDigits::hex ? 4 : 1;
}

Error row_error(int row, const std::string& problem, const std::string& hint = {}) {
    return {"switch bits", "row " + std::to_string(row) + " " + problem, hint};
}

int digit_value(char c, SwitchDigits digits) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    const size_t value = HEX_DIGITS.find(c);
    const size_t known = size_t{1} << digit_bits(digits);
    return value < known ? static_cast<int>(value) : -1;
}

/// Bit of a row that the low bit of digit `i` of `count` stands for: `bits` counts upwards, `hex`
/// downwards.
int first_bit(int i, int count, SwitchDigits digits) {
    return digits == SwitchDigits::hex ? 4 * (count - 1 - i) : i;
}

void parse_row(std::string_view word, int row, SwitchDigits digits, SwitchBits& bits) {
    const int width = bits.width(row), per_digit = digit_bits(digits);
    const int count = (width + per_digit - 1) / per_digit;
    if (width == 0 && word == NO_BITS) return;
    if (static_cast<int>(word.size()) != count)
        throw row_error(row,
                        "has " + std::to_string(word.size()) + " digits for " +
                            std::to_string(count) + " (" + std::to_string(width) + " bits)",
                        "same circuit, n and format as those bits were made for?");
    for (int i = 0; i < count; ++i) {
        const int value = digit_value(word[static_cast<size_t>(i)], digits);
        if (value < 0)
            throw row_error(row, "has a character at " + std::to_string(i) +
                                     (digits == SwitchDigits::hex ? " that is no hexadecimal digit"
                                                                  : " that is neither 0 nor 1"));
        for (int b = 0; b < per_digit; ++b) {
            if ((value >> b & 1) == 0) continue;
            const int bit = first_bit(i, count, digits) + b;
            if (bit >= width)
                throw row_error(row,
                                "sets bit " + std::to_string(bit) + " of " + std::to_string(width));
            bits.set(row, bit);
        }
    }
}

}  // namespace

void append_text(const SwitchBits& bits, SwitchDigits digits, std::string& out) {
    const int per_digit = digit_bits(digits);
    for (int row = 0; row < bits.row_count(); ++row) {
        if (row > 0) out += ' ';
        const int width = bits.width(row);
        if (width == 0) out += NO_BITS;
        const int count = (width + per_digit - 1) / per_digit;
        for (int i = 0; i < count; ++i) {
            size_t value = 0;
            const int first = first_bit(i, count, digits);
            for (int b = 0; b < per_digit && first + b < width; ++b)
                value |= static_cast<size_t>(bits.at(row, first + b)) << b;
            out += HEX_DIGITS[value];
        }
    }
    if (bits.row_count() == 0) out += NO_BITS;
    out += '\n';
}

SwitchBits parse_switch_bits(std::string_view line, std::span<const int32_t> widths,
                             SwitchDigits digits) {
    SwitchBits bits(widths);
    int row = 0;
    for (size_t at = line.find_first_not_of(BLANKS); at != std::string_view::npos; ++row) {
        const size_t end = std::min(line.find_first_of(BLANKS, at), line.size());
        const std::string_view word = line.substr(at, end - at);
        at = line.find_first_not_of(BLANKS, end);
        if (row < bits.row_count())
            parse_row(word, row, digits, bits);
        else if (bits.row_count() > 0 || row > 0 || word != NO_BITS)
            throw row_error(
                row, "is too many: the circuit has " + std::to_string(bits.row_count()) + " rows",
                "same circuit and n as those bits were made for?");
    }
    if (row < bits.row_count())
        throw row_error(row,
                        "is missing: the circuit has " + std::to_string(bits.row_count()) + " rows",
                        "same circuit and n as those bits were made for?");
    return bits;
}

size_t switch_byte_count(std::span<const int32_t> widths) {
    size_t bytes = 0;
    for (const int32_t width : widths)
        bytes += (static_cast<size_t>(width) + 31) / 32 * 4;
    return bytes;
}

void append_bytes(const SwitchBits& bits, std::string& out) {
    for (int row = 0; row < bits.row_count(); ++row)
        for (const uint32_t word : bits.words(row))
            for (int shift = 0; shift < 32; shift += 8)
                out += static_cast<char>(word >> shift & 0xffU);
}

SwitchBits switch_bits_from_bytes(std::span<const uint8_t> bytes, std::span<const int32_t> widths) {
    PERMLOOM_ASSERT(bytes.size() == switch_byte_count(widths));
    SwitchBits bits(widths);
    size_t at = 0;
    for (int row = 0; row < bits.row_count(); ++row) {
        for (uint32_t& word : bits.words(row))
            for (int shift = 0; shift < 32; shift += 8)
                word |= uint32_t{bytes[at++]} << shift;
        const int used = bits.width(row) % 32;
        if (used != 0 && bits.words(row).back() >> used != 0)
            throw row_error(row,
                            "sets a bit behind its " + std::to_string(bits.width(row)) + " bits");
    }
    return bits;
}

}  // namespace permloom
