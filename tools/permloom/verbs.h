/// Subcommands that have verbs of their own: `permloom perm encode`.
#pragma once

#include "tools/permloom/command.h"

namespace permloom::cli {

/// Runs the verb that `arguments` begin with, or prints `help`. Throws a usage Error for an unknown
/// verb of `command`.
int run_verb(const std::string& command, const std::vector<Command>& verbs, const std::string& help,
             const Arguments& arguments);

}  // namespace permloom::cli
