#include "compiler/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "compiler/base/error.h"
#include "compiler/base/file_writer.h"
#include "compiler/base/io_error.h"

namespace permloom {
namespace fs = std::filesystem;
namespace {

/// A file descriptor that closes itself.
struct Descriptor {
    int fd;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

fs::path user_directory(const char* own, const char* xdg, const char* below_home) {
    if (const char* value = std::getenv(own); value && *value) return value;
    if (const char* value = std::getenv(xdg); value && *value) return fs::path(value) / "permloom";
    if (const char* home = std::getenv("HOME"); home && *home)
        return fs::path(home) / below_home / "permloom";
    throw Error(own, "neither " + std::string(own) + " nor HOME is set",
                "set " + std::string(own) + " to a directory");
}

}  // namespace

std::vector<uint8_t> read_bytes(const fs::path& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.fd < 0) throw_io_error(path, "cannot open", errno);
    struct stat status {};
    if (::fstat(file.fd, &status) != 0) throw_io_error(path, "cannot read", errno);
    if (S_ISDIR(status.st_mode)) throw Error(path.string(), "is a directory, not a file");
    std::vector<uint8_t> bytes;
    size_t used = 0;
    for (;;) {
        bytes.resize(std::max(static_cast<size_t>(status.st_size) + 1, used + 65536));
        const ssize_t got = ::read(file.fd, bytes.data() + used, bytes.size() - used);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_io_error(path, "cannot read", errno);
        if (got == 0) break;
        used += static_cast<size_t>(got);
    }
    bytes.resize(used);
    return bytes;
}

std::string read_text(const fs::path& path) {
    const std::vector<uint8_t> bytes = read_bytes(path);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_file(const fs::path& path, std::span<const uint8_t> bytes) {
    FileWriter file(path);
    file.append(bytes);
    file.commit();
}

void write_file(const fs::path& path, std::string_view text) {
    write_file(path, std::span{reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

void make_output_directory(const fs::path& path, bool force) {
    std::error_code code;
    if (fs::exists(path, code)) {
        if (!fs::is_directory(path, code))
            throw Error(path.string(), "exists and is not a directory");
        if (!force && !fs::is_empty(path, code))
            throw Error(path.string(), "already exists and is not empty",
                        "choose another --out, or give --force to write into it");
    }
    fs::create_directories(path, code);
    if (code) throw_io_error(path, "cannot make the directory", code.value());
    if (::access(path.c_str(), W_OK | X_OK) != 0)
        throw_io_error(path, "cannot write into it", errno);
}

fs::path user_data_directory() {
    return user_directory("PERMLOOM_DATA", "XDG_DATA_HOME", ".local/share");
}

fs::path user_cache_directory() {
    return user_directory("PERMLOOM_CACHE", "XDG_CACHE_HOME", ".cache");
}

}  // namespace permloom
