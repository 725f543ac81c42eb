/// Stochastic gradient descent with momentum.
#pragma once

namespace permloom {

/// v = momentum * v + g,  w -= rate * v (as in PyTorch, without dampening).
class SgdStep {
  public:
    SgdStep(double momentum, double rate)
        : momentum_(static_cast<float>(momentum)), rate_(static_cast<float>(rate)) {}
    /// Updates `count` weights and their velocity from their gradients.
    void apply(const float* gradient, float* velocity, float* weights, int count) const;

  private:
    float momentum_, rate_;
};

}  // namespace permloom
