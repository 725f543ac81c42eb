/// Running the tools that turn a design into a plug-in. Argument vectors only, never a shell.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace permloom {

struct ToolCall {
    std::vector<std::string> arguments;  ///< the first is the program, looked up on PATH
    std::string package;                 ///< Debian package that brings the program
    std::filesystem::path log;           ///< takes stdout and stderr; overwritten
};

/// A tool ended with a status other than 0; thrown to who knows what it was doing.
struct ToolFailure {
    std::string program, output;
    int status = 0;
};

/// Runs `calls` in `directory`, up to `at_once` at a time, and returns when all have ended. Their
/// stdin is empty. Throws Error when a program is missing (naming its package) or was killed by a
/// signal, ToolFailure when one failed (the first in order).
void run_tools(std::span<const ToolCall> calls, const std::filesystem::path& directory,
               unsigned at_once = 1);

}  // namespace permloom
