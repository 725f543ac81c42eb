/// Accuracy and loss of dense layers on a list of images.
#pragma once

#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/nn/dense.h"
#include "compiler/train/inputs.h"

namespace permloom {

Score evaluate(const std::vector<DenseLayer>& layers, const Inputs& inputs,
               std::span<const int32_t> images, int classes, ThreadPool& pool);

/// 0, 1, ..., count - 1.
std::vector<int32_t> all_images(int count);

}  // namespace permloom
