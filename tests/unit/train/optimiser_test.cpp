// Optimisers and Lookahead as a run applies them.
#include <catch2/catch.hpp>

#include "tests/unit/train/examples.h"
#include "tests/unit/train/nets.h"
#include "tests/unit/train/runs.h"

namespace permloom {
namespace {

using testing::devices_of;
using testing::disturb;
using testing::make_net;
using testing::run;
using testing::small_network;
using testing::stop_after;
using testing::TemporaryDirectory;

NetworkSpec free_network(Optimizer optimizer, double rate) {
    NetworkSpec network =
        small_network(Algorithm::free, Rail::single,
                      devices_of(DeviceValues::he_uniform, 0, 1.0, false), Activation::relu);
    network.training.optimizer = optimizer;
    network.training.learning_rate.initial = rate;
    return network;
}

/// The training state of a run after so many steps.
TrainingState state_after(const NetworkSpec& network, int64_t steps) {
    const TemporaryDirectory directory;
    return run(network, testing::striped_data(100, 20), stop_after(steps), directory.path())
        .training;
}

}  // namespace

TEST_CASE("sgd -- a run moves weights along the velocity, which keeps its momentum") {
    NetworkSpec network = free_network(Optimizer::sgd, 0.1);
    network.training.momentum = 0.9;
    const TrainingState start = state_after(network, 0), first = state_after(network, 1),
                        second = state_after(network, 2);
    network.training.momentum = 0.0;
    // Without momentum the velocity is the gradient: the same first step.
    CHECK(state_after(network, 1).weights == first.weights);
    for (size_t i = 0; i < start.weights[0].size(); ++i) {
        CHECK(first.weights[0][i] ==
              Approx(start.weights[0][i] - 0.1F * first.first_moment[0][i]).margin(1e-7));
        CHECK(second.weights[0][i] ==
              Approx(first.weights[0][i] - 0.1F * second.first_moment[0][i]).margin(1e-7));
        CHECK(second.second_moment[0][i] == 0.0F);
    }
}

TEST_CASE("adamw -- a run also draws weights to zero, apart from the gradient") {
    const TrainingState plain = state_after(free_network(Optimizer::adam, 0.01), 1);
    NetworkSpec network = free_network(Optimizer::adamw, 0.01);
    const TrainingState start = state_after(network, 0);
    CHECK(state_after(network, 1).weights == plain.weights);
    network.training.weight_decay = 0.5;
    const TrainingState decayed = state_after(network, 1);
    CHECK(decayed.first_moment == plain.first_moment);
    for (size_t l = 0; l < 2; ++l)
        for (size_t i = 0; i < start.weights[l].size(); ++i)
            CHECK(decayed.weights[l][i] ==
                  Approx(plain.weights[l][i] - 0.01 * 0.5 * start.weights[l][i]).margin(1e-7));
}

TEST_CASE("optimisers -- each trains to the end") {
    const Dataset data = testing::striped_data(300, 100);
    for (const auto& [optimizer, rate] :
         {std::pair{Optimizer::sgd, 0.1}, std::pair{Optimizer::adam, 0.01},
          std::pair{Optimizer::adamw, 0.01}}) {
        NetworkSpec network = free_network(optimizer, rate);
        network.training.epochs = 10;
        if (optimizer == Optimizer::sgd) network.training.momentum = 0.9;
        if (optimizer == Optimizer::adamw) network.training.weight_decay = 1e-2;
        const TemporaryDirectory directory;
        CHECK(run(network, data, {}, directory.path()).test.accuracy > 0.85);
    }
}

TEST_CASE("lookahead -- slow weights go part of the way, fast ones start from there") {
    ThreadPool pool(1);
    Rng rng(1);
    TrainingNet net = make_net(testing::conv_network());
    std::vector<std::vector<float>> slow, fast;
    for (size_t l = 0; l < net.size(); ++l) {
        CHECK(net.layer(l).slow == net.layer(l).owned);
        slow.push_back(net.layer(l).owned);
    }
    disturb(net, rng, 0.5);
    for (size_t l = 0; l < net.size(); ++l)
        fast.push_back(net.layer(l).owned);
    TrainedVector& bias = net.vectors()[0];
    const std::vector<float> slow_bias = bias.parameters.slow;
    for (float& value : bias.parameters.owned)
        value += 0.25F;
    net.look_ahead(0.5, pool);
    for (size_t l = 0; l < net.size(); ++l) {
        CHECK(net.layer(l).owned == net.layer(l).slow);
        CHECK(net.weights()[l].weights == net.layer(l).owned);
        for (size_t i = 0; i < slow[l].size(); ++i)
            CHECK(net.layer(l).owned[i] ==
                  Approx(slow[l][i] + 0.5 * (fast[l][i] - slow[l][i])).margin(1e-6));
    }
    for (size_t i = 0; i < slow_bias.size(); ++i)
        CHECK(net.weights()[0].bias[i] == Approx(slow_bias[i] + 0.125).margin(1e-6));
}

TEST_CASE("lookahead -- a run takes the slow step every so many steps, and keeps the moments") {
    NetworkSpec network = free_network(Optimizer::adam, 0.01);
    const TrainingState plain = state_after(network, 3);
    network.training.lookahead = {3, 0.25};
    const TrainingState start = state_after(network, 0), before = state_after(network, 2),
                        after = state_after(network, 3);
    CHECK(before.slow == start.weights);
    CHECK(after.slow == after.weights);
    CHECK(after.first_moment == plain.first_moment);
    for (size_t i = 0; i < start.weights[0].size(); ++i) {
        const float first = start.weights[0][i];
        CHECK(after.weights[0][i] ==
              Approx(first + 0.25 * (plain.weights[0][i] - first)).margin(1e-6));
    }
}

}  // namespace permloom
