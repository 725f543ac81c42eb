/// A first layer whose inputs are mostly zero (four pixels of five of MNIST are): products that
/// visit the others only.
///
/// Weights and their gradient lie in panels of 16 neurons, line by line, so that one input value
/// meets 16 weights in one vector. Panels and scratch memory start on a cache line.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/nn/aligned.h"
#include "compiler/nn/matrix.h"

namespace permloom {

/// The values of a batch that are not zero. Image b owns entries [b * width, b * width + count[b]).
struct SparseRows {
    int width = 0;
    std::vector<int32_t> count;
    std::vector<int32_t> line;
    std::vector<float> value;

    SparseRows() = default;
    SparseRows(int images, int lines);
};

inline constexpr int PANEL = 16;

inline int panels_of(int neurons) {
    return (neurons + PANEL - 1) / PANEL;
}

/// Panel `panel` of `weights` (neurons x lines): PANEL x lines floats, neurons beyond the last 0.
void pack_panel(ConstMatrix weights, int panel, float* packed);

/// z = x W^T for images [begin, begin + z.rows); `packed` holds all panels.
void multiply_sparse(const SparseRows& x, int begin, const float* packed, Matrix z);

/// Gradient rows of the neurons of one panel: result (up to PANEL x lines) = g^T x over `images`
/// images, g being images x neurons. `scratch` holds PANEL x lines floats.
void sparse_gradient(const SparseRows& x, int images, ConstMatrix g, int panel, float* scratch,
                     Matrix result);

}  // namespace permloom
