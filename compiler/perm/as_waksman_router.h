/// Router of the AS-Waksman network: the looping algorithm, level by level, without recursion.
#pragma once

#include "compiler/perm/circuit.h"
#include "compiler/perm/permutation.h"

namespace permloom {

/// Switch bits with evaluate(as_waksman_topology(n), bits) == source, n = source.size() >= 1.
SwitchBits route_as_waksman(const Permutation& source);

}  // namespace permloom
