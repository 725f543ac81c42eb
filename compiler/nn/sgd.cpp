#include "compiler/nn/sgd.h"

namespace permloom {

void SgdStep::apply(const float* __restrict gradient, float* __restrict velocity,
                    float* __restrict weights, int count) const {
    for (int i = 0; i < count; ++i) {
        velocity[i] = momentum_ * velocity[i] + gradient[i];
        weights[i] -= rate_ * velocity[i];
    }
}

}  // namespace permloom
