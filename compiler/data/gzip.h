/// Gzip in memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace permloom {

bool is_gzip(std::span<const uint8_t> bytes);

/// The content of one gzip file. Throws Error at `where` when it is damaged, cut off, followed by
/// other bytes, or larger than 2 GiB.
std::vector<uint8_t> gunzip(std::span<const uint8_t> bytes, const std::string& where);

}  // namespace permloom
