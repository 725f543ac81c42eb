/// What crossbar and index memory share: a line number for every output.
#pragma once

#include "compiler/perm/circuit.h"
#include "compiler/perm/permutation.h"

namespace permloom {

/// `lines` selectors of ceil(log2 lines) bits each; nothing to select with one line.
Topology selector_topology(int lines);
/// Row r is source[r].
SwitchBits select_lines(const Permutation& source);

}  // namespace permloom
