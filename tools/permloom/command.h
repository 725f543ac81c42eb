/// The subcommands of permloom. Each has its own file: parse, call the library, print, return.
#pragma once

#include <string>
#include <vector>

namespace permloom::cli {

using Arguments = std::vector<std::string>;

/// What the process exits with.
enum ExitStatus : int { OK = 0, FAILED = 1, USAGE = 2 };

struct Command {
    std::string name;
    std::string summary;                     ///< one line of `permloom --help`
    int (*run)(const Arguments& arguments);  ///< returns an ExitStatus; throws Error
};

int train_command(const Arguments& arguments);
int evaluate_command(const Arguments& arguments);
int compile_command(const Arguments& arguments);
int simulate_command(const Arguments& arguments);
int fabricate_command(const Arguments& arguments);
int emit_command(const Arguments& arguments);
int inspect_command(const Arguments& arguments);
int import_command(const Arguments& arguments);
int export_command(const Arguments& arguments);
int profile_command(const Arguments& arguments);
int plot_command(const Arguments& arguments);
int sweep_command(const Arguments& arguments);
int study_command(const Arguments& arguments);
int perm_command(const Arguments& arguments);
int fetch_command(const Arguments& arguments);

}  // namespace permloom::cli
