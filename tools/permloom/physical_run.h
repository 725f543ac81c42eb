/// simulate --dut physical: whole test sets on fabricated copies.
#pragma once

#include "tools/permloom/options.h"

namespace permloom::cli {

/// Runs it and prints; returns an ExitStatus.
int run_physical(const Values& values);

}  // namespace permloom::cli
