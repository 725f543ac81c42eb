/// What the integer activation codes between the layers stand for.
#pragma once

#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/passes/post_op_form.h"

namespace permloom {

/// real = (code - zero) * step for codes 0 .. hi().
struct ActivationScale {
    double step = 1.0;
    int zero = 0;
    int bits = 8;

    int hi() const { return (1 << bits) - 1; }
};

/// The scale of every layer's input codes. Throws Error naming the layer when a range is not a
/// positive number, the input has real values, or the last layer has an activation.
std::vector<ActivationScale> activation_scales(const Checkpoint& checkpoint);

/// The scale of the codes behind the post-op of every hidden layer, in front of its pool: from 0 to
/// the layer's range where nothing is below zero, else the range to both sides of the zero point
/// 2^(bits - 1). The sums of a pool have the step and the zero point of what they average.
std::vector<ActivationScale> code_scales(const Checkpoint& checkpoint);

/// The scale of the values of every hidden layer, behind its pool.
std::vector<ActivationScale> value_scales(const Checkpoint& checkpoint);

/// post_op_form of every layer.
std::vector<PostOpForm> post_op_forms(const Checkpoint& checkpoint);

}  // namespace permloom
