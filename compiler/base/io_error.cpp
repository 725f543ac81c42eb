#include "compiler/base/io_error.h"

#include <cerrno>
#include <cstring>

#include "compiler/base/error.h"

namespace permloom {

void throw_io_error(const std::filesystem::path& path, const std::string& action, int code) {
    std::string hint;
    if (code == ENOENT) hint = "check the path";
    if (code == EACCES || code == EROFS) hint = "choose a path that you may use";
    if (code == ENOSPC) hint = "the disk is full; nothing was changed";
    if (code == EDQUOT) hint = "the disk quota is used up; nothing was changed";
    if (code == EFBIG) hint = "files may not grow that large here (ulimit -f); nothing was changed";
    throw Error(path.string(), action + ": " + std::strerror(code), hint);
}

}  // namespace permloom
