#include <catch2/catch.hpp>

#include "tests/unit/nn/example.h"
#include "tests/unit/nn/tolerance.h"

namespace permloom {
namespace {

using testing::Example;
using testing::joined;
using testing::network_of;

/// One batch norm over maps and one over single values.
NetworkSpec normalised_network() {
    return network_of("[5, 4, 2]", {"conv: {filters: 3, kernel: 2}, activation: relu, "
                                    "then: [batch_norm]",
                                    "outputs: 6, activation: none, then: [batch_norm, relu]",
                                    "outputs: 3, activation: none"});
}

void check_moved(const BatchNormWeights& after, const BatchNormWeights& before,
                 const testing::PlainBatchNorm& batch, double momentum) {
    for (size_t c = 0; c < before.mean.size(); ++c) {
        const auto moved = [&](double from, double to) {
            return Approx(momentum * from + (1.0 - momentum) * to).margin(1e-6);
        };
        CHECK(after.mean[c] == moved(before.mean[c], batch.mean[c]));
        CHECK(after.variance[c] == moved(before.variance[c], batch.variance[c]));
    }
}

}  // namespace

TEST_CASE("batch norm -- a step moves the running statistics a hundredth towards the batch's") {
    Rng rng(1);
    ThreadPool pool(1);
    const NetworkSpec network = normalised_network();
    Example example(network, 20, rng);
    Graph graph(network, example.weights, {.capacity = 20, .trains = true});
    for (int step = 0; step < 3; ++step) {
        const std::vector<LayerWeights> before = example.weights;
        const auto pass = plain_forward(example.plain(true), example.maps(20));
        graph.differentiate(20, true, 0, example.trainer(graph, 20), pool);
        for (size_t l = 0; l < 2; ++l) {
            check_moved(example.weights[l].batch_norms[0], before[l].batch_norms[0],
                        pass.norms[l][0], 0.99);
            CHECK(example.weights[l].batch_norms[0].gamma == before[l].batch_norms[0].gamma);
        }
    }
}

TEST_CASE("batch norm -- measured statistics move with the momentum that is set") {
    Rng rng(2);
    ThreadPool pool(1);
    const NetworkSpec network = normalised_network();
    Example example(network, 20, rng);
    Graph graph(network, example.weights, {.capacity = 20});
    for (const float momentum : {0.5F, 0.0F}) {
        for (LayerWeights& layer : example.weights)
            for (BatchNormWeights& norm : layer.batch_norms)
                norm.momentum = momentum;
        const std::vector<LayerWeights> before = example.weights;
        const auto pass = plain_forward(example.plain(true), example.maps(20));
        graph.measure_statistics(20, example.loader(graph), pool);
        for (size_t l = 0; l < 2; ++l)
            check_moved(example.weights[l].batch_norms[0], before[l].batch_norms[0],
                        pass.norms[l][0], momentum);
    }
}

TEST_CASE("batch norm -- inference and steps on running statistics leave them alone") {
    Rng rng(3);
    ThreadPool pool(1);
    const NetworkSpec network = normalised_network();
    Example example(network, 20, rng);
    Graph graph(network, example.weights, {.capacity = 20, .trains = true});
    const std::vector<LayerWeights> before = example.weights;
    graph.infer(20, example.loader(graph), pool);
    graph.differentiate(20, false, 0, example.trainer(graph, 20), pool);
    for (size_t l = 0; l < 2; ++l) {
        CHECK(example.weights[l].batch_norms[0].mean == before[l].batch_norms[0].mean);
        CHECK(example.weights[l].batch_norms[0].variance == before[l].batch_norms[0].variance);
    }
}

TEST_CASE("batch norm -- a channel that never changes becomes beta") {
    Rng rng(4);
    ThreadPool pool(1);
    const NetworkSpec network = normalised_network();
    Example example(network, 20, rng);
    // Far from 0, where squares are large and their difference is 0 but for rounding.
    std::fill(example.x.begin(), example.x.end(), 300.0F);
    Graph graph(network, example.weights, {.capacity = 20, .trains = true});
    graph.differentiate(20, true, 0, example.trainer(graph, 20), pool);
    const BatchNormWeights& norm = example.weights[0].batch_norms[0];
    const auto got = joined(graph.output(0), 20);
    std::vector<float> want(got.size());
    for (size_t i = 0; i < want.size(); ++i)
        want[i] = norm.beta[i % 3];
    testing::check_close(got, want, 1e-2);
}

}  // namespace permloom
