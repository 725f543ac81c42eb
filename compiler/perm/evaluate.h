/// What a set of switch bits does. Never calls a router, so that a router cannot mark its own work.
#pragma once

#include "compiler/perm/circuit.h"
#include "compiler/perm/permutation.h"

namespace permloom {

/// The permutation that `topology` with `bits` realises: line numbers pass through the switches, or
/// each selector takes its line. Throws Error when the shapes differ or two selectors take one
/// line.
Permutation evaluate(const Topology& topology, const SwitchBits& bits);

}  // namespace permloom
