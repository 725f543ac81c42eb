/// What the integer activation codes between the layers stand for.
#pragma once

#include <vector>

#include "compiler/checkpoint/checkpoint.h"

namespace permloom {

/// real = (code - zero) * step for codes 0 .. hi().
struct ActivationScale {
    double step = 1.0;
    int zero = 0;
    int bits = 8;

    int hi() const { return (1 << bits) - 1; }
};

/// The scale of every layer's input codes: the network's input first, then what each hidden layer
/// writes (act_range / hi after a ReLU, 1 / hi after a clip). Throws Error naming the layer when a
/// range is not a positive number, or an activation is missing or not expected.
std::vector<ActivationScale> activation_scales(const Checkpoint& checkpoint);

}  // namespace permloom
