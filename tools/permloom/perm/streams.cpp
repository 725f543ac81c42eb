#include "tools/permloom/perm/streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "compiler/base/error.h"
#include "compiler/base/io_error.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

constexpr size_t READ_SIZE = size_t{1} << 18;
constexpr size_t WRITE_SIZE = size_t{1} << 16;
constexpr size_t LONGEST_LINE = size_t{1} << 28;

bool is_skipped(std::string_view line) {
    const size_t first = line.find_first_not_of(" \t\r\v\f");
    return first == std::string_view::npos || line[first] == '#';
}

}  // namespace

Input::Input(const std::string& path)
    : name_(path == "-" ? "standard input" : path),
      descriptor_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
      buffer_(READ_SIZE) {
    if (descriptor_ < 0) throw_io_error(path, "cannot open", errno);
}

Input::~Input() {
    if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

bool Input::fill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (buffer_.size() < end_ + READ_SIZE) buffer_.resize(std::max(end_ + READ_SIZE, 2 * end_));
    for (;;) {
        const ssize_t got = ::read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_io_error(name_, "cannot read", errno);
        end_ += static_cast<size_t>(got);
        return got > 0;
    }
}

void Input::take(size_t count) {
    begin_ += count;
    position_ += count;
}

bool Input::line_at_hand() const {
    return std::memchr(buffer_.data() + begin_, '\n', end_ - begin_) != nullptr;
}

std::optional<std::string_view> Input::next_line() {
    for (;;) {
        const size_t length = line_length();
        const bool has_end = length < end_ - begin_;
        if (length == 0 && !has_end) return std::nullopt;
        const std::string_view line(reinterpret_cast<const char*>(buffer_.data()) + begin_, length);
        take(length + (has_end ? 1 : 0));
        ++line_;
        if (!is_skipped(line)) return line;
    }
}

/// Of the line that begins at `begin_`, without its end; reads on until the line is complete.
size_t Input::line_length() {
    for (size_t searched = 0;;) {
        const auto* from = buffer_.data() + begin_ + searched;
        if (const void* end = std::memchr(from, '\n', end_ - begin_ - searched))
            return searched + static_cast<size_t>(static_cast<const uint8_t*>(end) - from);
        searched = end_ - begin_;
        if (searched > LONGEST_LINE)
            throw Error(name_, "line " + std::to_string(line_ + 1) + " has no end",
                        "is this binary data? --format and --permutations name it");
        if (!fill()) return searched;
    }
}

std::string Input::line_name() const {
    return name_ + ", line " + std::to_string(line_);
}

std::span<const uint8_t> Input::next_bytes(size_t count) {
    while (end_ - begin_ < count && fill()) {
    }
    const auto bytes = std::span(buffer_).subspan(begin_, std::min(count, end_ - begin_));
    take(bytes.size());
    return bytes;
}

size_t Input::read(std::span<uint8_t> bytes) {
    if (begin_ == end_ && !fill()) return 0;
    const size_t count = std::min(bytes.size(), end_ - begin_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), count, bytes.begin());
    take(count);
    return count;
}

Output::Output(const std::string& path, Kind kind) {
    if (path == "-") {
        if (kind == Kind::binary && ::isatty(STDOUT_FILENO) == 1)
            throw Error("standard output", "binary output on a terminal",
                        "give --out FILE, or pipe it into the next command", ErrorKind::usage);
        return;
    }
    std::error_code code;
    if (fs::exists(path, code) && !fs::is_regular_file(path, code))
        throw Error(path, "exists and is not a regular file", "--out - writes to standard output");
    file_.emplace(path);
}

void Output::append(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= WRITE_SIZE) flush();
}

void Output::flush() {
    if (file_) {
        file_->append(buffer_);
    } else if (std::fwrite(buffer_.data(), 1, buffer_.size(), stdout) != buffer_.size() ||
               std::fflush(stdout) != 0) {
        throw Error("standard output", std::string("cannot write: ") + std::strerror(errno));
    }
    buffer_.clear();
}

void Output::finish() {
    flush();
    if (file_) file_->commit();
}

}  // namespace permloom::cli
