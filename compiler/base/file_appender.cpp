#include "compiler/base/file_appender.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "compiler/base/io_error.h"

namespace permloom {
namespace {

constexpr char ACTION[] = "cannot write";

}  // namespace

FileAppender::FileAppender(std::filesystem::path path) : path_(std::move(path)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw_io_error(path_, ACTION, errno);
}

FileAppender::~FileAppender() {
    ::close(descriptor_);
}

void FileAppender::append(std::string_view text) {
    const off_t end = ::lseek(descriptor_, 0, SEEK_END);
    if (end < 0) throw_io_error(path_, ACTION, errno);
    for (size_t done = 0; done < text.size();) {
        const ssize_t put = ::write(descriptor_, text.data() + done, text.size() - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) {
            const int code = errno;
            if (::ftruncate(descriptor_, end) != 0) throw_io_error(path_, ACTION, errno);
            throw_io_error(path_, ACTION, code);
        }
        done += static_cast<size_t>(put);
    }
}

void FileAppender::sync() {
    if (::fsync(descriptor_) != 0) throw_io_error(path_, ACTION, errno);
}

}  // namespace permloom
