/// Stuck switches on the command line.
#pragma once

#include <vector>

#include "compiler/perm/circuits.h"
#include "compiler/perm/fault_router.h"
#include "tools/permloom/options.h"

namespace permloom::cli {

/// --stuck and --limit.
void add_fault_options(Options& options);

/// "2:0:1,4:3:0". Throws a usage Error where the circuit cannot be routed around them.
std::vector<StuckSwitch> stuck_option(const Values& values, const Circuit& circuit);

/// Switch bits in spite of `stuck`. Throws Error where there are none, or none was found in time.
SwitchBits route_around_option(const Values& values, const Circuit& circuit,
                               const PartialPermutation& source,
                               const std::vector<StuckSwitch>& stuck);

}  // namespace permloom::cli
