/// Switch bits as text and as bytes: one set of bits a line, or one after another.
///
/// Rows are separated by one blank. `bits` writes bit 0 of a row first; `hex` writes the row as one
/// number, ceil(width / 4) digits. A row without bits is `.`, and so is a circuit without rows.
/// Bytes are the words of the load stream: each row ceil(width / 32) words of 4 bytes,
/// little-endian.
///
///     a row of 5 bits, bits 0 and 3 set     bits 10010     hex 09     bytes 09 00 00 00
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "compiler/perm/circuit.h"

namespace permloom {

enum class SwitchDigits { bits, hex };

/// Appends the rows and a line end.
void append_text(const SwitchBits& bits, SwitchDigits digits, std::string& out);
/// Rows of these widths. Throws Error naming the row: wrong width, a character that is no digit,
/// too few or too many rows, a bit behind the width.
SwitchBits parse_switch_bits(std::string_view line, std::span<const int32_t> widths,
                             SwitchDigits digits);

/// Bytes of one set of rows of these widths.
size_t switch_byte_count(std::span<const int32_t> widths);
void append_bytes(const SwitchBits& bits, std::string& out);
/// `bytes` has switch_byte_count(widths). Throws Error when a bit behind a width is set.
SwitchBits switch_bits_from_bytes(std::span<const uint8_t> bytes, std::span<const int32_t> widths);

}  // namespace permloom
