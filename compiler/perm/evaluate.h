/// What a set of switch bits does. Never calls a router, so that a router cannot mark its own work.
#pragma once

#include "compiler/perm/circuit.h"
#include "compiler/perm/permutation.h"

namespace permloom {

/// The permutation that `topology` with `bits` realises, by passing line numbers through it.
/// Throws Error when the shapes of `bits` and `topology` differ.
Permutation evaluate(const Topology& topology, const SwitchBits& bits);

}  // namespace permloom
