/// Permutations as people and pipes write them.
///
/// Text: one permutation a line, its entries 0..n-1 separated by blanks; an output whose input does
/// not matter is `-` or `x`. Binary: n entries of 4 bytes, little-endian, and no header;
/// 0xffffffff is an output that does not matter.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/perm/partial.h"
#include "compiler/perm/permutation.h"

namespace permloom {

/// The entries of a line, with or without its end, DONT_CARE for `-` and `x`. Throws Error naming
/// the entry (from 0) that is neither a number nor one of these.
std::vector<int32_t> parse_entries(std::string_view line);
/// Entries from 4 bytes each; the size of `bytes` is a multiple of 4. Throws Error as above.
std::vector<int32_t> entries_from_bytes(std::span<const uint8_t> bytes);

/// Throws Error unless `entries` are a permutation: it names the entry, and says what to do about
/// counting from 1 and about outputs that do not matter.
Permutation permutation_of(std::vector<int32_t> entries);
/// The same where some outputs may be DONT_CARE.
PartialPermutation partial_permutation_of(std::vector<int32_t> entries);

/// Appends the entries and a line end.
void append_text(std::span<const int32_t> entries, std::string& out);
/// Appends 4 bytes an entry.
void append_bytes(std::span<const int32_t> entries, std::string& out);

}  // namespace permloom
