#include "compiler/train/rule_check.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/train/devices.h"
#include "tests/unit/train/examples.h"

namespace permloom {
namespace {

using Catch::Contains;
using testing::devices_of;

/// Two layers of these devices; the first is the one that bernoulli pruning spares.
NetworkSpec network_of(const DeviceSpec& devices, int inputs = 300, int outputs = 100) {
    NetworkSpec network;
    for (int l = 0; l < 2; ++l) {
        LayerSpec layer;
        layer.inputs = l == 0 ? inputs : outputs;
        layer.outputs = outputs;
        layer.devices = devices;
        network.layers.push_back(layer);
    }
    return network;
}

std::vector<LayerState> drawn(const NetworkSpec& network, uint64_t seed) {
    std::vector<LayerState> layers;
    for (size_t l = 0; l < network.layers.size(); ++l) {
        LayerState state;
        state.profile = draw_devices(network.layers[l], static_cast<int>(l), seed).profile;
        layers.push_back(std::move(state));
    }
    return layers;
}

/// What the rule says against devices that were drawn as `truth` describes, in the first layer.
std::string objection(const DeviceSpec& truth, const DeviceSpec& rule) {
    return check_rule(network_of(rule), drawn(network_of(truth), 3), rule.values)[0].objection;
}

constexpr DeviceValues RULES[] = {DeviceValues::he_uniform,     DeviceValues::he_normal,
                                  DeviceValues::glorot_uniform, DeviceValues::glorot_normal,
                                  DeviceValues::shared,         DeviceValues::signed_shared};

DeviceSpec pruned(DeviceValues values, int bits, double keep, Pruning pruning) {
    DeviceSpec devices = devices_of(values, bits, keep, false);
    devices.pruning = pruning;
    return devices;
}

}  // namespace

TEST_CASE("rule check -- devices that a rule drew are consistent with it") {
    for (const DeviceValues values : RULES)
        for (const int bits : {0, 2, 4, 8})
            for (const bool shared_profile : {false, true})
                for (const double keep : {1.0, 0.6, 0.3})
                    for (const Pruning pruning : {Pruning::exact, Pruning::bernoulli}) {
                        DeviceSpec devices = devices_of(values, bits, keep, shared_profile);
                        devices.pruning = pruning;
                        if (devices.shared() && bits != 0) continue;
                        const NetworkSpec network = network_of(devices);
                        for (const uint64_t seed : {1, 2, 3}) {
                            INFO(to_string(values) << ", " << bits << " bits, keep " << keep << ", "
                                                   << to_string(pruning) << ", seed " << seed);
                            for (const RuleVerdict& verdict :
                                 check_rule(network, drawn(network, seed), values)) {
                                CHECK(verdict.objection == "");
                                CHECK(verdict.consistent());
                            }
                        }
                    }
}

TEST_CASE("rule check -- devices of another rule are refused") {
    for (const DeviceValues truth : RULES)
        for (const DeviceValues rule : RULES) {
            if (truth == rule) continue;
            INFO(to_string(truth) << " judged as " << to_string(rule));
            CHECK(objection(devices_of(truth, 0, 0.8, false), devices_of(rule, 0, 0.8, false)) !=
                  "");
        }
    for (const int bits : {3, 4, 8}) {
        INFO(bits << " bits");
        CHECK(objection(devices_of(DeviceValues::he_uniform, bits, 1.0, false),
                        devices_of(DeviceValues::glorot_uniform, bits, 1.0, false)) != "");
        CHECK(objection(devices_of(DeviceValues::he_uniform, 0, 1.0, false),
                        devices_of(DeviceValues::he_uniform, bits, 1.0, false)) != "");
    }
}

TEST_CASE("rule check -- limit and levels hold exactly") {
    const DeviceSpec real = devices_of(DeviceValues::he_uniform, 0, 1.0, false);
    const NetworkSpec network = network_of(real);
    std::vector<LayerState> layers = drawn(network, 1);
    const double limit = std::sqrt(6.0 / 300.0);
    layers[0].profile.back() = static_cast<float>(limit * 1.001);
    CHECK(check_rule(network, layers, real.values)[0].objection ==
          "largest magnitude 0.1416, limit 0.1414");
    CHECK(check_rule(network, layers, real.values)[1].consistent());

    const DeviceSpec levels = devices_of(DeviceValues::he_uniform, 4, 1.0, false);
    const NetworkSpec quantised = network_of(levels);
    layers = drawn(quantised, 1);
    layers[1].profile.back() *= 0.999F;
    CHECK_THAT(check_rule(quantised, layers, levels.values)[1].objection,
               Contains("no level of its devices, multiples of 0.03499"));

    const DeviceSpec shared = devices_of(DeviceValues::shared, 0, 0.5, false);
    const NetworkSpec wires = network_of(shared);
    layers = drawn(wires, 1);
    layers[0].profile.front() = -layers[0].profile.back();
    CHECK_THAT(check_rule(wires, layers, shared.values)[0].objection,
               Contains("no level of its devices, 0 and 0.3"));
}

TEST_CASE("rule check -- pruning that was stronger or weaker is refused") {
    for (const DeviceValues values : RULES)
        for (const int bits : {0, 4})
            for (const Pruning pruning : {Pruning::exact, Pruning::bernoulli}) {
                if (bits != 0 && devices_of(values, 0, 1.0, false).shared()) continue;
                const DeviceSpec rule = pruned(values, bits, 0.85, pruning);
                INFO(to_string(values) << ", " << bits << " bits, " << to_string(pruning));
                for (const double keep : {0.81, 0.89})
                    CHECK_THAT(objection(pruned(values, bits, keep, pruning), rule),
                               Contains("not zero") || Contains("exact pruning keeps"));
            }
    // The right number in all, not in each neuron.
    const DeviceSpec exact = pruned(DeviceValues::shared, 0, 0.85, Pruning::exact);
    CHECK_THAT(objection(pruned(DeviceValues::shared, 0, 0.85, Pruning::bernoulli), exact),
               Contains("of neuron 0 are not zero, exact pruning keeps 255"));
}

TEST_CASE("rule check -- signs that are not balanced are refused") {
    for (const Pruning pruning : {Pruning::exact, Pruning::bernoulli}) {
        const DeviceSpec rule = pruned(DeviceValues::signed_shared, 0, 0.5, pruning);
        const NetworkSpec network = network_of(rule);
        std::vector<LayerState> layers = drawn(network, 1);
        for (size_t at = 0; at < layers[0].profile.size(); at += 300)
            for (size_t r = 0; r < 8; ++r)
                layers[0].profile[at + r] *= -1.0F;
        for (auto bank = layers[0].profile.begin(); bank != layers[0].profile.end(); bank += 300)
            std::sort(bank, bank + 300);
        const bool exact = pruning == Pruning::exact;
        CHECK_THAT(
            check_rule(network, layers, rule.values)[0].objection,
            Contains(exact ? "neuron 0 has 83 positive and 67 negative" : "weights are positive"));
    }
}

TEST_CASE("rule check -- a distribution of other shape is refused where all else fits") {
    const DeviceSpec real = devices_of(DeviceValues::he_uniform, 0, 1.0, false);
    const NetworkSpec network = network_of(real);
    std::vector<LayerState> layers = drawn(network, 1);
    const auto limit = static_cast<float>(std::sqrt(6.0 / 300.0));
    for (float& weight : layers[0].profile)
        weight = weight * std::abs(weight) / limit;  // inside the limit, drawn to the middle
    CHECK_THAT(check_rule(network, layers, real.values)[0].objection,
               Contains("its 30000 weights that are not zero are distributed otherwise") &&
                   Contains("apart (chance below 1e-12)"));
}

TEST_CASE("rule check -- equal banks count as one draw") {
    // 100 copies of 300 draws are no 30000 draws.
    const DeviceSpec rule = devices_of(DeviceValues::he_uniform, 0, 1.0, true);
    const NetworkSpec network = network_of(rule);
    for (const uint64_t seed : {1, 2, 3, 4, 5}) {
        std::vector<LayerState> layers = drawn(network, seed);
        const std::vector<float> bank = layers[0].profile;
        for (int j = 1; j < 100; ++j)
            layers[0].profile.insert(layers[0].profile.end(), bank.begin(), bank.end());
        CHECK(check_rule(network, layers, rule.values)[0].objection == "");
    }
}

}  // namespace permloom
