#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/train/examples.h"
#include "tests/unit/train/nets.h"
#include "tests/unit/train/runs.h"

namespace permloom {
namespace {

using testing::derived;
using testing::disturb;
using testing::make_net;
using testing::run;
using testing::TemporaryDirectory;

NetworkSpec supermask_network(double keep) {
    NetworkSpec network = testing::small_network(
        Algorithm::supermask, Rail::single,
        testing::devices_of(DeviceValues::he_uniform, 0, 1.0, false), Activation::relu);
    network.training.mask_keep = keep;
    return network;
}

std::ptrdiff_t used(const std::vector<float>& weights) {
    return std::ssize(weights) - std::ranges::count(weights, 0.0F);
}

}  // namespace

TEST_CASE("supermask -- a refresh uses exactly the kept number of weights, each where it was") {
    ThreadPool pool(1);
    Rng rng(1);
    for (const double keep : {0.01, 0.3, 0.5, 1.0}) {
        TrainingNet net = make_net(supermask_network(keep));
        for (int trial = 0; trial < 5; ++trial) {
            disturb(net, rng, 0.3);
            net.sync(5 * trial, 1, pool);
            for (size_t l = 0; l < net.size(); ++l) {
                LayerParameters& layer = net.layer(l);
                const auto kept = std::max(std::lround(keep * layer.lines), 1L);
                for (int row = 0; row < layer.outputs; ++row) {
                    const auto weights = derived(net, l, layer, row);
                    CHECK(used(weights) == kept);
                    const auto fixed = layer.auxiliary_row(row);
                    float lowest = 1e9F, highest = -1e9F;  // scores: used, not used
                    for (size_t i = 0; i < weights.size(); ++i) {
                        const float score = layer.owned_row(row)[i];
                        if (weights[i] == 0.0F) {
                            highest = std::max(highest, score);
                        } else {
                            CHECK(weights[i] == fixed[i]);
                            lowest = std::min(lowest, score);
                        }
                    }
                    CHECK(lowest > highest);
                }
            }
        }
    }
}

TEST_CASE("supermask -- a checkpoint has exactly the kept number, also between refreshes") {
    ThreadPool pool(1);
    Rng rng(2);
    TrainingNet net = make_net(supermask_network(0.3));
    net.sync(0, 1, pool);
    disturb(net, rng, 0.3);
    const auto states = net.project(3, 1, pool);
    for (size_t l = 0; l < states.size(); ++l) {
        const auto n = static_cast<size_t>(net.layer(l).lines);
        for (size_t at = 0; at < states[l].profile.size(); at += n) {
            const std::vector<float> bank(states[l].profile.begin() + static_cast<long>(at),
                                          states[l].profile.begin() + static_cast<long>(at + n));
            CHECK(used(bank) == std::lround(0.3 * static_cast<double>(n)));
        }
    }
}

TEST_CASE("supermask -- the gradient of a score is that of its weight, times the weight") {
    TrainingNet net = make_net(supermask_network(0.5));
    LayerParameters& layer = net.layer(0);
    std::vector<float> gradient{1.0F, -2.0F, 0.5F};
    net.algorithm(0).pull_back(layer, 2, 4, 7, gradient.data());
    const auto fixed = layer.auxiliary_row(2);
    CHECK(gradient == std::vector<float>{fixed[4], -2.0F * fixed[5], 0.5F * fixed[6]});
}

TEST_CASE("supermask -- learns without ever changing a weight; another run starts where it ended") {
    const Dataset data = testing::striped_data(300, 100);
    NetworkSpec network = supermask_network(0.5);
    network.training.epochs = 15;
    network.training.learning_rate.initial = 0.02;
    const TemporaryDirectory first, second;
    const Checkpoint trained = run(network, data, {}, first.path());
    CHECK(trained.test.accuracy > 0.7);
    for (size_t l = 0; l < network.layers.size(); ++l) {
        const auto drawn = draw_devices(network.layers[l], static_cast<int>(l), 1).arrangement;
        const auto n = static_cast<size_t>(network.layers[l].lines());
        const LayerState& state = trained.layers[l];
        for (size_t k = 0; k < state.source.size(); ++k)
            if (state.profile[k] != 0.0F)
                CHECK(state.profile[k] == drawn[k / n * n + static_cast<size_t>(state.source[k])]);
    }
    TrainOptions options;
    options.from = trained;
    network.training.epochs = 1;
    network.training.learning_rate.initial = 1e-9;
    CHECK(run(network, data, options, second.path()).test.accuracy == trained.test.accuracy);
}

}  // namespace permloom
