/// Dense networks as plain loops in double precision: what the kernels are tested against.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "compiler/base/rng.h"
#include "compiler/nn/dense.h"

namespace permloom::testing {

/// A layer with its constants in double precision.
struct PlainLayer {
    int inputs = 0, outputs = 0;
    Nonlinearity nonlinearity = Nonlinearity::none;
    double alpha = 1.0, offset = 0.0;
    std::vector<double> weights, bias;
};

inline PlainLayer plain(const DenseLayer& layer) {
    return {layer.inputs,
            layer.outputs,
            layer.nonlinearity,
            layer.alpha,
            layer.offset,
            {layer.weights.begin(), layer.weights.end()},
            {layer.bias.begin(), layer.bias.end()}};
}

inline double plain_activation(Nonlinearity kind, double z) {
    if (kind == Nonlinearity::relu) return std::max(z, 0.0);
    if (kind == Nonlinearity::clip) return std::clamp(z, 0.0, 1.0);
    return z;
}

inline std::vector<double> plain_layer(const PlainLayer& layer, const std::vector<double>& x) {
    std::vector<double> z;
    for (int j = 0; j < layer.outputs; ++j) {
        double s = layer.bias.empty() ? 0.0 : layer.bias[static_cast<size_t>(j)];
        for (int i = 0; i < layer.inputs; ++i)
            s += layer.weights[static_cast<size_t>(j * layer.inputs + i)] *
                 x[static_cast<size_t>(i)];
        z.push_back(layer.alpha * (s - layer.offset));
    }
    return z;
}

/// Logits of one sample.
inline std::vector<double> plain_forward(const std::vector<PlainLayer>& layers,
                                         std::vector<double> x) {
    for (const PlainLayer& layer : layers) {
        x = plain_layer(layer, x);
        for (double& z : x)
            z = plain_activation(layer.nonlinearity, z);
    }
    return x;
}

inline double plain_loss(const std::vector<double>& logits, int label, int classes) {
    double sum = 0.0;
    for (int c = 0; c < classes; ++c)
        sum += std::exp(logits[static_cast<size_t>(c)]);
    return std::log(sum) - logits[static_cast<size_t>(label)];
}

/// Mean loss of a batch of rows.
inline double plain_batch_loss(const std::vector<PlainLayer>& layers,
                               const std::vector<std::vector<double>>& x,
                               const std::vector<uint8_t>& labels, int classes) {
    double total = 0.0;
    for (size_t b = 0; b < x.size(); ++b)
        total += plain_loss(plain_forward(layers, x[b]), labels[b], classes);
    return total / static_cast<double>(x.size());
}

/// d loss / d parameter by central differences; `parameter` lies inside `layers`.
inline double plain_derivative(const std::vector<PlainLayer>& layers, double& parameter,
                               const std::vector<std::vector<double>>& x,
                               const std::vector<uint8_t>& labels, int classes) {
    constexpr double STEP = 1e-6;
    const double at = parameter;
    parameter = at + STEP;
    const double above = plain_batch_loss(layers, x, labels, classes);
    parameter = at - STEP;
    const double below = plain_batch_loss(layers, x, labels, classes);
    parameter = at;
    return (above - below) / (2.0 * STEP);
}

inline std::vector<float> random_floats(size_t count, Rng& rng, double low = -1.0,
                                        double high = 1.0) {
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(rng.uniform(low, high));
    return values;
}

}  // namespace permloom::testing
