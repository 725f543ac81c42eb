/// What route and evaluate share: the circuit, and how its switch bits are written.
#pragma once

#include <string>

#include "compiler/perm/circuits.h"
#include "compiler/perm/switch_text.h"
#include "tools/permloom/options.h"

namespace permloom::cli {

enum class SwitchFormat { text, hex, binary };

/// --circuit and --format.
void add_circuit_options(Options& options);

const Circuit& circuit_option(const Values& values);
SwitchFormat switch_format_option(const Values& values);
/// Of a format that is not binary.
SwitchDigits digits_of(SwitchFormat format);

}  // namespace permloom::cli
