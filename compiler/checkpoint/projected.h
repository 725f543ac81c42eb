/// The weights that a checkpoint's wiring makes of its devices.
#pragma once

#include <vector>

#include "compiler/checkpoint/checkpoint.h"

namespace permloom {

/// W[j][source[j][r]] = profile[bank][r], outputs x lines: the columns of rail dual are its inputs,
/// then their complements.
std::vector<float> projected_lines(const LayerState& state, const LayerSpec& spec);

/// The same over real inputs, outputs x inputs, with rail dual written out:
/// sum_i p_i x_i + q_i (c - x_i) = sum_i (p_i - q_i) x_i + c sum_i q_i.
struct RealWeights {
    std::vector<float> weights;  ///< outputs x inputs
    std::vector<float> bias;     ///< outputs: the constant of the complements and the layer's bias
};
RealWeights real_weights(const Checkpoint& checkpoint, size_t layer);

}  // namespace permloom
