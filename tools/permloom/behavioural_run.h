/// simulate --dut physical-systemc: one fabricated copy, cycle by cycle.
#pragma once

#include "tools/permloom/options.h"

namespace permloom::cli {

/// Runs it beside the model without cycles and prints; returns an ExitStatus. Throws Error naming
/// the first difference.
int run_behavioural(const Values& values);

}  // namespace permloom::cli
