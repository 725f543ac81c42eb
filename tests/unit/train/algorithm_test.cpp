#include "compiler/train/algorithm.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/train/net.h"
#include "tests/unit/train/examples.h"

namespace permloom {
namespace {

using testing::devices_of;
using testing::small_network;

TrainingNet make_net(const NetworkSpec& network, uint64_t seed = 1) {
    std::vector<LayerDevices> devices;
    for (size_t l = 0; l < network.layers.size(); ++l)
        devices.push_back(draw_devices(network.layers[l], static_cast<int>(l), seed));
    return TrainingNet(network, std::move(devices), seed);
}

/// What Adam does, for these tests: arbitrary moves of the owned weights.
void disturb(TrainingNet& net, Rng& rng, double width) {
    for (size_t l = 0; l < net.size(); ++l)
        for (float& weight : net.layer(l).owned)
            weight += static_cast<float>(rng.uniform(-width, width));
}

std::vector<float> derived(const TrainingNet& net, size_t l, LayerParameters& layer, int row) {
    std::vector<float> weights(static_cast<size_t>(layer.lines));
    net.algorithm(l).derive(layer, row, 0, layer.lines, weights.data());
    return weights;
}

std::vector<float> sorted(std::span<const float> values) {
    std::vector<float> result(values.begin(), values.end());
    std::sort(result.begin(), result.end());
    return result;
}

void check_same_ranking(std::span<const float> before, std::span<const float> after) {
    for (size_t i = 0; i < before.size(); ++i)
        for (size_t j = 0; j < before.size(); ++j)
            if (before[i] < before[j]) CHECK(after[i] <= after[j]);
}

const NetworkSpec LAPERM =
    small_network(Algorithm::laperm, Rail::single,
                  devices_of(DeviceValues::he_uniform, 3, 0.8, false), Activation::relu);
const NetworkSpec DRIFT =
    small_network(Algorithm::laperm_latent, Rail::single,
                  devices_of(DeviceValues::he_uniform, 3, 0.8, true), Activation::relu);
const NetworkSpec MASK =
    small_network(Algorithm::laperm_latent, Rail::single,
                  devices_of(DeviceValues::signed_shared, 0, 0.6, true), Activation::relu);

}  // namespace

TEST_CASE("laperm -- starts from its devices and syncs at every k-th step, never at 0") {
    TrainingNet net = make_net(LAPERM);
    LayerParameters& layer = net.layer(0);
    for (int row = 0; row < layer.outputs; ++row)
        CHECK(sorted(layer.owned_row(row)) == sorted(layer.bank(row)));
    for (int t = 0; t <= 30; ++t)
        CHECK(net.algorithm(0).due(t, 7) == (t == 7 || t == 14 || t == 21 || t == 28));
}

TEST_CASE("laperm -- a sync restores the devices in the ranking of the weights, and nothing else") {
    ThreadPool pool(1);
    Rng rng(1);
    TrainingNet net = make_net(LAPERM);
    disturb(net, rng, 0.5);
    for (size_t l = 0; l < net.size(); ++l) {
        LayerParameters& layer = net.layer(l);
        for (float& moment : layer.first_moment)
            moment = static_cast<float>(rng.uniform());
        for (float& moment : layer.second_moment)
            moment = static_cast<float>(rng.uniform());
    }
    std::vector<LayerParameters> before{net.layer(0), net.layer(1)};
    net.sync(6, 7, pool);
    CHECK(net.layer(0).owned == before[0].owned);
    net.sync(7, 7, pool);
    for (size_t l = 0; l < net.size(); ++l) {
        LayerParameters& layer = net.layer(l);
        CHECK(layer.first_moment == before[l].first_moment);
        CHECK(layer.second_moment == before[l].second_moment);
        CHECK(layer.auxiliary == before[l].owned);
        for (int row = 0; row < layer.outputs; ++row) {
            CHECK(sorted(layer.owned_row(row)) == sorted(layer.bank(row)));
            check_same_ranking(before[l].owned_row(row), layer.owned_row(row));
            CHECK(derived(net, l, layer, row) ==
                  std::vector<float>(layer.owned_row(row).begin(), layer.owned_row(row).end()));
        }
    }
}

TEST_CASE(
    "laperm -- the wiring of a checkpoint is that of a final sync, its latents those before") {
    ThreadPool pool(1);
    Rng rng(2);
    TrainingNet net = make_net(LAPERM);
    disturb(net, rng, 0.5);
    const std::vector<float> moved = net.layer(0).owned;
    const auto unsynced = net.project(6, 7, pool);
    CHECK(net.layer(0).owned == moved);
    net.sync(7, 7, pool);
    const auto synced = net.project(7, 7, pool);
    CHECK(unsynced[0].source == synced[0].source);
    CHECK(unsynced[0].latent == moved);
    CHECK(synced[0].latent == moved);
}

TEST_CASE("drift -- right after a sync the network computes with the devices themselves") {
    ThreadPool pool(1);
    Rng rng(3);
    TrainingNet net = make_net(DRIFT);
    disturb(net, rng, 0.5);
    const std::vector<float> latent = net.layer(0).owned;
    net.sync(0, 7, pool);
    CHECK(net.layer(0).owned == latent);  // the latents are never overwritten
    LayerParameters& layer = net.layer(0);
    for (int row = 0; row < layer.outputs; ++row) {
        const auto weights = derived(net, 0, layer, row), bank = sorted(layer.bank(row));
        const auto devices = sorted(weights);
        for (size_t i = 0; i < bank.size(); ++i)
            CHECK(devices[i] == Approx(bank[i]).margin(1e-6));
    }
    // Between syncs the weights move as the latents do.
    const auto before = derived(net, 0, layer, 2);
    layer.owned_row(2)[5] += 0.25F;
    const auto after = derived(net, 0, layer, 2);
    for (size_t i = 0; i < before.size(); ++i)
        CHECK(after[i] - before[i] == Approx(i == 5 ? 0.25 : 0.0).margin(1e-6));
}

TEST_CASE("mask -- a refresh selects exactly the devices' counts of largest and smallest latents") {
    ThreadPool pool(1);
    Rng rng(4);
    TrainingNet net = make_net(MASK);
    for (int trial = 0; trial < 20; ++trial) {
        disturb(net, rng, 0.1);
        net.sync(5 * trial, 1, pool);
        for (size_t l = 0; l < net.size(); ++l) {
            LayerParameters& layer = net.layer(l);
            const auto bank = layer.bank(0);
            for (int row = 0; row < layer.outputs; ++row) {
                const auto weights = derived(net, l, layer, row);
                CHECK(std::ranges::count(weights, 1.0F) ==
                      std::ranges::count_if(bank, [](float v) { return v > 0; }));
                CHECK(std::ranges::count(weights, -1.0F) ==
                      std::ranges::count_if(bank, [](float v) { return v < 0; }));
                check_same_ranking(layer.owned_row(row), weights);
            }
        }
    }
}

TEST_CASE("mask -- the extremes: no zeros, only zeros in a row, only one sign") {
    for (const auto& profile : {std::vector<float>{-1, -1, 1, 1},
                                {0, 0, 0, 0, -1, 0, 0, 1},
                                {0, 1, 1, 1},
                                {-1, -1, 0, 0}}) {
        LayerParameters layer;
        layer.inputs = layer.lines = 4;
        layer.outputs = static_cast<int>(profile.size() / 4);
        layer.profile = profile;
        layer.owned = {0.3F, -0.2F, 0.1F, 0.0F, 0.4F, 0.2F, -0.1F, 0.3F};
        layer.owned.resize(profile.size());
        layer.auxiliary.resize(2 * profile.size() / 4);
        const auto algorithm = make_latent_mask(1);
        Ranker ranker;
        for (int row = 0; row < layer.outputs; ++row) {
            algorithm->sync(layer, row, ranker);
            std::vector<float> weights(4);
            algorithm->derive(layer, row, 0, 4, weights.data());
            CHECK(sorted(weights) == sorted(layer.bank(row)));
            check_same_ranking(layer.owned_row(row), weights);
        }
    }
}

TEST_CASE("mask -- latents start small and random, whatever the devices") {
    const TrainingNet net = [] { return make_net(MASK); }();
    TrainingNet copy = make_net(MASK), other = make_net(MASK, 2);
    double sum = 0.0;
    for (const float latent : copy.layer(0).owned) {
        CHECK(std::abs(latent) <= 0.05F);
        sum += latent;
    }
    CHECK(std::abs(sum / static_cast<double>(copy.layer(0).owned.size())) < 0.02);
    CHECK(copy.layer(0).owned != other.layer(0).owned);
}

TEST_CASE("projection -- every algorithm gives permutations of the devices, canonical") {
    ThreadPool pool(1);
    for (const NetworkSpec& network : testing::all_kinds()) {
        Rng rng(5);
        TrainingNet net = make_net(network);
        disturb(net, rng, 0.2);
        const auto states = net.project(3, 7, pool);
        for (size_t l = 0; l < states.size(); ++l) {
            const auto lines = static_cast<size_t>(network.layers[l].lines());
            const bool free = network.training.algorithm == Algorithm::free;
            CHECK(states[l].profile_q.empty() ==
                  (free || network.layers[l].devices.largest_level() == 0));
            for (size_t j = 0; j < static_cast<size_t>(network.layers[l].outputs); ++j) {
                const auto source = std::span(states[l].source).subspan(j * lines, lines);
                const auto bank =
                    std::span(states[l].profile)
                        .subspan(states[l].profile.size() == lines ? 0 : j * lines, lines);
                std::vector<int32_t> seen(source.begin(), source.end());
                std::sort(seen.begin(), seen.end());
                for (size_t r = 0; r < lines; ++r)
                    CHECK(seen[r] == static_cast<int32_t>(r));
                for (size_t r = 1; r < lines; ++r)
                    if (bank[r] == bank[r - 1]) CHECK(source[r] > source[r - 1]);
                std::vector<float> weights(lines);
                scatter(source, bank, weights);
                check_same_ranking(std::span(states[l].latent).subspan(j * lines, lines), weights);
                if (free)
                    CHECK(weights ==
                          std::vector<float>(
                              net.layer(l).owned.begin() + static_cast<long>(j * lines),
                              net.layer(l).owned.begin() + static_cast<long>((j + 1) * lines)));
            }
        }
    }
}

TEST_CASE("algorithm -- auto masks devices of one magnitude and drifts on others") {
    LayerParameters one, many;
    one.profile = {-0.5F, 0.0F, 0.5F};
    many.profile = {-0.5F, 0.0F, 0.25F};
    TrainingSpec training;
    CHECK(make_algorithm(training, one, 0)->calibrates());
    CHECK_FALSE(make_algorithm(training, many, 0)->calibrates());
    training.estimator = Estimator::drift;
    CHECK_FALSE(make_algorithm(training, one, 0)->calibrates());
    training.estimator = Estimator::mask;
    CHECK_THROWS_WITH(make_algorithm(training, many, 2),
                      Catch::Contains("layers.2: estimator mask needs devices of one magnitude"));
}

}  // namespace permloom
