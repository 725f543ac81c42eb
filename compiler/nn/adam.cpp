#include "compiler/nn/adam.h"

#include <cmath>

namespace permloom {

AdamStep::AdamStep(const AdamSettings& settings, double rate, int64_t t)
    : beta1_(static_cast<float>(settings.beta1)),
      rest1_(static_cast<float>(1.0 - settings.beta1)),
      beta2_(static_cast<float>(settings.beta2)),
      rest2_(static_cast<float>(1.0 - settings.beta2)),
      epsilon_(static_cast<float>(settings.epsilon)),
      rate_(static_cast<float>(rate *
                               std::sqrt(1.0 - std::pow(settings.beta2, static_cast<double>(t))) /
                               (1.0 - std::pow(settings.beta1, static_cast<double>(t))))),
      kept_(static_cast<float>(1.0 - rate * settings.weight_decay)) {}

void AdamStep::apply(const float* __restrict gradient, float* __restrict first,
                     float* __restrict second, float* __restrict weights, int count) const {
    for (int i = 0; i < count; ++i) {
        const float g = gradient[i];
        const float m = beta1_ * first[i] + rest1_ * g;
        const float v = beta2_ * second[i] + rest2_ * (g * g);
        first[i] = m;
        second[i] = v;
        weights[i] = kept_ * weights[i] - rate_ * m / (std::sqrt(v) + epsilon_);
    }
}

}  // namespace permloom
