// Biases and batch norm in training, and inputs whose mean is measured.
#include <catch2/catch.hpp>

#include "compiler/train/evaluate.h"
#include "tests/unit/train/examples.h"
#include "tests/unit/train/nets.h"
#include "tests/unit/train/runs.h"

namespace permloom {
namespace {

using testing::conv_network;
using testing::run;
using testing::sorted;
using testing::stop_after;
using testing::TemporaryDirectory;

}  // namespace

TEST_CASE("bias -- permuted, its values are those it began with, in another order") {
    const Dataset data = testing::striped_data(100, 20);
    for (const char* algorithm :
         {"algorithm: laperm", "algorithm: laperm_latent", "algorithm: swap", "algorithm: free"}) {
        CAPTURE(algorithm);
        const std::string lookahead = "lookahead: {every: 3, rate: 0.5}";
        const NetworkSpec network = conv_network({{"algorithm: laperm", algorithm},
                                                  {"learning_rate: 0.01", "learning_rate: 0.1"},
                                                  {lookahead, "swap_share: 0.5"}});
        const TemporaryDirectory directory;
        const Checkpoint start = run(network, data, stop_after(0), directory.path());
        const Checkpoint trained = run(network, data, {}, directory.path());
        const auto before = start.layers[0].bias, after = trained.layers[0].bias;
        CHECK(before != after);
        // Free weights know no permutation, and the second layer's bias is an ordinary one.
        const bool permuted = network.training.algorithm != Algorithm::free;
        CHECK((sorted(before) == sorted(after)) == permuted);
        CHECK(sorted(start.layers[1].bias) != sorted(trained.layers[1].bias));
        CHECK(start.layers[1].bias == std::vector<float>(4));
    }
}

TEST_CASE("batch norm -- recalibrated: the mean over batches of their statistics") {
    ThreadPool pool(1);
    const Dataset data = testing::striped_data(40, 10);
    NetworkSpec network =
        conv_network({{"then: [batch_norm, {max_pool: 2}, {dropout: 0.3}]", "then: [batch_norm]"},
                      {"conv: {filters: 6, kernel: 3, padding: same}", "outputs: 6"}});
    const TemporaryDirectory directory;
    Checkpoint checkpoint = run(network, data, stop_after(4), directory.path());
    const Inputs inputs(network.input, data.train, data.name);
    const auto images = all_images(32);
    const std::vector<LayerWeights> weights = projected_weights(network, checkpoint.layers);
    std::vector<double> means(6), variances(6);
    for (int first = 0; first < 32; first += 16) {
        for (int j = 0; j < 6; ++j) {
            double sum = 0.0, squares = 0.0;
            for (int image = first; image < first + 16; ++image) {
                std::vector<float> x(12);
                inputs.write(image, {}, x.data());
                double a = weights[0].bias[static_cast<size_t>(j)];
                for (int i = 0; i < 12; ++i)
                    a += double{weights[0].weights[static_cast<size_t>(12 * j + i)]} *
                         x[static_cast<size_t>(i)];
                a = std::max(a, 0.0);
                sum += a / 16.0;
                squares += a * a / 16.0;
            }
            means[static_cast<size_t>(j)] += sum / 2.0;
            variances[static_cast<size_t>(j)] += (squares - sum * sum) / 2.0;
        }
    }
    recalibrate_batch_norm(network, checkpoint.layers, inputs, images, 2, pool);
    for (size_t j = 0; j < 6; ++j) {
        CHECK(checkpoint.layers[0].batch_norms[0].mean[j] == Approx(means[j]).margin(1e-5));
        CHECK(checkpoint.layers[0].batch_norms[0].variance[j] == Approx(variances[j]).margin(1e-5));
    }
}

TEST_CASE("batch norm -- a recalibrated checkpoint says so and keeps the statistics as trained") {
    const Dataset data = testing::striped_data(100, 20);
    const std::string lookahead = "lookahead: {every: 3, rate: 0.5}";
    const TemporaryDirectory plain, measured;
    const Checkpoint as_trained = run(conv_network(), data, {}, plain.path());
    const Checkpoint again = run(conv_network({{lookahead, lookahead + "\n  bn_recalibrate: 3"}}),
                                 data, {}, measured.path());
    CHECK_FALSE(as_trained.training.recalibrated);
    CHECK(load_checkpoint(measured / "last.safetensors").training.recalibrated);
    const auto& before = as_trained.layers[0].batch_norms[0];
    const auto& after = again.layers[0].batch_norms[0];
    CHECK(after.mean != before.mean);
    CHECK(after.gamma == before.gamma);
    CHECK(again.training.running[0].mean == before.mean);
    CHECK(again.training.running[0].variance == before.variance);
}

TEST_CASE("inputs -- a measured mean travels with the checkpoint") {
    const Dataset data = testing::striped_data(100, 20);
    const NetworkSpec network = conv_network({{"bits: 8, div: 255, mean: 0, scale: 1/255, zero: 0",
                                               "bits: 0, div: 255, mean: per_pixel"}});
    const TemporaryDirectory directory;
    const Checkpoint trained = run(network, data, {}, directory.path());
    const Checkpoint file = load_checkpoint(directory / "last.safetensors");
    CHECK(file.input_mean == pixel_means(network.input, data.train));
    ThreadPool pool(1);
    CHECK(evaluate_float(file, data.test, pool).loss == trained.test.loss);
}

TEST_CASE("shuffled -- a run starts from another one's weights, in another order") {
    const Dataset data = testing::striped_data(300, 100);
    const TemporaryDirectory first, second;
    TrainOptions options;
    options.shuffled =
        run(conv_network({{"algorithm: laperm", "algorithm: free"}}), data, {}, first.path());
    options.seed = 5;
    const Checkpoint trained = run(conv_network(), data, options, second.path());
    for (size_t l = 0; l < 2; ++l) {
        CHECK(trained.layers[l].profile == options.shuffled->layers[l].profile);
        CHECK(trained.layers[l].source != options.shuffled->layers[l].source);
    }
    const NetworkSpec other = conv_network({{"filters: 6", "filters: 5"}});
    CHECK_THROWS_WITH(
        run(other, data, options, second.path()),
        Catch::Contains("shuffled: the checkpoint is of a network with other layers"));
}

}  // namespace permloom
