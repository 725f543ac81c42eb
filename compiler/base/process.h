/// Running another program: an argument vector, never a shell.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace permloom {

struct ProcessResult {
    int status = 0;      ///< exit status; 128 + signal where a signal ended it
    std::string output;  ///< standard output and standard error, as they came
};

/// Runs `arguments[0]` (found in PATH) with standard input closed and waits for its end. Throws
/// Error where the program does not exist or cannot be started.
ProcessResult run_process(const std::vector<std::string>& arguments,
                          const std::filesystem::path& directory = ".");

}  // namespace permloom
