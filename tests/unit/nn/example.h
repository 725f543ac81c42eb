/// Small networks with random numbers, and batches for them.
#pragma once

#include <string>
#include <vector>

#include "compiler/nn/graph.h"
#include "compiler/nn/loss.h"
#include "tests/unit/nn/plain.h"

namespace permloom::testing {

/// Layers as in a description, in flow form: "outputs: 3, activation: none". Rail, devices and
/// training are filled in.
inline NetworkSpec network_of(const std::string& shape, const std::vector<std::string>& layers) {
    std::string yaml =
        "name: example\nabout: a\nexpect: b\ndata: c\n"
        "input: {shape: " +
        shape + ", bits: 0, div: 1}\nlayers:\n";
    for (const std::string& layer : layers) {
        yaml += "  - {rail: single, " + layer;
        if (layer.find("devices:") == std::string::npos)
            yaml += ", devices: {values: he_uniform, bits: 0, profile: neuron}";
        yaml += "}\n";
    }
    yaml += "training: {algorithm: free, epochs: 1, batch: 1, learning_rate: 1e-3}\n";
    return parse_network(yaml, "example");
}

/// Of a size that keeps sums near 1. Layers of shared devices get an alpha and an offset.
inline std::vector<LayerWeights> random_weights(const NetworkSpec& network, Rng& rng) {
    std::vector<LayerWeights> weights = empty_weights(network);
    for (size_t l = 0; l < weights.size(); ++l) {
        LayerWeights& layer = weights[l];
        const double limit = 2.0 / std::sqrt(layer.inputs);
        layer.weights = random_floats(layer.weights.size(), rng, -limit, limit);
        layer.bias = random_floats(layer.bias.size(), rng, -0.5, 0.5);
        if (network.layers[l].devices.shared()) {
            layer.alpha = 0.7F;
            layer.offset = -0.2F;
        }
        for (BatchNormWeights& norm : layer.batch_norms) {
            norm.gamma = random_floats(norm.gamma.size(), rng, 0.5, 1.5);
            norm.gamma[0] = -norm.gamma[0];
            norm.beta = random_floats(norm.beta.size(), rng, -0.5, 0.5);
            norm.mean = random_floats(norm.mean.size(), rng, -0.5, 0.5);
            norm.variance = random_floats(norm.variance.size(), rng, 0.5, 2.0);
        }
    }
    return weights;
}

struct Example {
    NetworkSpec network;
    std::vector<LayerWeights> weights;
    int images;
    std::vector<float> x;  ///< images x values
    std::vector<uint8_t> labels;

    Example(const NetworkSpec& spec, int batch, Rng& rng)
        : network(spec), weights(random_weights(spec, rng)), images(batch) {
        x = random_floats(static_cast<size_t>(batch * spec.input.size), rng);
        for (int b = 0; b < batch; ++b)
            labels.push_back(
                static_cast<uint8_t>(rng.below(static_cast<uint64_t>(spec.outputs()))));
    }

    /// Loads the first images of the batch.
    Graph::Host loader(Graph& graph) const {
        const auto load = [this, &graph](const Slice& slice) {
            const int size = network.input.size;
            for (int b = slice.begin; b < slice.end; ++b) {
                const float* from = x.data() + static_cast<long>(b) * size;
                if (graph.sparse_input())
                    write_sparse(from, b, graph.sparse());
                else
                    std::copy_n(from, size, graph.input().row(b));
            }
        };
        return {load, [](const Slice&) {}};
    }

    /// Also writes the gradient of the mean loss of the first `count` images.
    Graph::Host trainer(Graph& graph, int count) const {
        Graph::Host host = loader(graph);
        host.finish = [this, &graph, count](const Slice& slice) {
            std::vector<double> losses(static_cast<size_t>(slice.images()));
            softmax_cross_entropy(graph.logits(slice),
                                  std::span(labels).subspan(static_cast<size_t>(slice.begin)),
                                  network.outputs(), 1.0F / static_cast<float>(count),
                                  graph.logit_gradient(slice), losses);
        };
        return host;
    }

    PlainNetwork plain(bool batch_statistics) const {
        PlainNetwork result(network, weights);
        result.batch_statistics = batch_statistics;
        return result;
    }
    PlainMaps maps(int count) const {
        PlainMaps result;
        const auto size = static_cast<size_t>(network.input.size);
        for (size_t b = 0; b < static_cast<size_t>(count); ++b)
            result.emplace_back(x.begin() + static_cast<long>(b * size),
                                x.begin() + static_cast<long>((b + 1) * size));
        return result;
    }

  private:
    static void write_sparse(const float* from, int image, SparseRows& rows) {
        const auto begin = static_cast<size_t>(image) * static_cast<size_t>(rows.width);
        size_t at = begin;
        for (int i = 0; i < rows.width; ++i) {
            if (from[i] == 0.0F) continue;
            rows.line[at] = i;
            rows.value[at++] = from[i];
        }
        rows.count[static_cast<size_t>(image)] = static_cast<int32_t>(at - begin);
    }
};

/// The maps of a batch one after another.
inline std::vector<double> joined(const PlainMaps& maps) {
    std::vector<double> result;
    for (const auto& map : maps)
        result.insert(result.end(), map.begin(), map.end());
    return result;
}

/// The first images of a value.
inline std::vector<float> joined(Value& value, int images) {
    return {value.row(0), value.row(0) + value.at(images)};
}

/// d loss / d weights of layer l, outputs x inputs.
inline std::vector<float> weight_gradient(Graph& graph, const Example& example, size_t l,
                                          int images) {
    const LayerWeights& layer = example.weights[l];
    if (const float* gradient = graph.weight_gradient(l))
        return {gradient, gradient + layer.weights.size()};
    std::vector<float> gradient(layer.weights.size());
    transposed_multiply(graph.sums_gradient(l, images), graph.read_by(l).rows({0, 0, images}),
                        {gradient.data(), layer.outputs, layer.inputs, layer.inputs});
    return gradient;
}

}  // namespace permloom::testing
