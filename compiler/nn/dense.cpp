#include "compiler/nn/dense.h"

#include <algorithm>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// g *= activation'(z). As in PyTorch: relu'(0) = 0, clip' is 1 on the closed interval.
void times_derivative(Nonlinearity kind, const float* z, float* g, int count) {
    switch (kind) {
        case Nonlinearity::none:
            return;
        case Nonlinearity::relu:
            for (int i = 0; i < count; ++i)
                g[i] = z[i] > 0.0F ? g[i] : 0.0F;
            return;
        case Nonlinearity::clip:
            for (int i = 0; i < count; ++i)
                g[i] = z[i] >= 0.0F && z[i] <= 1.0F ? g[i] : 0.0F;
            return;
    }
}

/// s -> z in place.
void scale_sums(const DenseLayer& layer, float* s) {
    if (layer.bias.empty() && layer.alpha == 1.0F && layer.offset == 0.0F) return;
    for (int j = 0; j < layer.outputs; ++j) {
        const float constant =
            (layer.bias.empty() ? 0.0F : layer.bias[static_cast<size_t>(j)]) - layer.offset;
        s[j] = layer.alpha * (s[j] + constant);
    }
}

}  // namespace

DenseBuffers::DenseBuffers(const std::vector<DenseLayer>& layers, int capacity)
    : capacity_(capacity) {
    PERMLOOM_ASSERT(!layers.empty() && capacity >= 1);
    const auto rows = static_cast<size_t>(capacity);
    widths_.push_back(layers.front().inputs);
    for (const DenseLayer& layer : layers) {
        PERMLOOM_ASSERT(layer.inputs == widths_.back());
        inputs_.emplace_back(rows * static_cast<size_t>(layer.inputs));
        pre_.emplace_back(rows * static_cast<size_t>(layer.outputs));
        gradient_.emplace_back(rows * static_cast<size_t>(layer.outputs));
        widths_.push_back(layer.outputs);
    }
}

Matrix DenseBuffers::view(std::vector<float>& storage, int columns) {
    return {storage.data(), capacity_, columns, columns};
}
Matrix DenseBuffers::input(size_t l) {
    return view(inputs_[l], widths_[l]);
}
Matrix DenseBuffers::pre(size_t l) {
    return view(pre_[l], widths_[l + 1]);
}
Matrix DenseBuffers::gradient(size_t l) {
    return view(gradient_[l], widths_[l + 1]);
}

void activate(Nonlinearity kind, const float* z, float* a, int count) {
    switch (kind) {
        case Nonlinearity::none:
            std::copy_n(z, count, a);
            return;
        case Nonlinearity::relu:
            for (int i = 0; i < count; ++i)
                a[i] = z[i] > 0.0F ? z[i] : 0.0F;
            return;
        case Nonlinearity::clip:
            for (int i = 0; i < count; ++i)
                a[i] = std::min(std::max(z[i], 0.0F), 1.0F);
            return;
    }
}

void forward_layer(const DenseLayer& layer, ConstMatrix x, Matrix z) {
    multiply_transposed(x, layer.matrix(), z);
    for (int r = 0; r < z.rows; ++r) scale_sums(layer, z.row(r));
}

void forward(const std::vector<DenseLayer>& layers, DenseBuffers& buffers, int begin, int end) {
    const int rows = end - begin;
    for (size_t l = 0; l < layers.size(); ++l) {
        const DenseLayer& layer = layers[l];
        const Matrix z = buffers.pre(l).block(begin, 0, rows, layer.outputs);
        forward_layer(layer, buffers.input(l).block(begin, 0, rows, layer.inputs), z);
        if (l + 1 < layers.size())
            activate(layer.nonlinearity, z.data, buffers.input(l + 1).row(begin),
                     rows * layer.outputs);
    }
}

void backward(const std::vector<DenseLayer>& layers, DenseBuffers& buffers, int begin, int end) {
    const int rows = end - begin;
    for (size_t l = layers.size(); l-- > 0;) {
        const DenseLayer& layer = layers[l];
        const Matrix g = buffers.gradient(l).block(begin, 0, rows, layer.outputs);
        const int count = rows * layer.outputs;
        if (l + 1 < layers.size())
            times_derivative(layer.nonlinearity, buffers.pre(l).row(begin), g.data, count);
        if (layer.alpha != 1.0F)
            for (int i = 0; i < count; ++i)
                g.data[i] *= layer.alpha;
        if (l > 0)
            multiply(g, layer.matrix(),
                     buffers.gradient(l - 1).block(begin, 0, rows, layer.inputs));
    }
}

}  // namespace permloom
