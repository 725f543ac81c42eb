/// What follows the sums of a layer, as the one shape that the post-op of a chip has:
///
///     z >= 0 first, if `rectified`;  v = gain_j * z + shift_j + the layer that is added;
///     v >= 0 then, if `bounded`;  pool
///
/// A network's activation and the operations of its `then` list come in many orders; those that
/// this shape cannot say are errors here, before anything is computed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/program/chip.h"

namespace permloom {

struct PostOpForm {
    bool rectified = false;
    /// Of batch norm with its running statistics, a value each neuron; empty: 1 and 0.
    std::vector<double> gain, shift;
    std::optional<int> added;  ///< the layer whose values are added
    bool bounded = false;
    bool unit_range = false;  ///< the largest code stands for 1 (clip), not for act_range
    Pool pool = Pool::none;
    int window = 1;

    bool affine() const { return !gain.empty(); }
    /// No code stands for a value below zero.
    bool positive() const { return bounded || (rectified && !affine() && !added); }
};

/// Throws Error with `where` for an order of operations that no chip has.
PostOpForm post_op_form(const LayerSpec& spec, const LayerState& state, const std::string& where);

}  // namespace permloom
