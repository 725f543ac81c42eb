/// Small pieces of Verilog and $readmemh text. Private to compiler/emit.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace permloom {

/// The bits of signed `values`, `bits` each, value 0 lowest, as hexadecimal digits without prefix:
/// ceil(size * bits / 4) of them.
std::string packed_hex(std::span<const int32_t> values, int bits);

/// Bits of an index below `count`, at least one: pl_geometry::index_bits.
int index_bits(int count);

/// `16'd784` and the like.
std::string sized(int bits, uint64_t value);

/// A concatenation of sized hexadecimal literals holding signed `values`, `bits` each, value 0
/// lowest; one line per `per_line` values, each line indented by `indent` columns.
std::string packed_literal(std::span<const int32_t> values, int bits, int indent,
                           size_t per_line = 16);

}  // namespace permloom
