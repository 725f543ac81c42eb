#include "compiler/base/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "compiler/base/io_error.h"

namespace permloom {

FileWriter::FileWriter(std::filesystem::path path)
    : path_(std::move(path)), temporary_(path_.string() + ".XXXXXX") {
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

void FileWriter::fail(int code) const {
    throw_io_error(path_, "cannot write", code);
}

}  // namespace permloom
