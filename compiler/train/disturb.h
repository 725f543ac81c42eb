/// Noise-aware training: what stands between the weights and a forward pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace permloom {

/// Some of a layer's weights as one forward pass is about to see them.
struct ForwardWeights {
    int layer = 0;
    uint64_t step = 0;         ///< of the whole run, from 0
    size_t first = 0;          ///< place of weights[0] in the layer, outputs x lines
    double largest = 0.0;      ///< magnitude of the layer's largest device, in the weights' unit
    std::span<float> weights;  ///< to be changed
};

/// Called on all weights before the forward pass of each step, piece by piece and from several
/// threads. What it does must follow from `layer`, `step` and the place of a weight alone. The
/// gradient goes straight through to what the optimiser moves.
using Disturb = std::function<void(const ForwardWeights&)>;

}  // namespace permloom
