/// Adam as Keras writes it (epsilon outside the bias correction).
#pragma once

#include <cstdint>

namespace permloom {

struct AdamSettings {
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
    double weight_decay = 0.0;  ///< decoupled (AdamW, Loshchilov and Hutter, 2019)
};

/// One step, t = 1, 2, ...:
///     m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
///     w -= rate * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps) + rate * weight_decay * w
class AdamStep {
  public:
    AdamStep(const AdamSettings& settings, double rate, int64_t t);
    /// Updates `count` weights and their moments from their gradients.
    void apply(const float* gradient, float* first, float* second, float* weights, int count) const;

  private:
    float beta1_, rest1_, beta2_, rest2_, epsilon_, rate_, kept_;
};

}  // namespace permloom
