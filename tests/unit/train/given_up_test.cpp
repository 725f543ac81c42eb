// Devices that stay at zero, and devices that training gives up.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/train/examples.h"
#include "tests/unit/train/nets.h"
#include "tests/unit/train/runs.h"

namespace permloom {
namespace {

using testing::devices_of;
using testing::make_net;
using testing::run;
using testing::small_network;
using testing::sorted;
using testing::stop_after;
using testing::TemporaryDirectory;

std::ptrdiff_t zeros(std::span<const float> values) {
    return std::ranges::count(values, 0.0F);
}

std::vector<float> magnitudes(std::span<const float> values) {
    std::vector<float> result;
    for (const float value : values)
        if (value != 0.0F) result.push_back(std::abs(value));
    return sorted(result);
}

}  // namespace

TEST_CASE("frozen zeros -- weights that start at zero are there at the end, the others move") {
    const Dataset data = testing::striped_data(100, 20);
    NetworkSpec network =
        small_network(Algorithm::free, Rail::single,
                      devices_of(DeviceValues::he_uniform, 0, 0.5, false), Activation::relu);
    network.training.l2 = 1e-3;
    for (const Optimizer optimizer : {Optimizer::adam, Optimizer::sgd}) {
        for (const bool frozen : {true, false}) {
            network.training.optimizer = optimizer;
            network.training.frozen_zeros = frozen;
            const TemporaryDirectory directory;
            const Checkpoint trained = run(network, data, {}, directory.path());
            for (size_t l = 0; l < 2; ++l) {
                const auto first = draw_devices(network.layers[l], static_cast<int>(l), 1);
                size_t moved_zeros = 0, still = 0;
                for (size_t i = 0; i < first.arrangement.size(); ++i) {
                    const float before = first.arrangement[i];
                    const bool moved = trained.training.weights[l][i] != before;
                    if (before == 0.0F && moved) ++moved_zeros;
                    if (before != 0.0F && !moved) ++still;
                }
                CHECK((moved_zeros == 0) == frozen);
                CHECK(still < first.arrangement.size() / 4);  // but for neurons without gradient
            }
        }
    }
}

TEST_CASE("pruning while training -- the smallest magnitudes become zero, the bank stays sorted") {
    for (const bool shared_profile : {false, true}) {
        const NetworkSpec network = small_network(
            Algorithm::laperm, Rail::single,
            devices_of(DeviceValues::he_uniform, 6, 1.0, shared_profile), Activation::relu);
        TrainingNet net = make_net(network);
        for (const double keep : {1.0, 0.75, 0.5, 0.3}) {
            const std::vector<float> before = net.layer(0).profile;
            net.prune(keep);
            const LayerParameters& layer = net.layer(0);
            for (size_t at = 0; at < before.size(); at += 12) {
                const auto was = std::span(before).subspan(at, 12);
                const auto is = std::span(layer.profile).subspan(at, 12);
                CHECK(std::ranges::is_sorted(is));
                const auto kept = std::min(std::lround(keep * 12), 12 - zeros(was));
                CHECK(12 - zeros(is) == kept);
                const auto all = magnitudes(was);
                CHECK(magnitudes(is) == std::vector<float>(all.end() - kept, all.end()));
            }
            for (size_t i = 0; i < before.size(); ++i)
                CHECK(layer.profile[i] == static_cast<float>(layer.profile_q[i] * layer.scale));
        }
    }
}

TEST_CASE("pruning while training -- of equal magnitudes both signs give, and one stays") {
    const NetworkSpec network =
        small_network(Algorithm::laperm_latent, Rail::single,
                      devices_of(DeviceValues::signed_shared, 0, 1.0, true), Activation::relu);
    TrainingNet net = make_net(network);
    net.prune(0.5);
    const auto& bank = net.layer(0).profile;
    CHECK(std::ranges::count_if(bank, [](float v) { return v < 0.0F; }) == 3);
    CHECK(std::ranges::count_if(bank, [](float v) { return v > 0.0F; }) == 3);
    net.prune(1e-6);
    CHECK(zeros(net.layer(0).profile) == 11);
}

TEST_CASE("pruning while training -- zeros grow along the schedule, and the checkpoint loads") {
    const Dataset data = testing::striped_data(100, 20);
    for (const Algorithm algorithm : {Algorithm::laperm, Algorithm::laperm_latent}) {
        for (const DeviceSpec& devices : {devices_of(DeviceValues::he_uniform, 4, 1.0, true),
                                          devices_of(DeviceValues::he_uniform, 0, 1.0, false),
                                          devices_of(DeviceValues::shared, 0, 0.9, true)}) {
            NetworkSpec network = small_network(algorithm, Rail::single, devices, Activation::relu);
            network.training.keep = {ScheduleKind::linear, 1.0};
            network.training.keep.last = 0.3;
            const TemporaryDirectory directory;
            std::vector<std::ptrdiff_t> growing;
            TrainOptions options;
            for (const int64_t step : {0, 8, 15, 22, 28}) {
                options.stop_after = step;
                run(network, data, options, directory.path());
                options.resume = load_checkpoint(directory / "last.safetensors");
                growing.push_back(zeros(options.resume->layers[0].profile));
            }
            CHECK(std::ranges::is_sorted(growing));
            const auto lines = std::ssize(options.resume->layers[0].profile) / 12;
            // The last sync is the last step.
            CHECK(growing.back() == lines * (12 - std::lround(0.3 * 12)));
            CHECK(growing[1] < growing.back());
        }
    }
}

}  // namespace permloom
