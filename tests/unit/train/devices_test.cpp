#include "compiler/train/devices.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/train/monitor.h"
#include "tests/unit/train/examples.h"

namespace permloom {
namespace {

using testing::devices_of;

LayerSpec layer_of(const DeviceSpec& devices, int inputs = 60, int outputs = 20,
                   Rail rail = Rail::single) {
    LayerSpec layer;
    layer.inputs = inputs;
    layer.outputs = outputs;
    layer.rail = rail;
    layer.devices = devices;
    return layer;
}

std::vector<float> row_of(const std::vector<float>& values, size_t lines, size_t row) {
    const auto begin = values.begin() + static_cast<long>(row * lines);
    return {begin, begin + static_cast<long>(lines)};
}

/// Every neuron's arrangement is a permutation of its bank, banks ascend, integers match.
void check_consistent(const LayerSpec& layer, const LayerDevices& devices) {
    const auto lines = static_cast<size_t>(layer.lines());
    const auto outputs = static_cast<size_t>(layer.outputs);
    REQUIRE(devices.profile.size() == lines * (devices.shared_profile ? 1 : outputs));
    REQUIRE(devices.arrangement.size() == lines * outputs);
    for (size_t j = 0; j < outputs; ++j) {
        const auto bank = row_of(devices.profile, lines, devices.shared_profile ? 0 : j);
        CHECK(std::is_sorted(bank.begin(), bank.end()));
        auto arranged = row_of(devices.arrangement, lines, j);
        std::sort(arranged.begin(), arranged.end());
        CHECK(arranged == bank);
    }
    for (size_t i = 0; i < devices.profile_q.size(); ++i)
        CHECK(devices.profile[i] == static_cast<float>(devices.profile_q[i] * devices.scale));
}

size_t non_zero(const std::vector<float>& values) {
    return values.size() - static_cast<size_t>(std::count(values.begin(), values.end(), 0.0F));
}

}  // namespace

TEST_CASE("devices -- neurons hold permutations of their banks, for every rule") {
    for (const DeviceValues values :
         {DeviceValues::he_uniform, DeviceValues::he_normal, DeviceValues::glorot_uniform,
          DeviceValues::glorot_normal, DeviceValues::shared, DeviceValues::signed_shared})
        for (const int bits : {0, 2, 4, 8})
            for (const bool shared_profile : {false, true})
                for (const double keep : {1.0, 0.3})
                    for (const Pruning pruning : {Pruning::exact, Pruning::bernoulli}) {
                        DeviceSpec spec = devices_of(values, bits, keep, shared_profile);
                        if (spec.shared() && bits != 0) continue;
                        spec.pruning = pruning;
                        const LayerSpec layer = layer_of(spec);
                        const LayerDevices devices = draw_devices(layer, 1, 5);
                        check_consistent(layer, devices);
                        CHECK(devices.profile_q.empty() == (bits == 0 && !spec.shared()));
                    }
}

TEST_CASE("devices -- values stay inside the limits of their distribution") {
    const double fan_in = 600.0, fan_out = 40.0;
    const auto widest = [&](DeviceValues values) {
        const LayerSpec layer = layer_of(devices_of(values, 0, 1.0, false), 600, 40);
        const auto devices = draw_devices(layer, 0, 1);
        double squares = 0.0;
        for (const float value : devices.profile)
            squares += value * value;
        return std::pair(std::max(-devices.profile.front(), devices.profile.back()),
                         std::sqrt(squares / static_cast<double>(devices.profile.size())));
    };
    // Uniform on +-limit has deviation limit / sqrt(3).
    CHECK(widest(DeviceValues::he_uniform).first <= std::sqrt(6.0 / fan_in));
    CHECK(widest(DeviceValues::he_uniform).second == Approx(std::sqrt(2.0 / fan_in)).epsilon(0.02));
    CHECK(widest(DeviceValues::glorot_uniform).second ==
          Approx(std::sqrt(2.0 / (fan_in + fan_out))).epsilon(0.02));
    // Keras divides the cut normal by its deviation, so that sd is what was asked for.
    CHECK(widest(DeviceValues::he_normal).second == Approx(std::sqrt(2.0 / fan_in)).epsilon(0.02));
    CHECK(widest(DeviceValues::glorot_normal).second ==
          Approx(std::sqrt(2.0 / (fan_in + fan_out))).epsilon(0.02));
    CHECK(widest(DeviceValues::he_normal).first <= 2.0 * std::sqrt(2.0 / fan_in) / 0.8796);
}

TEST_CASE("devices -- quantised values are levels of their width, used to the end") {
    for (const int bits : {2, 3, 4, 8}) {
        const LayerSpec layer = layer_of(devices_of(DeviceValues::he_uniform, bits, 1.0, false));
        const LayerDevices devices = draw_devices(layer, 0, 1);
        const int top = (1 << (bits - 1)) - 1;
        CHECK(*std::ranges::min_element(devices.profile_q) == -top);
        CHECK(*std::ranges::max_element(devices.profile_q) == top);
        CHECK(devices.scale == Approx(std::sqrt(6.0 / 60.0) / top));
    }
    // Two bits: a quarter -1, half 0, a quarter +1.
    const auto devices =
        draw_devices(layer_of(devices_of(DeviceValues::he_uniform, 2, 1.0, false), 600), 0, 1);
    const double zeros = static_cast<double>(std::ranges::count(devices.profile_q, 0));
    CHECK(zeros / static_cast<double>(devices.profile_q.size()) == Approx(0.5).margin(0.02));
}

TEST_CASE("devices -- exact pruning keeps the same number in every neuron") {
    for (const DeviceValues values : {DeviceValues::he_uniform, DeviceValues::shared})
        for (const double keep : {0.02, 0.5, 0.6, 0.99}) {
            const LayerSpec layer = layer_of(devices_of(values, 0, keep, false), 57);
            const LayerDevices devices = draw_devices(layer, 0, 3);
            std::set<std::vector<float>> places;
            for (size_t j = 0; j < 20; ++j) {
                const auto row = row_of(devices.arrangement, 57, j);
                CHECK(non_zero(row) == static_cast<size_t>(std::round(keep * 57)));
                places.insert(row);
            }
            CHECK(places.size() > 10);  // at random places, not the same ones
        }
}

TEST_CASE("devices -- signed and split kinds keep as many of each sign") {
    for (const auto& [values, rail] : {std::pair{DeviceValues::signed_shared, Rail::single},
                                       std::pair{DeviceValues::shared, Rail::split}}) {
        const LayerSpec layer = layer_of(devices_of(values, 0, 0.2, true), 784, 3, rail);
        const LayerDevices devices = draw_devices(layer, 0, 3);
        check_consistent(layer, devices);
        CHECK(std::ranges::count(devices.profile_q, -1) == 78);
        CHECK(std::ranges::count(devices.profile_q, 1) == 78);
        CHECK(devices.scale == 0.3);
    }
}

TEST_CASE("devices -- bernoulli pruning varies, and spares the first kernel as the paper does") {
    DeviceSpec spec = devices_of(DeviceValues::he_uniform, 0, 0.3, false);
    spec.pruning = Pruning::bernoulli;
    const LayerSpec layer = layer_of(spec, 400);
    const auto kept = [&](int index) {
        const auto devices = draw_devices(layer, index, 3);
        std::set<size_t> counts;
        for (size_t j = 0; j < 20; ++j)
            counts.insert(non_zero(row_of(devices.profile, 400, j)));
        CHECK(counts.size() > 5);
        return static_cast<double>(non_zero(devices.profile)) / 8000.0;
    };
    CHECK(kept(0) == Approx(0.8).margin(0.02));
    CHECK(kept(1) == Approx(0.3).margin(0.02));
    // One shared value (the notebooks' F1 and F2) is not spared.
    spec.values = DeviceValues::shared;
    const auto devices = draw_devices(layer_of(spec, 400), 0, 3);
    CHECK(static_cast<double>(non_zero(devices.profile)) / 8000.0 == Approx(0.3).margin(0.02));
}

TEST_CASE("devices -- seed, layer and rule decide them, on every machine") {
    const LayerSpec layer = layer_of(devices_of(DeviceValues::he_normal, 8, 0.7, true), 97, 3);
    const auto digest = [&](int index, uint64_t seed) {
        const LayerDevices devices = draw_devices(layer, index, seed);
        std::string text;
        for (const int32_t device : devices.profile_q)
            text += std::to_string(device) + ' ';
        for (const float weight : devices.arrangement)
            text += std::to_string(std::lround(weight / devices.scale)) + ' ';
        return to_hex(sha256(text), 16);
    };
    CHECK(digest(0, 1) == "78bb19e41e85410e");
    CHECK(digest(0, 1) == digest(0, 1));
    CHECK(digest(0, 1) != digest(1, 1));
    CHECK(digest(0, 1) != digest(0, 2));
}

TEST_CASE("devices -- a chip's devices come back with the value they had") {
    for (const DeviceValues values : {DeviceValues::he_uniform, DeviceValues::shared}) {
        for (const bool shared_profile : {false, true}) {
            const int bits = values == DeviceValues::shared ? 0 : 4;
            const LayerSpec layer = layer_of(devices_of(values, bits, 0.5, shared_profile));
            const LayerDevices made = draw_devices(layer, 0, 1);
            const LayerDevices again = frozen_devices(layer, 0, shared_profile, made.profile_q, 2);
            check_consistent(layer, again);
            CHECK(again.profile == made.profile);
            CHECK(again.profile_q == made.profile_q);
            CHECK(again.scale == made.scale);
            CHECK(again.arrangement != made.arrangement);
        }
    }
}

TEST_CASE("devices -- a chip's devices under another description keep to its limit") {
    const LayerSpec layer = layer_of(devices_of(DeviceValues::he_uniform, 2, 1.0, true), 4, 2);
    const LayerDevices devices = frozen_devices(layer, 0, true, {-7, -1, 0, 5}, 1);
    CHECK(devices.scale == Approx(std::sqrt(6.0 / 4.0) / 7.0));
}

TEST_CASE("devices -- dissimilar profiles: a family and a scale of its own for every neuron") {
    const LayerSpec layer = layer_of(devices_of(DeviceValues::dissimilar, 0, 1.0, false), 400, 40);
    const LayerDevices devices = draw_devices(layer, 0, 1);
    check_consistent(layer, devices);
    CHECK(draw_devices(layer, 0, 1).profile == devices.profile);
    CHECK(draw_devices(layer, 0, 2).profile != devices.profile);
    // Scales lie within a factor of 4 of He's deviation, and spread over that range.
    std::vector<double> scales;
    std::set<std::string> families;
    for (size_t j = 0; j < 40; ++j) {
        const auto bank = row_of(devices.profile, 400, j);
        double squares = 0.0, fourths = 0.0;
        for (const double value : bank) {
            squares += value * value / 400.0;
            fourths += value * value * value * value / 400.0;
        }
        scales.push_back(std::sqrt(squares / (2.0 / 400.0)));
        // Kurtosis: two-point 1, uniform 1.8, the cut normal 2.4, Laplace 6.
        const double kurtosis = fourths / (squares * squares);
        families.insert(kurtosis < 1.4   ? "two-point"
                        : kurtosis < 2.1 ? "uniform"
                        : kurtosis < 3.3 ? "normal"
                                         : "laplace");
    }
    CHECK(families.size() == 4);
    CHECK(*std::ranges::min_element(scales) < 0.5);
    CHECK(*std::ranges::min_element(scales) > 0.2);
    CHECK(*std::ranges::max_element(scales) > 2.0);
    CHECK(*std::ranges::max_element(scales) < 5.0);
}

TEST_CASE("devices -- dissimilar profiles are less alike than those of one rule") {
    const auto similarity = [](DeviceValues values) {
        NetworkSpec network;
        network.layers.push_back(layer_of(devices_of(values, 0, 1.0, false), 200, 40));
        LayerState state;
        state.profile = draw_devices(network.layers[0], 0, 1).profile;
        state.latent.resize(state.profile.size());
        RankingMonitor monitor;
        monitor.start(network, {state});
        return monitor.observe(network, {state})[0].similarity;
    };
    CHECK(similarity(DeviceValues::he_uniform) > 0.99);
    CHECK(similarity(DeviceValues::dissimilar) < 0.8);
}

TEST_CASE("devices -- shuffled: the weights of a trained layer, each vector in another order") {
    for (const int bits : {0, 4}) {
        for (const bool shared_profile : {false, true}) {
            const LayerSpec layer =
                layer_of(devices_of(DeviceValues::he_uniform, bits, 0.8, shared_profile));
            const LayerDevices made = draw_devices(layer, 0, 1);
            LayerState trained;
            trained.profile = made.profile;
            trained.profile_q = made.profile_q;
            trained.scale = made.scale;
            const LayerDevices shuffled = shuffled_devices(layer, 0, trained, 2);
            check_consistent(layer, shuffled);
            CHECK(shuffled.shared_profile == shared_profile);
            CHECK(shuffled.profile == made.profile);
            CHECK(shuffled.profile_q == made.profile_q);
            CHECK(shuffled_devices(layer, 0, trained, 2).arrangement == shuffled.arrangement);
            CHECK(shuffled_devices(layer, 0, trained, 3).arrangement != shuffled.arrangement);
            for (size_t j = 0; j < 20; ++j)
                CHECK_FALSE(std::ranges::is_sorted(row_of(shuffled.arrangement, 60, j)));
            trained.profile_q.clear();
            if (bits > 0)
                CHECK_THROWS_WITH(shuffled_devices(layer, 2, trained, 2),
                                  Catch::Contains("layers.2.devices: asks for levels"));
        }
    }
}

TEST_CASE("devices -- a layer of zeros is refused") {
    DeviceSpec spec = devices_of(DeviceValues::shared, 0, 1e-9, false);
    spec.pruning = Pruning::bernoulli;
    CHECK_THROWS_WITH(draw_devices(layer_of(spec, 4, 2), 3, 1),
                      Catch::Contains("layers.3.devices: every device is zero"));
    CHECK_THROWS_AS(frozen_devices(layer_of(spec, 4, 2), 0, true, {0, 0, 0, 0}, 1), Error);
}

}  // namespace permloom
