/// Networks as plain loops in double precision: what the kernels are tested against.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "compiler/base/rng.h"
#include "compiler/nn/layer_weights.h"
#include "compiler/spec/network.h"

namespace permloom::testing {

/// Calls product(y, w, x) with the indices of every product of a layer's sums for one image: sum y
/// grows by weight w times input x. Zeros around a map take no part.
template <class Product>
void for_each_product(const LayerSpec& layer, Product product) {
    const Shape &in = layer.input, &out = layer.map;
    if (!layer.convolves) {
        for (int j = 0; j < layer.outputs; ++j)
            for (int i = 0; i < layer.inputs; ++i)
                product(j, j * layer.inputs + i, i);
        return;
    }
    const int kernel = layer.conv.kernel, stride = layer.conv.stride;
    const auto zeros_before = [&](int extent, int windows) {
        const int zeros = std::max((windows - 1) * stride + kernel - extent, 0);
        return layer.conv.padding == Padding::same ? zeros / 2 : 0;
    };
    const int top = zeros_before(in.rows, out.rows);
    const int left = zeros_before(in.columns, out.columns);
    for (int row = 0; row < out.rows; ++row)
        for (int column = 0; column < out.columns; ++column)
            for (int i = 0; i < kernel; ++i)
                for (int j = 0; j < kernel; ++j) {
                    const int r = row * stride + i - top, c = column * stride + j - left;
                    if (r < 0 || r >= in.rows || c < 0 || c >= in.columns) continue;
                    for (int o = 0; o < out.channels; ++o)
                        for (int k = 0; k < in.channels; ++k)
                            product((row * out.columns + column) * out.channels + o,
                                    ((o * kernel + i) * kernel + j) * in.channels + k,
                                    (r * in.columns + c) * in.channels + k);
                }
}

/// A map of each image of a batch: row, column, channel.
using PlainMaps = std::vector<std::vector<double>>;

struct PlainBatchNorm {
    std::vector<double> gamma, beta, mean, variance;
};

struct PlainLayer {
    double alpha = 1.0, offset = 0.0;
    std::vector<double> weights, bias;
    std::vector<PlainBatchNorm> norms;
};

/// Dropout is left out: it is as in inference.
struct PlainNetwork {
    NetworkSpec spec;
    std::vector<PlainLayer> layers;
    bool batch_statistics = false;

    PlainNetwork(const NetworkSpec& network, const std::vector<LayerWeights>& weights)
        : spec(network) {
        const auto copy = [](const std::vector<float>& values) {
            return std::vector<double>(values.begin(), values.end());
        };
        for (const LayerWeights& from : weights) {
            PlainLayer layer{from.alpha, from.offset, copy(from.weights), copy(from.bias), {}};
            for (const BatchNormWeights& norm : from.batch_norms)
                layer.norms.push_back(
                    {copy(norm.gamma), copy(norm.beta), copy(norm.mean), copy(norm.variance)});
            layers.push_back(std::move(layer));
        }
    }
};

/// z of every image.
inline PlainMaps plain_sums(const LayerSpec& spec, const PlainLayer& layer, const PlainMaps& x) {
    PlainMaps z;
    for (const auto& image : x) {
        std::vector<double> sums(static_cast<size_t>(spec.map.size()));
        for_each_product(spec, [&](int y, int w, int in) {
            sums[static_cast<size_t>(y)] +=
                layer.weights[static_cast<size_t>(w)] * image[static_cast<size_t>(in)];
        });
        for (size_t i = 0; i < sums.size(); ++i) {
            const size_t neuron = i % static_cast<size_t>(spec.outputs);
            const double bias = layer.bias.empty() ? 0.0 : layer.bias[neuron];
            sums[i] = layer.alpha * (sums[i] + bias - layer.offset);
        }
        z.push_back(std::move(sums));
    }
    return z;
}

inline void plain_activation(Activation kind, PlainMaps& maps) {
    for (auto& map : maps)
        for (double& value : map) {
            if (kind == Activation::relu) value = std::max(value, 0.0);
            if (kind == Activation::clip) value = std::clamp(value, 0.0, 1.0);
        }
}

/// Sets mean and variance of `norm` to those of the maps.
inline void plain_statistics(const PlainMaps& maps, PlainBatchNorm& norm) {
    const size_t channels = norm.gamma.size();
    const double count = static_cast<double>(maps.size() * maps[0].size() / channels);
    norm.mean.assign(channels, 0.0);
    norm.variance.assign(channels, 0.0);
    for (const auto& map : maps)
        for (size_t i = 0; i < map.size(); ++i)
            norm.mean[i % channels] += map[i] / count;
    for (const auto& map : maps)
        for (size_t i = 0; i < map.size(); ++i) {
            const double from_mean = map[i] - norm.mean[i % channels];
            norm.variance[i % channels] += from_mean * from_mean / count;
        }
}

inline void plain_batch_norm(const PlainBatchNorm& norm, PlainMaps& maps) {
    for (auto& map : maps)
        for (size_t i = 0; i < map.size(); ++i) {
            const size_t c = i % norm.gamma.size();
            map[i] = norm.gamma[c] * (map[i] - norm.mean[c]) /
                         std::sqrt(norm.variance[c] + double{BATCH_NORM_EPSILON}) +
                     norm.beta[c];
        }
}

/// Windows of rows x columns, side by side; `largest`, or else the mean, of each.
inline void plain_pool(Shape& shape, int rows, int columns, bool largest, PlainMaps& maps) {
    const Shape out{shape.rows / rows, shape.columns / columns, shape.channels};
    for (auto& map : maps) {
        std::vector<double> pooled;
        for (int row = 0; row < out.rows; ++row)
            for (int column = 0; column < out.columns; ++column)
                for (int c = 0; c < out.channels; ++c) {
                    double sum = 0.0, most = -INFINITY;
                    for (int i = 0; i < rows; ++i)
                        for (int j = 0; j < columns; ++j) {
                            const int at = (row * rows + i) * shape.columns + column * columns + j;
                            const double value = map[static_cast<size_t>(at * shape.channels + c)];
                            sum += value;
                            most = std::max(most, value);
                        }
                    pooled.push_back(largest ? most : sum / (rows * columns));
                }
        map = std::move(pooled);
    }
    shape = out;
}

/// What one pass computes, a layer each.
struct PlainPass {
    std::vector<PlainMaps> sums, outputs;
    std::vector<std::vector<PlainBatchNorm>> norms;  ///< with the statistics that were used

