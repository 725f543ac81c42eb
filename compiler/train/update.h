/// One step of whichever optimiser a description names.
#pragma once

#include <variant>

#include "compiler/nn/adam.h"
#include "compiler/nn/sgd.h"
#include "compiler/spec/training.h"

namespace permloom {

using UpdateStep = std::variant<AdamStep, SgdStep>;

/// Step t = 1, 2, ... at this learning rate.
UpdateStep update_step(const TrainingSpec& training, double rate, int64_t t);

/// Moves `count` weights; `first` and `second` are the optimiser's state for them.
void apply(const UpdateStep& step, const float* gradient, float* first, float* second,
           float* weights, int count);

}  // namespace permloom
