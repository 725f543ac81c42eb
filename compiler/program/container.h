/// The envelope of .chip, .plc and .devices files: magic, length, body, SHA-256 (FORMAT.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace permloom {

inline constexpr std::string_view CHIP_MAGIC = "PLMCHIP1";
inline constexpr std::string_view CONFIGURATION_MAGIC = "PLMCONF1";
inline constexpr std::string_view DEVICES_MAGIC = "PLMDEVI1";

void save_container(const std::filesystem::path& path, std::string_view magic,
                    std::span<const uint8_t> body);

/// The body. Wrong magic, truncation, trailing bytes and a wrong checksum are each their own Error.
std::vector<uint8_t> load_container(const std::filesystem::path& path, std::string_view magic);

}  // namespace permloom
