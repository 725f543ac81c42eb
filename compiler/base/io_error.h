/// The Error of a system call on a file: the reason in words, and what to do about it.
#pragma once

#include <filesystem>
#include <string>

namespace permloom {

/// `code` is errno's value.
[[noreturn]] void throw_io_error(const std::filesystem::path& path, const std::string& action,
                                 int code);

}  // namespace permloom
