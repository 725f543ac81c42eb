#include "compiler/nn/dense.h"

#include <catch2/catch.hpp>

#include "compiler/nn/loss.h"
#include "tests/unit/nn/plain.h"

namespace permloom {
namespace {

using testing::random_floats;

DenseLayer random_layer(int inputs, int outputs, Nonlinearity kind, bool constants, Rng& rng) {
    DenseLayer layer;
    layer.inputs = inputs;
    layer.outputs = outputs;
    layer.nonlinearity = kind;
    layer.weights = random_floats(static_cast<size_t>(inputs * outputs), rng);
    if (constants) {
        layer.alpha = 0.7F;
        layer.offset = -0.2F;
        layer.bias = random_floats(static_cast<size_t>(outputs), rng);
    }
    return layer;
}

/// A network, a batch and its labels.
struct Case {
    std::vector<DenseLayer> layers;
    std::vector<std::vector<double>> x;
    std::vector<uint8_t> labels;
    int classes = 3;

    Case(const std::vector<int>& sizes, Nonlinearity kind, bool constants, int batch, Rng& rng) {
        for (size_t l = 1; l < sizes.size(); ++l)
            layers.push_back(random_layer(sizes[l - 1], sizes[l],
                                          l + 1 == sizes.size() ? Nonlinearity::none : kind,
                                          constants, rng));
        for (int b = 0; b < batch; ++b) {
            const auto row = random_floats(static_cast<size_t>(sizes.front()), rng);
            x.emplace_back(row.begin(), row.end());
            labels.push_back(static_cast<uint8_t>(rng.below(static_cast<uint64_t>(classes))));
        }
    }

    /// Forward, loss and backward in the given slices.
    DenseBuffers run(const std::vector<int>& edges) const {
        DenseBuffers buffers(layers, static_cast<int>(x.size()));
        const size_t last = layers.size() - 1;
        std::vector<double> losses(x.size());
        for (size_t e = 1; e < edges.size(); ++e) {
            const int begin = edges[e - 1], end = edges[e];
            for (int b = begin; b < end; ++b)
                for (size_t i = 0; i < x[static_cast<size_t>(b)].size(); ++i)
                    buffers.input(0).row(b)[i] = static_cast<float>(x[static_cast<size_t>(b)][i]);
            forward(layers, buffers, begin, end);
            const int width = layers[last].outputs;
            softmax_cross_entropy(buffers.pre(last).block(begin, 0, end - begin, width),
                                  std::span(labels).subspan(static_cast<size_t>(begin)), classes,
                                  1.0F / static_cast<float>(x.size()),
                                  buffers.gradient(last).block(begin, 0, end - begin, width),
                                  losses);
            backward(layers, buffers, begin, end);
        }
        return buffers;
    }

    std::vector<testing::PlainLayer> plain() const {
        std::vector<testing::PlainLayer> result;
        for (const DenseLayer& layer : layers)
            result.push_back(testing::plain(layer));
        return result;
    }
};

const Nonlinearity KINDS[] = {Nonlinearity::none, Nonlinearity::relu, Nonlinearity::clip};

}  // namespace

TEST_CASE("dense -- forward agrees with plain loops for every activation and constant") {
    Rng rng(5);
    for (const Nonlinearity kind : KINDS) {
        for (const bool constants : {false, true}) {
            const Case example({6, 9, 5, 3}, kind, constants, 7, rng);
            DenseBuffers buffers = example.run({0, 7});
            const auto layers = example.plain();
            for (int b = 0; b < 7; ++b) {
                const auto logits =
                    testing::plain_forward(layers, example.x[static_cast<size_t>(b)]);
                for (size_t c = 0; c < logits.size(); ++c)
                    CHECK(buffers.pre(2).row(b)[c] == Approx(logits[c]).margin(1e-5));
            }
        }
    }
}

TEST_CASE("dense -- every weight's and constant's gradient agrees with central differences") {
    Rng rng(6);
    for (const Nonlinearity kind : KINDS) {
        for (const bool constants : {false, true}) {
            const Case example({5, 8, 6, 3}, kind, constants, 9, rng);
            DenseBuffers buffers = example.run({0, 4, 9});
            auto layers = example.plain();
            for (size_t l = 0; l < layers.size(); ++l) {
                const DenseLayer& layer = example.layers[l];
                std::vector<float> gradient(layer.weights.size());
                transposed_multiply(buffers.gradient(l), buffers.input(l),
                                    {gradient.data(), layer.outputs, layer.inputs, layer.inputs});
                for (size_t i = 0; i < gradient.size(); ++i)
                    CHECK(gradient[i] ==
                          Approx(testing::plain_derivative(layers, layers[l].weights[i], example.x,
                                                           example.labels, example.classes))
                              .margin(2e-5));
                for (size_t j = 0; j < layer.bias.size(); ++j) {
                    double sum = 0.0;
                    for (int b = 0; b < 9; ++b)
                        sum += buffers.gradient(l).row(b)[j];
                    CHECK(sum ==
                          Approx(testing::plain_derivative(layers, layers[l].bias[j], example.x,
                                                           example.labels, example.classes))
                              .margin(2e-5));
                }
            }
        }
    }
}

TEST_CASE("dense -- a slice of the batch never touches the rows of another") {
    Rng rng(7);
    const Case example({6, 9, 3}, Nonlinearity::relu, true, 8, rng);
    DenseBuffers whole = example.run({0, 3, 8}), part = example.run({0, 3});
    for (int b = 0; b < 3; ++b)
        for (size_t l = 0; l < 2; ++l)
            for (int j = 0; j < example.layers[l].outputs; ++j)
                CHECK(whole.gradient(l).row(b)[j] == part.gradient(l).row(b)[j]);
    for (int b = 3; b < 8; ++b)
        for (int j = 0; j < 3; ++j)
            CHECK(part.pre(1).row(b)[j] == 0.0F);
}

TEST_CASE("dense -- slopes at the corners: relu'(0) = 0, clip' is 1 on its closed interval") {
    for (const auto& [kind, z, slope] :
         {std::tuple{Nonlinearity::relu, 0.0F, 0.0F}, std::tuple{Nonlinearity::clip, 0.0F, 1.0F},
          std::tuple{Nonlinearity::clip, 1.0F, 1.0F}, std::tuple{Nonlinearity::clip, 1.5F, 0.0F}}) {
        std::vector<DenseLayer> layers(2);
        layers[0].inputs = layers[0].outputs = layers[1].inputs = layers[1].outputs = 1;
        layers[0].weights = layers[1].weights = {1.0F};
        layers[0].nonlinearity = kind;
        DenseBuffers buffers(layers, 1);
        buffers.input(0).row(0)[0] = z;
        forward(layers, buffers, 0, 1);
        buffers.gradient(1).row(0)[0] = 1.0F;
        backward(layers, buffers, 0, 1);
        CHECK(buffers.gradient(0).row(0)[0] == slope);
    }
}

}  // namespace permloom
