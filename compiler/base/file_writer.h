/// A file written piece by piece, all or nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace permloom {

/// Writes a temporary file beside `path`; `commit` flushes it to the disk and renames it. Until
/// then, and when that never happens, `path` holds its old content; the temporary file goes with
/// the writer. Every member throws Error (unwritable, disk full).
class FileWriter {
  public:
    explicit FileWriter(std::filesystem::path path);
    ~FileWriter();
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;

    void append(std::span<const uint8_t> bytes);
    void append(std::string_view text);
    void commit();

    /// Removes what writers of `path` that were killed have left beside it.
    static void remove_leftovers(const std::filesystem::path& path);

  private:
    [[noreturn]] void fail(int code) const;

    std::filesystem::path path_;
    std::string temporary_;  ///< empty once renamed
    int descriptor_ = -1;
};

}  // namespace permloom
