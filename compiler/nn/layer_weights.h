/// The numbers that one layer computes with, as the forward pass reads them.
#pragma once

#include <vector>

#include "compiler/nn/matrix.h"
#include "compiler/spec/layer.h"

namespace permloom {

/// y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, per channel.
struct BatchNormWeights {
    std::vector<float> gamma, beta, mean, variance;
    float momentum = BATCH_NORM_MOMENTUM;  ///< share of the old running statistics that stays

    explicit BatchNormWeights(int channels = 0);
};

/// s = W x (dense: x is the whole input; convolution: the window), z = alpha * (s + bias - offset).
struct LayerWeights {
    int inputs = 0, outputs = 0;
    float alpha = 1.0F, offset = 0.0F;
    std::vector<float> weights;                 ///< outputs x inputs
    std::vector<float> bias;                    ///< outputs, or empty
    std::vector<BatchNormWeights> batch_norms;  ///< in the order of the layer's `then`

    ConstMatrix matrix() const { return {weights.data(), outputs, inputs, inputs}; }
};

/// z from s, in place; one row an image.
void scale_sums(const LayerWeights& layer, Matrix sums);

}  // namespace permloom
