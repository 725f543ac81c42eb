/// Dense layers, forward and backward, on a slice of a batch.
///
/// Layer l computes s = x W^T + bias, z = alpha * (s - offset), a = activation(z); W is
/// outputs x inputs, x is batch x inputs. Samples are independent of one another until the weight
/// gradient, so each piece of the batch runs forward and backward on its own.
#pragma once

#include <vector>

#include "compiler/nn/matrix.h"

namespace permloom {

enum class Nonlinearity { none, relu, clip };  ///< clip(z, 0, 1)

struct DenseLayer {
    int inputs = 0, outputs = 0;
    Nonlinearity nonlinearity = Nonlinearity::none;
    float alpha = 1.0F, offset = 0.0F;
    std::vector<float> weights;  ///< outputs x inputs
    std::vector<float> bias;     ///< outputs, or empty

    ConstMatrix matrix() const { return {weights.data(), outputs, inputs, inputs}; }
};

/// Inputs, activations and gradients of a batch of up to `capacity` samples.
class DenseBuffers {
  public:
    DenseBuffers(const std::vector<DenseLayer>& layers, int capacity);

    int capacity() const { return capacity_; }
    /// What layer l reads: the batch for l = 0, else the activations of the layer before.
    Matrix input(size_t l);
    /// Pre-activation of layer l; logits for the last one.
    Matrix pre(size_t l);
    /// d loss / d s of layer l after `backward`; the loss writes d loss / d z of the last layer.
    Matrix gradient(size_t l);

  private:
    Matrix view(std::vector<float>& storage, int columns);

    int capacity_;
    std::vector<std::vector<float>> inputs_, pre_, gradient_;
    std::vector<int> widths_;
};

/// z of one layer for the rows of x.
void forward_layer(const DenseLayer& layer, ConstMatrix x, Matrix z);

/// Samples [begin, end): fills pre(l) and input(l + 1) from input(0).
void forward(const std::vector<DenseLayer>& layers, DenseBuffers& buffers, int begin, int end);

/// Samples [begin, end): from gradient(last) = d loss / d z, fills gradient(l) = d loss / d s.
void backward(const std::vector<DenseLayer>& layers, DenseBuffers& buffers, int begin, int end);

/// a = activation(z), for `count` values.
void activate(Nonlinearity kind, const float* z, float* a, int count);

}  // namespace permloom
