#include <catch2/catch.hpp>

#include "tests/unit/train/examples.h"
#include "tests/unit/train/nets.h"
#include "tests/unit/train/runs.h"

namespace permloom {
namespace {

using testing::metrics;
using testing::run;
using testing::sorted;
using testing::TemporaryDirectory;

/// One neuron on `devices`, with these mean gradients, after a sync.
std::vector<float> swapped(double share, std::vector<float> devices, std::vector<float> gradient) {
    LayerParameters layer;
    layer.outputs = 1;
    layer.inputs = layer.lines = static_cast<int>(devices.size());
    layer.owned = std::move(devices);
    layer.first_moment = std::move(gradient);
    Ranker ranker;
    make_swap(share)->sync(layer, 0, ranker);
    return layer.owned;
}

}  // namespace

TEST_CASE("swap -- the line that wants more changes with the one that wants less") {
    // The gradient falls with a larger weight: line 2 wants more, line 0 less.
    CHECK(swapped(0.1, {4, 3, 2, 1}, {5, 1, -5, 0}) == std::vector<float>{2, 3, 4, 1});
    // Two pairs at most: 2 with 0, 3 with 1.
    CHECK(swapped(1.0, {4, 3, 2, 1}, {5, 1, -5, 0}) == std::vector<float>{2, 1, 4, 3});
    // Already so, or equally wanted: nothing.
    CHECK(swapped(1.0, {1, 3}, {5, -5}) == std::vector<float>{1, 3});
    CHECK(swapped(1.0, {3, 1}, {2, 2}) == std::vector<float>{3, 1});
    CHECK(swapped(1.0, {3}, {2}) == std::vector<float>{3});
}

TEST_CASE("swap -- on digits the loss falls, and every neuron keeps its very devices") {
    const Dataset data = load_dataset("digits");
    NetworkSpec network = testing::small_network(
        Algorithm::swap, Rail::single, testing::devices_of(DeviceValues::he_uniform, 0, 1.0, false),
        Activation::relu);
    network.input = {64, 5, 16.0, 0.0, 1.0 / 16.0, 0};
    network.layers[0].outputs = 32;
    network.layers[1].outputs = 10;
    network.training.epochs = 12;
    network.training.sync_every.initial = 5;
    network.training.swap_share = 0.2;
    network = parse_network(to_yaml(network), "digits");
    const TemporaryDirectory directory;
    const Checkpoint trained = run(network, data, {}, directory.path());
    const auto lines = metrics(directory);
    CHECK(lines.back()["train_loss"] < 0.5 * lines.front()["train_loss"].get<double>());
    CHECK(trained.test.accuracy > 0.8);
    for (size_t l = 0; l < 2; ++l) {
        const LayerDevices drawn = draw_devices(network.layers[l], static_cast<int>(l), 1);
        CHECK(trained.layers[l].profile == drawn.profile);
        CHECK(trained.training.weights[l] != drawn.arrangement);
        const auto n = static_cast<size_t>(network.layers[l].lines());
        for (size_t at = 0; at < drawn.arrangement.size(); at += n)
            CHECK(sorted(std::span(trained.training.weights[l]).subspan(at, n)) ==
                  sorted(std::span(drawn.arrangement).subspan(at, n)));
    }
}

}  // namespace permloom
