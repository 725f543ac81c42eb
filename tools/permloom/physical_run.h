/// simulate --dut physical: whole test sets on fabricated copies.
#pragma once

#include "tools/permloom/options.h"

namespace permloom::cli {

/// The options that belong to it alone.
void add_physical_options(Options& options);
/// Throws a usage Error where one of them is given to another model.
void refuse_physical_options(const Values& values);
/// Runs it and prints; returns an ExitStatus.
int run_physical(const Values& values);

}  // namespace permloom::cli