    const PlainMaps& logits() const { return sums.back(); }
};

inline PlainPass plain_forward(const PlainNetwork& network, const PlainMaps& x) {
    PlainPass pass;
    const auto output = [&](int layer) -> const PlainMaps& {
        return layer == NETWORK_INPUT ? x : pass.outputs[static_cast<size_t>(layer)];
    };
    for (size_t l = 0; l < network.layers.size(); ++l) {
        const LayerSpec& spec = network.spec.layers[l];
        PlainMaps maps = plain_sums(spec, network.layers[l], output(spec.from));
        pass.sums.push_back(maps);
        pass.norms.push_back(network.layers[l].norms);
        plain_activation(spec.activation, maps);
        Shape shape = spec.map;
        size_t norms = 0;
        for (const OpSpec& op : spec.then) {
            if (std::holds_alternative<BatchNormSpec>(op)) {
                PlainBatchNorm& norm = pass.norms[l][norms++];
                if (network.batch_statistics) plain_statistics(maps, norm);
                plain_batch_norm(norm, maps);
            }
            if (const auto* activation = std::get_if<ActivationSpec>(&op))
                plain_activation(activation->kind, maps);
            if (const auto* max = std::get_if<MaxPoolSpec>(&op))
                plain_pool(shape, max->window, max->window, true, maps);
            if (const auto* average = std::get_if<AveragePoolSpec>(&op)) {
                const int window = average->window;
                plain_pool(shape, window ? window : shape.rows, window ? window : shape.columns,
                           false, maps);
            }
            if (std::holds_alternative<FlattenSpec>(op)) shape = {1, 1, shape.size()};
            if (const auto* add = std::get_if<AddSpec>(&op))
                for (size_t b = 0; b < maps.size(); ++b)
                    for (size_t i = 0; i < maps[b].size(); ++i)
                        maps[b][i] += output(add->layer)[b][i];
        }
        pass.outputs.push_back(std::move(maps));
    }
    return pass;
}

inline double plain_loss(const std::vector<double>& logits, int label, int classes) {
    double sum = 0.0;
    for (int c = 0; c < classes; ++c)
        sum += std::exp(logits[static_cast<size_t>(c)]);
    return std::log(sum) - logits[static_cast<size_t>(label)];
}

/// Mean loss of a batch, every logit a class.
inline double plain_batch_loss(const PlainNetwork& network, const PlainMaps& x,
                               const std::vector<uint8_t>& labels) {
    const PlainPass pass = plain_forward(network, x);
    double total = 0.0;
    for (size_t b = 0; b < x.size(); ++b)
        total += plain_loss(pass.logits()[b], labels[b], network.spec.outputs());
    return total / static_cast<double>(x.size());
}

/// d loss / d parameter by central differences; `parameter` lies inside `network` or `x`.
inline double plain_derivative(const PlainNetwork& network, double& parameter, const PlainMaps& x,
                               const std::vector<uint8_t>& labels) {
    constexpr double STEP = 1e-6;
    const double at = parameter;
    parameter = at + STEP;
    const double above = plain_batch_loss(network, x, labels);
    parameter = at - STEP;
    const double below = plain_batch_loss(network, x, labels);
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
