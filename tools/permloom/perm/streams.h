/// Where a verb reads from and writes to: files, or standard input and output for `-`. Both work
/// piece by piece, so that a pipe of any length takes no more memory than its longest line.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/file_writer.h"

namespace permloom::cli {

class Input {
  public:
    /// Throws Error when the file cannot be opened.
    explicit Input(const std::string& path);
    ~Input();
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    const std::string& name() const { return name_; }

    /// The next line that is neither blank nor a comment (`# ...`), without its end; nothing behind
    /// the last. The text lives until the next call.
    std::optional<std::string_view> next_line();
    /// Whether a line is at hand, so that next_line need not wait for whoever writes the pipe.
    bool line_at_hand() const;
    /// "FILE, line 3": the line that next_line returned last.
    std::string line_name() const;

    /// The next `count` bytes; fewer only at the end. They live until the next call.
    std::span<const uint8_t> next_bytes(size_t count);
    bool bytes_at_hand(size_t count) const { return end_ - begin_ >= count; }
    /// Fills the front of `bytes` and returns how many; 0 only at the end.
    size_t read(std::span<uint8_t> bytes);
    /// Bytes taken so far.
    uint64_t position() const { return position_; }

  private:
    /// One read more into the buffer; false at the end.
    bool fill();
    void take(size_t count);
    size_t line_length();

    std::string name_;
    int descriptor_;
    std::vector<uint8_t> buffer_;
    size_t begin_ = 0, end_ = 0;
    uint64_t position_ = 0, line_ = 0;
};

/// Written from the front; what stands there counts only after `finish`.
class Output {
  public:
    enum class Kind { text, binary };

    /// Throws Error when the file cannot be written, or binary output would go to a terminal.
    Output(const std::string& path, Kind kind);

    bool is_file() const { return file_.has_value(); }
    void append(std::string_view text);
    /// Passes on what was appended, so that the next program of a pipe can go on.
    void flush();
    /// Everything is written: a file gets its name only here.
    void finish();

  private:
    std::optional<FileWriter> file_;
    std::string buffer_;
};

}  // namespace permloom::cli
