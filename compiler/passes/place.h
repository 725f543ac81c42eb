/// place: integer devices + wiring by rank -> a chip and the wiring of its slots.
///
/// A checkpoint speaks of ranks: source[r] is the line of the r-th smallest weight. A chip has
/// slots. On a new chip slot and rank are one, because its banks are sorted by value:
///
///     before   devices -2 0 1 3   source by rank  c a d b
///     after    bank    -2 0 1 3   source by slot  c a d b
///
/// With `onto` the chip exists: every neuron must find its own devices in its bank (the same
/// values, equally often), and rank r goes to the slot that holds the r-th smallest device there.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/passes/quantise.h"
#include "compiler/perm/permutation.h"
#include "compiler/program/chip.h"
#include "compiler/spec/target.h"

namespace permloom {

struct PlaceOptions {
    TargetSpec target;           ///< of a new chip
    std::string name;            ///< of a new chip
    const Chip* onto = nullptr;  ///< place on this chip instead
    /// Of a target with engine `auto`, which needs it: gives every layer of the new chip, all of
    /// engine `serial` with one lane, the engine and lanes that it is to have.
    std::function<void(Chip&)> choose_engines = {};
};

/// Source of every layer and neuron, by slot.
using Sources = std::vector<std::vector<Permutation>>;

struct Placement {
    Chip chip;
    Sources sources;
};

/// Throws Error: an engine or circuit that does not exist, a shape or width of the chip that
/// differs from the network's (naming the layer), other devices (naming the neuron).
Placement place(const Checkpoint& checkpoint, const Quantised& quantised,
                const PlaceOptions& options);

}  // namespace permloom
