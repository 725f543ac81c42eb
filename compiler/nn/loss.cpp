#include "compiler/nn/loss.h"

#include <algorithm>
#include <cmath>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// Relative difference of equal sums that were added up in different orders.
constexpr float TIE = 1e-6F;

}  // namespace

void softmax_cross_entropy(ConstMatrix logits, std::span<const uint8_t> labels, int classes,
                           float weight, Matrix gradient, std::span<double> loss) {
    PERMLOOM_ASSERT(classes >= 1 && classes <= logits.columns);
    for (int r = 0; r < logits.rows; ++r) {
        const float* z = logits.data + static_cast<long>(r) * logits.stride;
        float* g = gradient.row(r);
        const int label = labels[static_cast<size_t>(r)];
        const float largest = *std::max_element(z, z + classes);
        float sum = 0.0F;
        for (int c = 0; c < classes; ++c) {
            g[c] = std::exp(z[c] - largest);
            sum += g[c];
        }
        loss[static_cast<size_t>(r)] = std::log(static_cast<double>(sum)) - (z[label] - largest);
        for (int c = 0; c < classes; ++c)
            g[c] *= weight / sum;
        g[label] -= weight;
        std::fill(g + classes, g + gradient.columns, 0.0F);
    }
}

int predicted_class(const float* logits, int classes) {
    const float largest = *std::max_element(logits, logits + classes);
    const float tied = largest - TIE * std::abs(largest);
    return static_cast<int>(
        std::find_if(logits, logits + classes, [&](float z) { return !(z < tied); }) - logits);
}

}  // namespace permloom
