#include "compiler/base/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "compiler/base/io_error.h"

namespace permloom {
namespace {

/// The ending of temporary files; mkostemp fills in the last six characters.
constexpr std::string_view MARK = ".tmp-", SUFFIX = ".tmp-XXXXXX";

}  // namespace

FileWriter::FileWriter(std::filesystem::path path)
    : path_(std::move(path)), temporary_(path_.string() + std::string(SUFFIX)) {
    descriptor_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
    if (descriptor_ < 0) fail(errno);
}

FileWriter::~FileWriter() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void FileWriter::append(std::span<const uint8_t> bytes) {
    for (size_t done = 0; done < bytes.size();) {
        const ssize_t put = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) fail(errno);
        done += static_cast<size_t>(put);
    }
}

void FileWriter::append(std::string_view text) {
    append(std::span{reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

void FileWriter::commit() {
    // mkostemp makes private files; results are as readable as the user's umask says.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(descriptor_, 0666 & ~mask) != 0 || ::fsync(descriptor_) != 0) fail(errno);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
    temporary_.clear();
}

void FileWriter::remove_leftovers(const std::filesystem::path& path) {
    const std::string prefix = path.filename().string() + std::string(MARK);
    const size_t length = path.filename().string().size() + SUFFIX.size();
    std::error_code code;
    std::vector<std::filesystem::path> leftovers;
    for (const auto& entry : std::filesystem::directory_iterator(path.parent_path(), code)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && name.size() == length) leftovers.push_back(entry.path());
    }
    for (const auto& leftover : leftovers)
        std::filesystem::remove(leftover, code);
}

void FileWriter::fail(int code) const {
    throw_io_error(path_, "cannot write", code);
}

}  // namespace permloom
