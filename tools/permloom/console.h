/// What people read: numbers, tables and progress.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace permloom::cli {

/// 1234567 -> "1,234,567".
std::string grouped(int64_t value);
/// 0.9567 -> "95.67 %".
std::string percent(double fraction);
/// 75.3 -> "1 min 15 s", 7.53 -> "7.5 s", 0.753 -> "0.75 s".
std::string duration(double seconds);

/// Columns lined up to their widest cell: the first to the left, the others to the right.
class Table {
  public:
    explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    /// Each line indented by two spaces.
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

/// Seconds since it was made.
class Stopwatch {
  public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Progress on standard error. On a terminal one line is rewritten; elsewhere only `note` prints, a
/// line each, so that a log stays short.
class Progress {
  public:
    /// `quiet`: nothing at all.
    explicit Progress(bool quiet);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    bool on_terminal() const { return terminal_; }
    /// True when the rewritten line is due again (a few times a second, on a terminal).
    bool due() const;
    /// Rewrites the line.
    void show(const std::string& text);
    /// Prints a line that stays.
    void note(const std::string& text);
    /// Wipes the rewritten line.
    void clear();

  private:
    bool quiet_, terminal_, shown_ = false;
    std::chrono::steady_clock::time_point last_{};
};

/// "120 of 360 images, 1,234 images/s, 3.1 s left".
std::string progress_text(uint64_t done, uint64_t total, const std::string& unit, double seconds);

}  // namespace permloom::cli
