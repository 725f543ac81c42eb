/// Whole files in and out. Writing is all or nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace permloom {

/// The bytes of a regular file. Throws Error when it is missing or cannot be read.
std::vector<uint8_t> read_bytes(const std::filesystem::path& path);
std::string read_text(const std::filesystem::path& path);

/// Writes a temporary file beside `path`, flushes it to the disk and renames it: whatever happens,
/// `path` holds either its old content or the whole new one. Throws Error (unwritable, disk full).
void write_file(const std::filesystem::path& path, std::span<const uint8_t> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

/// Makes `path` a directory to write results into. An existing non-empty one is an Error unless
/// `force`; nothing in it is deleted.
void make_output_directory(const std::filesystem::path& path, bool force);

/// `$PERMLOOM_DATA`, else `$XDG_DATA_HOME/permloom`, else `~/.local/share/permloom`.
std::filesystem::path user_data_directory();
/// `$PERMLOOM_CACHE`, else `$XDG_CACHE_HOME/permloom`, else `~/.cache/permloom`.
std::filesystem::path user_cache_directory();

}  // namespace permloom
