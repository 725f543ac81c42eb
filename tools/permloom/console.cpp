#include "tools/permloom/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace permloom::cli {
namespace {

constexpr auto REFRESH = std::chrono::milliseconds(150);

size_t terminal_width() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
    return size.ws_col;
}

}  // namespace

std::string grouped(int64_t value) {
    std::string digits = std::to_string(value);
    const size_t first = value < 0 ? 1 : 0;
    for (size_t i = digits.size(); i > first + 3;)
        digits.insert(i -= 3, 1, ',');
    return digits;
}

std::string percent(double fraction) {
    return fmt::format("{:.2f} %", 100.0 * fraction);
}

std::string duration(double seconds) {
    if (seconds < 1.0) return fmt::format("{:.2f} s", std::max(0.0, seconds));
    if (seconds < 10.0) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<int64_t>(std::llround(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string Table::text() const {
    std::vector<size_t> widths;
    for (const auto& row : rows_)
        for (size_t i = 0; i < row.size(); ++i) {
            if (i == widths.size()) widths.push_back(0);
            widths[i] = std::max(widths[i], row[i].size());
        }
    std::string text;
    for (const auto& row : rows_) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i)
            line += i == 0 ? fmt::format("  {:<{}}", row[i], widths[i])
                           : fmt::format("  {:>{}}", row[i], widths[i]);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(!quiet && ::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    clear();
}

bool Progress::due() const {
    return terminal_ && std::chrono::steady_clock::now() - last_ >= REFRESH;
}

void Progress::show(const std::string& text) {
    if (!terminal_) return;
    fmt::print(stderr, "\r\033[K{}", text.substr(0, terminal_width() - 1));
    std::fflush(stderr);
    shown_ = true;
    last_ = std::chrono::steady_clock::now();
}

void Progress::note(const std::string& text) {
    if (quiet_) return;
    clear();
    fmt::print(stderr, "{}\n", text);
}

void Progress::clear() {
    if (!shown_) return;
    fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
    shown_ = false;
}

std::string progress_text(uint64_t done, uint64_t total, const std::string& unit, double seconds) {
    const double rate = seconds > 0.0 ? static_cast<double>(done) / seconds : 0.0;
    const double left = rate > 0.0 ? static_cast<double>(total - done) / rate : 0.0;
    return fmt::format("{} of {} {}, {} {}/s, {} left", grouped(static_cast<int64_t>(done)),
                       grouped(static_cast<int64_t>(total)), unit,
                       grouped(static_cast<int64_t>(rate)), unit, duration(left));
}

}  // namespace permloom::cli
