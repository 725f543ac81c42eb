/// A file that grows at its end.
#pragma once

#include <filesystem>
#include <string_view>

namespace permloom {

/// Every member throws Error (unwritable, disk full).
class FileAppender {
  public:
    /// Makes the file where there is none.
    explicit FileAppender(std::filesystem::path path);
    ~FileAppender();
    FileAppender(const FileAppender&) = delete;
    FileAppender& operator=(const FileAppender&) = delete;

    /// All of the text or, with an Error, nothing of it. A process that is killed meanwhile may
    /// leave a part.
    void append(std::string_view text);
    /// Flushes what was appended to the disk.
    void sync();

  private:
    std::filesystem::path path_;
    int descriptor_ = -1;
};

}  // namespace permloom
