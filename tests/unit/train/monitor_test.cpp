#include "compiler/train/monitor.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/train/examples.h"

namespace permloom {
namespace {

/// One layer of `outputs` neurons on 4 lines.
NetworkSpec four_lines(int outputs) {
    NetworkSpec network;
    network.layers.resize(1);
    network.layers[0].inputs = 4;
    network.layers[0].outputs = outputs;
    return network;
}

LayerState state(std::vector<float> latent, std::vector<float> profile) {
    LayerState layer;
    layer.latent = std::move(latent);
    layer.profile = std::move(profile);
    return layer;
}

}  // namespace

TEST_CASE("monitor -- ranking distance and moved weights, worked by hand") {
    RankingMonitor monitor;
    monitor.start(four_lines(1), {state({10, 20, 30, 40}, {1, 2, 3, 4})});
    // The first two change ranks: distances 1, 1, 0, 0; mean 1/2, deviation 1/2, over 4 lines.
    auto seen = monitor.observe(four_lines(1), {state({20, 10, 30, 40}, {1, 2, 3, 4})});
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].distance_mean == Approx(0.5 / 4));
    CHECK(seen[0].distance_sd == Approx(0.5 / 4));
    CHECK(seen[0].moved == Approx(0.5));
    // The smallest becomes the largest: distances 1, 3, 1, 1 (line 1 was the smallest).
    seen = monitor.observe(four_lines(1), {state({20, 50, 30, 40}, {1, 1, 1, 4})});
    CHECK(seen[0].distance_mean == Approx(6.0 / 4 / 4));
    CHECK(seen[0].distance_sd == Approx(std::sqrt(12.0 / 4 - 1.5 * 1.5) / 4));
    // Devices: line 1 got the 4, line 3 lost it; the others changed among equal ones.
    CHECK(seen[0].moved == Approx(0.5));
    // Nothing changed since.
    seen = monitor.observe(four_lines(1), {state({20, 50, 30, 40}, {1, 1, 1, 4})});
    CHECK(seen[0].distance_mean == 0.0);
    CHECK(seen[0].distance_sd == 0.0);
    CHECK(seen[0].moved == 0.0);
}

TEST_CASE("monitor -- similarity of profiles, worked by hand") {
    RankingMonitor monitor;
    const auto similarity = [&](const std::vector<float>& profile, int outputs) {
        const std::vector<float> latent(static_cast<size_t>(4 * outputs));
        monitor.start(four_lines(outputs), {state(latent, profile)});
        return monitor.observe(four_lines(outputs), {state(latent, profile)})[0].similarity;
    };
    CHECK(similarity({-1, 0, 0, 1, -1, 0, 0, 1}, 2) == 1.0);
    CHECK(similarity({-1, 0, 0, 1}, 2) == 1.0);  // one bank of a layer
    // The mean profile is -2 0 0 2: 4 deviations of 1 from it; spread 2 * 1 + 2 * 9.
    CHECK(similarity({-1, 0, 0, 1, -3, 0, 0, 3}, 2) == Approx(1.0 - 4.0 / 20.0));
}

TEST_CASE("monitor -- rankings of an earlier observation start another one") {
    const NetworkSpec network = four_lines(1);
    RankingMonitor first, second;
    first.start(network, {state({1, 2, 3, 4}, {1, 2, 3, 4})});
    second.start(first.observed());
    const std::vector<LayerState> next{state({4, 3, 2, 1}, {1, 2, 3, 4})};
    CHECK(first.observe(network, next)[0].distance_mean ==
          second.observe(network, next)[0].distance_mean);
    CHECK(first.observed() == second.observed());
}

}  // namespace permloom
