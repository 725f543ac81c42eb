/// Constants of a layer that are measured on training images.
#pragma once

#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/train/inputs.h"
#include "compiler/train/net.h"

namespace permloom {

/// Before the first step, on the first 2000 of `images`, layer by layer: alpha brings the
/// pre-activation to standard deviation `gain` (the logits to `beta`); offset is its mean (rail
/// single, unsigned devices) or half the largest sum (rail dual). Only layers whose algorithm
/// calibrates.
void calibrate_constants(const NetworkSpec& network, TrainingNet& net, const Inputs& inputs,
                         std::span<const int32_t> images, ThreadPool& pool);

/// At the end: act_range of every hidden layer. 1 after clip. After ReLU the quantile f of the
/// activations of 5000 images, f of {.99, .999, 1} chosen by the accuracy with rounded activations
/// on the next 10000; with fewer images than that, half of them each. Networks that are no chain of
/// dense layers: the quantile .999 of the magnitudes of 100 images.
void calibrate_ranges(const NetworkSpec& network, std::vector<LayerState>& layers, int classes,
                      const Inputs& inputs, std::span<const int32_t> images, ThreadPool& pool);

}  // namespace permloom
