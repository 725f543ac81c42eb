#include "compiler/nn/graph.h"

#include <catch2/catch.hpp>
#include <utility>

#include "tests/unit/nn/example.h"
#include "tests/unit/nn/tolerance.h"

namespace permloom {
namespace {

using testing::check_close;
using testing::Example;
using testing::joined;
using testing::network_of;
using testing::PlainMaps;
using testing::PlainNetwork;

using Gradients = std::vector<std::vector<float>>;

const std::string DENSE_END = "outputs: 3, bias: {initial: zeros}, activation: none";

/// A convolution and what follows it, then a dense layer; 7 x 5 x 2 in.
NetworkSpec conv_network(const std::string& layer) {
    return network_of("[7, 5, 2]", {layer, DENSE_END});
}

NetworkSpec dense_network(const std::string& layer) {
    return network_of("[1, 1, 6]", {layer, DENSE_END});
}

/// Two blocks: one that halves the map, with a projection beside it, and one with the identity.
NetworkSpec residual_network() {
    return network_of(
        "[7, 6, 2]",
        {"name: stem, conv: {filters: 3, kernel: 3, padding: same}, activation: none, "
         "then: [batch_norm, relu]",
         "conv: {filters: 4, kernel: 3, stride: 2, padding: same}, activation: none, "
         "then: [batch_norm, relu]",
         "name: inner, conv: {filters: 4, kernel: 3, padding: same}, bias: {initial: zeros}, "
         "activation: none, then: [batch_norm]",
         "name: first, from: stem, conv: {filters: 4, kernel: 1, stride: 2, padding: same}, "
         "activation: none, then: [batch_norm, {add: inner}, relu]",
         "conv: {filters: 4, kernel: 3, padding: same}, activation: relu",
         "conv: {filters: 4, kernel: 3, padding: same}, activation: none, "
         "then: [batch_norm, {add: first}, relu, global_average_pool]",
         DENSE_END});
}

/// Every operation alone, in both positions an activation can have, and together.
std::vector<NetworkSpec> all_networks() {
    const std::string shared =
        "devices: {values: shared, value: 0.3, profile: neuron, keep: 0.5}, ";
    const std::string conv = "conv: {filters: 4, kernel: 3}, ";
    const std::string same = "conv: {filters: 4, kernel: 2, stride: 2, padding: same}, ";
    const std::string linear = conv + "activation: none, ";
    return {
        dense_network("outputs: 9, activation: relu"),
        dense_network("outputs: 9, bias: {initial: zeros}, activation: clip"),
        dense_network(shared + "outputs: 9, activation: relu"),
        dense_network(shared + "outputs: 9, bias: {initial: zeros}, activation: clip"),
        dense_network("outputs: 9, activation: none, then: [batch_norm, clip]"),
        dense_network("outputs: 9, activation: relu, then: [batch_norm]"),
        conv_network(conv + "activation: relu"),
        conv_network(conv + "bias: {initial: zeros}, activation: relu"),
        conv_network(same + "bias: {initial: zeros}, activation: clip"),
        conv_network(shared + conv + "activation: relu"),
        conv_network(shared + same + "bias: {initial: zeros}, activation: clip"),
        conv_network(linear + "then: [relu]"),
        conv_network(linear + "then: [clip]"),
        conv_network(linear + "then: [batch_norm]"),
        conv_network(conv + "activation: relu, then: [batch_norm, batch_norm, relu]"),
        conv_network(linear + "then: [{max_pool: 2}]"),
        conv_network(conv + "activation: relu, then: [{max_pool: 2}, batch_norm]"),
        conv_network(linear + "then: [{average_pool: 2}]"),
        conv_network(linear + "then: [global_average_pool]"),
        conv_network(linear + "then: [relu, flatten, batch_norm]"),
        network_of("[5, 4, 3]", {"name: a, conv: {filters: 3, kernel: 1}, activation: relu",
                                 "name: b, from: input, conv: {filters: 3, kernel: 1}, "
                                 "activation: relu, then: [{add: a}, {add: a}]",
                                 DENSE_END}),
        network_of("[1, 1, 6]",
                   {"name: a, outputs: 5, activation: none, then: [relu]",
                    "outputs: 5, activation: clip, then: [{add: a}, relu, {add: a}]", DENSE_END}),
        residual_network(),
    };
}

double tolerance_of(const NetworkSpec& network) {
    return network.layers[0].convolves ? testing::CONVOLUTION_TOLERANCE : testing::SUM_TOLERANCE;
}

/// All of the graph's gradients: of each layer its weights, bias, gammas and betas; then the
/// input's.
Gradients gradients(Graph& graph, const Example& example, int images) {
    Gradients result;
    for (size_t l = 0; l < example.weights.size(); ++l) {
        result.push_back(weight_gradient(graph, example, l, images));
        if (!example.weights[l].bias.empty()) result.push_back(graph.bias_gradient(l));
        for (size_t k = 0; k < example.weights[l].batch_norms.size(); ++k) {
            result.push_back(graph.gamma_gradient(l, k));
            result.push_back(graph.beta_gradient(l, k));
        }
    }
    const float* input = graph.input().gradient_row(0);
    result.emplace_back(input, input + graph.input().at(images));
    return result;
}

/// Compares with the derivatives of the plain loss; of large arrays every `stride`-th element.
void check_gradients(const Gradients& got, PlainNetwork plain, PlainMaps x,
                     const std::vector<uint8_t>& labels, size_t stride, double tolerance) {
    size_t next = 0;
    const auto check = [&](const std::vector<double*>& parameters) {
        REQUIRE(got[next].size() == parameters.size());
        std::vector<float> sampled;
        std::vector<double> want;
        for (size_t i = 0; i<parameters.size(); i += parameters.size()> 20 ? stride : 1) {
            sampled.push_back(got[next][i]);
            want.push_back(plain_derivative(plain, *parameters[i], x, labels));
        }
        CAPTURE(next);
        check_close(sampled, want, tolerance);
        ++next;
    };
    const auto pointers = [](std::vector<double>& values) {
        std::vector<double*> result;
        for (double& value : values)
            result.push_back(&value);
        return result;
    };
    for (testing::PlainLayer& layer : plain.layers) {
        check(pointers(layer.weights));
        if (!layer.bias.empty()) check(pointers(layer.bias));
        for (testing::PlainBatchNorm& norm : layer.norms) {
            check(pointers(norm.gamma));
            check(pointers(norm.beta));
        }
    }
    std::vector<double*> input;
    for (auto& image : x)
        for (double& value : image)
            input.push_back(&value);
    check(input);
}

void check_forward(Graph& graph, const testing::PlainPass& want, int images, double tolerance) {
    for (size_t l = 0; l < want.outputs.size(); ++l) {
        CAPTURE(l);
        check_close(joined(graph.output(l), images), joined(want.outputs[l]), tolerance);
    }
}

}  // namespace

TEST_CASE("graph -- forward agrees with plain loops, with running and with batch statistics") {
    Rng rng(5);
    ThreadPool pool(1);
    for (const NetworkSpec& network : all_networks()) {
        CAPTURE(to_yaml(network));
        Example example(network, 7, rng);
        Graph graph(network, example.weights, {.capacity = 7});
        graph.infer(7, example.loader(graph), pool);
        const auto x = example.maps(7);
        check_forward(graph, plain_forward(example.plain(false), x), 7, tolerance_of(network));
        const PlainNetwork plain = example.plain(true);
        graph.measure_statistics(7, example.loader(graph), pool);
        check_forward(graph, plain_forward(plain, x), 7, tolerance_of(network));
    }
}

TEST_CASE("graph -- sums are those before the activation, or after a convolution's own relu") {
    Rng rng(15);
    ThreadPool pool(1);
    for (const NetworkSpec& network : all_networks()) {
        CAPTURE(to_yaml(network));
        Example example(network, 3, rng);
        Graph graph(network, example.weights, {.capacity = 3});
        testing::PlainPass want = plain_forward(example.plain(false), example.maps(3));
        for (size_t l = 0; l < network.layers.size(); ++l) {
            CAPTURE(l);
            graph.infer_sums(3, l, example.loader(graph), pool);
            auto got = joined(graph.sums(l), 3);
            auto z = joined(want.sums[l]);
            const LayerSpec& layer = network.layers[l];
            if (layer.convolves && layer.activation == Activation::relu) {
                std::replace_if(
                    got.begin(), got.end(), [](float v) { return v < 0.0F; }, 0.0F);
                std::replace_if(
                    z.begin(), z.end(), [](double v) { return v < 0.0; }, 0.0);
            }
            check_close(got, z, tolerance_of(network));
        }
    }
}

TEST_CASE("graph -- gradients of every parameter and of the input agree with differences") {
    Rng rng(6);
    ThreadPool pool(1);
    for (const NetworkSpec& network : all_networks()) {
        CAPTURE(to_yaml(network));
        Example example(network, 5, rng);
        Graph graph(network, example.weights,
                    {.capacity = 5, .trains = true, .input_gradient = true});
        for (const bool training : {false, true}) {
            CAPTURE(training);
            const PlainNetwork plain = example.plain(training);
            graph.differentiate(5, training, 0, example.trainer(graph, 5), pool);
            check_gradients(gradients(graph, example, 5), plain, example.maps(5), example.labels, 3,
                            tolerance_of(network));
        }
    }
}

TEST_CASE("graph -- a batch of several slices is one batch") {
    Rng rng(7);
    ThreadPool pool(1);
    for (const auto& [network, images] :
         {std::pair{residual_network(), 30},
          std::pair{dense_network("outputs: 9, activation: none, then: [batch_norm, relu]"), 70}}) {
        Example example(network, images, rng);
        Graph graph(network, example.weights,
                    {.capacity = images, .trains = true, .input_gradient = true});
        int slices = 0;
        Graph::Host host = example.trainer(graph, images);
        host.load = [&, load = host.load](const Slice& slice) {
            ++slices;
            load(slice);
        };
        const PlainNetwork plain = example.plain(true);
        graph.differentiate(images, true, 0, host, pool);
        CHECK(slices == 3);
        const auto x = example.maps(images);
        check_forward(graph, plain_forward(plain, x), images, tolerance_of(network));
        check_gradients(gradients(graph, example, images), plain, x, example.labels, 37,
                        tolerance_of(network));
    }
}

TEST_CASE("graph -- the bytes do not depend on the number of threads") {
    const NetworkSpec network = network_of(
        "[7, 6, 2]",
        {"name: a, conv: {filters: 5, kernel: 3, padding: same}, bias: {initial: zeros}, "
         "activation: relu, then: [batch_norm, {dropout: 0.3}]",
         "conv: {filters: 5, kernel: 3, padding: same}, activation: none, "
         "then: [{add: a}, {max_pool: 2}, {dropout: 0.3}]",
         DENSE_END});
    const auto run = [&](int threads) {
        Rng rng(8);
        Example example(network, 40, rng);
        ThreadPool pool(threads);
        Graph graph(network, example.weights,
                    {.capacity = 40, .trains = true, .input_gradient = true});
        for (const uint64_t seed : {1U, 2U})
            graph.differentiate(40, true, seed, example.trainer(graph, 40), pool);
        Gradients result = gradients(graph, example, 40);
        result.push_back(joined(graph.output(2), 40));
        result.push_back(example.weights[0].batch_norms[0].variance);
        return result;
    };
    CHECK(run(1) == run(3));
}

TEST_CASE("graph -- a short batch leaves no trace of a longer one, nor the other way round") {
    Rng rng(9);
    ThreadPool pool(1);
    for (const NetworkSpec& network :
         {residual_network(), dense_network("outputs: 9, bias: {initial: zeros}, activation: "
                                            "none, then: [batch_norm, {dropout: 0.3}]")}) {
        Example example(network, 40, rng);
        const Graph::Options options{.capacity = 40, .trains = true, .input_gradient = true};
        Graph graph(network, example.weights, options);
        const auto run = [&](Graph& on, int images) {
            on.differentiate(images, true, 3, example.trainer(on, images), pool);
            return gradients(on, example, images);
        };
        const Gradients whole = run(graph, 40), part = run(graph, 7);
        CHECK(run(graph, 40) == whole);
        Graph fresh(network, example.weights, options);
        CHECK(run(fresh, 7) == part);
    }
}

TEST_CASE("graph -- batches of any number of sizes, each as on its own") {
    Rng rng(16);
    ThreadPool pool(1);
    const NetworkSpec network = residual_network();
    constexpr int LARGEST = 20;
    Example example(network, LARGEST, rng);
    const Graph::Options options{.capacity = LARGEST, .trains = true, .input_gradient = true};
    const auto run = [&](Graph& graph, int images) {
        graph.differentiate(images, false, 0, example.trainer(graph, images), pool);
        return gradients(graph, example, images);
    };
    Graph graph(network, example.weights, options);
    // Twice, the second time the other way round: sizes that were seen lately and long ago.
    for (const bool backwards : {false, true})
        for (int i = 1; i <= LARGEST; ++i) {
            const int images = backwards ? LARGEST + 1 - i : i;
            CAPTURE(images);
            Graph fresh(network, example.weights, options);
            CHECK(run(graph, images) == run(fresh, images));
        }
}

TEST_CASE("graph -- slopes at the corners: relu'(0) = 0, clip' is 1 on its closed interval") {
    ThreadPool pool(1);
    struct Corner {
        std::string activation;
        float z, slope;
    };
    for (const auto& [activation, z, slope] :
         {Corner{"relu", 0.0F, 0.0F}, Corner{"relu", 0.5F, 1.0F}, Corner{"clip", -0.5F, 0.0F},
          Corner{"clip", 0.0F, 1.0F}, Corner{"clip", 1.0F, 1.0F}, Corner{"clip", 1.5F, 0.0F}}) {
        for (const std::string weights : {"outputs: 1", "conv: {filters: 1, kernel: 1}"}) {
            for (const std::string& position :
                 {"activation: " + activation, "activation: none, then: [" + activation + "]"}) {
                CAPTURE(weights, position, z);
                const NetworkSpec network = network_of(
                    "[1, 1, 1]", {weights + ", " + position, "outputs: 1, activation: none"});
                std::vector<LayerWeights> ones = empty_weights(network);
                ones[0].weights = ones[1].weights = {1.0F};
                Graph graph(network, ones, {.trains = true, .input_gradient = true});
                const auto load = [&graph, value = z](const Slice&) {
                    graph.input().row(0)[0] = value;
                };
                const auto finish = [&](const Slice& slice) {
                    graph.logit_gradient(slice).row(0)[0] = 1.0F;
                };
                graph.differentiate(1, true, 0, {load, finish}, pool);
                CHECK(graph.input().gradient_row(0)[0] == slope);
            }
        }
    }
}

TEST_CASE("graph -- a sparse first layer computes what a dense one does") {
    Rng rng(10);
    ThreadPool pool(1);
    constexpr int IMAGES = 40;
    for (const int outputs : {1, 10, 16, 17, 100}) {
        CAPTURE(outputs);
        const std::string count = "outputs: " + std::to_string(outputs);
        for (const auto& layers :
             {std::vector<std::string>{count + ", bias: {initial: zeros}, activation: none"},
              std::vector<std::string>{count + ", activation: relu", DENSE_END}}) {
            const NetworkSpec network = network_of("[1, 1, 90]", layers);
            Example example(network, IMAGES, rng);
            for (float& value : example.x)
                if (rng.chance(0.8)) value = 0.0F;
            Graph dense(network, example.weights, {.capacity = IMAGES, .trains = true});
            Graph sparse(network, example.weights,
                         {.capacity = IMAGES, .trains = true, .sparse_input = true});
            dense.differentiate(IMAGES, true, 0, example.trainer(dense, IMAGES), pool);
            sparse.differentiate(IMAGES, true, 0, example.trainer(sparse, IMAGES), pool);
            check_close(joined(sparse.output(0), IMAGES), joined(dense.output(0), IMAGES),
                        testing::SUM_TOLERANCE);
            const auto want = weight_gradient(dense, example, 0, IMAGES);
            std::vector<float> got(want.size());
            AlignedFloats scratch(static_cast<size_t>(PANEL * 90));
            const Matrix rows{got.data(), outputs, 90, 90};
            for (int panel = 0; panel < panels_of(outputs); ++panel) {
                const int first = panel * PANEL;
                sparse_gradient(sparse.sparse(), IMAGES, sparse.sums_gradient(0, IMAGES), panel,
                                scratch.data(),
                                rows.block(first, 0, std::min(PANEL, outputs - first), 90));
            }
            check_close(got, want, testing::SUM_TOLERANCE);
        }
    }
}

}  // namespace permloom
