#include "compiler/passes/quantise.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "compiler/base/error.h"
#include "tests/support/random_checkpoint.h"

namespace permloom {
namespace {

using Catch::Matchers::Contains;
using testing::levels;
using testing::network_of;
using testing::one_value;
using testing::random_checkpoint;

Checkpoint two_layers(Rail rail = Rail::single, const DeviceSpec& devices = levels(4, false)) {
    Rng rng(3);
    return random_checkpoint(network_of({12, 6, 4}, rail, devices), rng);
}

/// The message of quantise(checkpoint)'s Error, with its hint; empty when there is none.
std::string refusal(const Checkpoint& checkpoint) {
    try {
        quantise(checkpoint);
    } catch (const Error& error) {
        return error.where() + ": " + error.problem() + " | " + error.hint();
    }
    return {};
}

}  // namespace

TEST_CASE("quantise -- m is the nearest and finest multiplier, s at most 47") {
    for (int exponent = -46; exponent <= 15; ++exponent)
        for (const double mantissa : {0.5, 0.500001, 0.7, 0.999992, 0.99999999})
            for (const double sign : {1.0, -1.0}) {
                Checkpoint checkpoint = two_layers();
                LayerState& state = checkpoint.layers[0];
                const double factor = sign * std::ldexp(mantissa, exponent);
                // alpha * s_w * s_in / s_out = factor
                state.alpha = factor * (state.act_range / 255.0) /
                              (state.scale * checkpoint.network.input.scale);
                state.offset = 0.0;
                const Quantised quantised = quantise(checkpoint);
                const LayerRegisters& layer = quantised.layers[0].registers;
                const int32_t m = quantised.layers[0].neurons[0].m;
                INFO("factor " << factor);
                CHECK(std::abs(std::ldexp(factor, layer.s) - m) <= 0.5 + 1e-9);
                CHECK(std::abs(m) <= 65535);
                CHECK((std::abs(m) >= 32768 || layer.s == 47));
                CHECK(layer.relu == (sign > 0));
            }
}

TEST_CASE("quantise -- a multiplier beyond 17 bits or below 2^-47 is an error") {
    Checkpoint checkpoint = two_layers();
    const double alpha = checkpoint.layers[0].alpha;
    checkpoint.layers[0].alpha = alpha * 0x1.0p40;
    CHECK_THAT(refusal(checkpoint),
               Contains("layer 0") && Contains("17 bits") && Contains("lower layers.0.bits"));
    checkpoint.layers[0].alpha = alpha * 0x1.0p-70;
    CHECK_THAT(refusal(checkpoint), Contains("layer 0") && Contains("2^-47"));
}

TEST_CASE("quantise -- the largest multiplier is 65535 / 2^0") {
    Checkpoint checkpoint = two_layers();
    LayerState& state = checkpoint.layers[0];
    const double unit = state.scale * checkpoint.network.input.scale / (state.act_range / 255.0);
    state.offset = 0.0;
    state.alpha = 65535.25 / unit;
    CHECK(quantise(checkpoint).layers[0].neurons[0].m == 65535);
    CHECK(quantise(checkpoint).layers[0].registers.s == 0);
    for (const double factor : {65535.75, 65536.0, 70000.0}) {
        state.alpha = factor / unit;
        CHECK_THAT(refusal(checkpoint), Contains("17 bits"));
    }
}

TEST_CASE("quantise -- b is the ceiling of the real constant and c takes it back") {
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
        const Checkpoint checkpoint = two_layers(rail);
        const Quantised quantised = quantise(checkpoint);
        for (const NeuronRegisters& neuron : quantised.layers[0].neurons) {
            CHECK(neuron.c <= 0);
            CHECK(neuron.c > -neuron.m);
        }
        for (const NeuronRegisters& neuron : quantised.layers[1].neurons) {
            CHECK(neuron.c == 0);
            CHECK(neuron.m == 0);
        }
    }
}

TEST_CASE("quantise -- a constant that is an integer stays one") {
    // Dual rails with one value: the offset is K * max / 2, here with K even. In floating point it
    // comes back as an integer only nearly, for most values.
    for (int trial = 1; trial <= 50; ++trial) {
        const double value = 0.013 * trial, step = 1.0 / (200.0 + trial);
        Checkpoint checkpoint = two_layers(Rail::dual, one_value(1.0 / 3.0, value));
        checkpoint.network.input.scale = step;
        for (size_t l = 0; l < 2; ++l) {
            const double max = l == 0 ? 255.0 * step : checkpoint.layers[0].act_range;
            double devices = 0.0;
            for (const int32_t device : checkpoint.layers[l].profile_q)
                devices += device;
            REQUIRE(std::fmod(devices, 2.0) == 0.0);
            checkpoint.layers[l].offset = devices * value * max / 2.0;
            const Quantised quantised = quantise(checkpoint);
            for (const NeuronRegisters& neuron : quantised.layers[l].neurons) {
                CHECK(neuron.b == -static_cast<int32_t>(devices / 2.0 * 255.0));
                CHECK(neuron.c == 0);
            }
        }
    }
}

TEST_CASE("quantise -- one shared value needs one set of registers per layer: wiring-only") {
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split})
        for (const bool stored_per_neuron : {false, true}) {
            Checkpoint checkpoint = two_layers(rail, one_value(0.5));
            if (stored_per_neuron)
                for (LayerState& state : checkpoint.layers) {
                    const std::vector<int32_t> bank = state.profile_q;
                    const std::vector<float> real = state.profile;
                    for (size_t i = bank.size(); i < state.source.size(); i += bank.size()) {
                        state.profile_q.insert(state.profile_q.end(), bank.begin(), bank.end());
                        state.profile.insert(state.profile.end(), real.begin(), real.end());
                    }
                }
            const Quantised quantised = quantise(checkpoint);
            for (const QuantisedLayer& layer : quantised.layers) {
                CHECK(layer.shared_profile);
                for (const NeuronRegisters& neuron : layer.neurons)
                    CHECK(neuron == layer.neurons.front());
            }
        }
}

TEST_CASE("quantise -- registers depend on the bank, never on its wiring") {
    Rng rng(4);
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
        Checkpoint checkpoint = two_layers(rail, levels(4, true));
        checkpoint.network.input.zero = 77;
        const Quantised before = quantise(checkpoint);
        const Quantised after = quantise(testing::rewired(checkpoint, rng));
        for (size_t l = 0; l < 2; ++l) {
            CHECK(after.layers[l].neurons == before.layers[l].neurons);
            for (const NeuronRegisters& neuron : before.layers[l].neurons)
                CHECK(neuron == before.layers[l].neurons.front());
        }
    }
}

TEST_CASE("quantise -- a bank that differs in one device is no shared profile") {
    Checkpoint checkpoint = two_layers(Rail::single, levels(4, false, 0.0));
    CHECK(quantise(checkpoint).layers[0].shared_profile);
    checkpoint.layers[0].profile_q.back() = 1;
    const QuantisedLayer layer = quantise(checkpoint).layers[0];
    CHECK_FALSE(layer.shared_profile);
    CHECK(layer.devices == checkpoint.layers[0].profile_q);
}

TEST_CASE("quantise -- device_bits is the smallest signed width, at least 2") {
    const auto width = [](int32_t low, int32_t high) {
        Checkpoint checkpoint = two_layers(Rail::single, levels(4, true, 0.0));
        checkpoint.layers[0].profile_q.front() = low;
        checkpoint.layers[0].profile_q.back() = high;
        return quantise(checkpoint).layers[0].device_bits;
    };
    CHECK(width(0, 0) == 2);
    CHECK(width(0, 1) == 2);
    CHECK(width(-1, 1) == 2);
    CHECK(width(-2, 0) == 2);
    CHECK(width(0, 2) == 3);
    CHECK(width(-7, 7) == 4);
    CHECK(width(-8, 7) == 4);
    CHECK(width(-9, 7) == 5);
    CHECK(width(0, 127) == 8);
}

TEST_CASE("quantise -- the error grows with coarser activations and with rounded devices") {
    Checkpoint checkpoint = two_layers();
    const double fine = quantise(checkpoint).layers[0].error;
    CHECK(fine == Approx(1.0 / (255.0 * std::sqrt(12.0))).epsilon(0.01));
    CHECK(quantise(checkpoint).layers[1].error < 1e-6);
    checkpoint.network.layers[0].bits = 2;
    CHECK(quantise(checkpoint).layers[0].error ==
          Approx(1.0 / (3.0 * std::sqrt(12.0))).epsilon(0.01));
    for (float& value : checkpoint.layers[1].profile)
        value *= 1.1F;
    CHECK(quantise(checkpoint).layers[1].error == Approx(0.1 / 1.1).epsilon(0.001));
}

TEST_CASE("quantise -- real-valued devices are refused with the option that helps") {
    Checkpoint checkpoint = two_layers();
    checkpoint.layers[1].profile_q.clear();
    CHECK_THAT(refusal(checkpoint),
               Contains("layer 1") && Contains("--set layers.1.devices.bits=8"));
}

TEST_CASE("quantise -- malformed layers are refused by name") {
    const auto broken = [](auto&& breakage) {
        Checkpoint checkpoint = two_layers();
        breakage(checkpoint);
        return refusal(checkpoint);
    };
    CHECK(broken([](Checkpoint&) {}).empty());
    CHECK_THAT(broken([](Checkpoint& c) { c.layers[0].profile_q.pop_back(); }),
               Contains("layer 0") && Contains("71 devices"));
    CHECK_THAT(broken([](Checkpoint& c) { c.layers[0].profile.pop_back(); }),
               Contains("layer 0") && Contains("71 real"));
    CHECK_THAT(broken([](Checkpoint& c) { c.layers[1].source.pop_back(); }),
               Contains("layer 1") && Contains("source"));
    CHECK_THAT(broken([](Checkpoint& c) { c.layers.pop_back(); }), Contains("1 trained layers"));
    CHECK_THAT(broken([](Checkpoint& c) { c.layers[0].profile_q[24] = 100; }),
               Contains("layer 0, neuron 2") && Contains("ascending"));
    CHECK_THAT(broken([](Checkpoint& c) { c.layers[0].source[37] = c.layers[0].source[36]; }),
               Contains("layer 0, neuron 3") && Contains("used twice"));
    CHECK_THAT(broken([](Checkpoint& c) { c.layers[0].source[36] = 12; }),
               Contains("layer 0, neuron 3") && Contains("line 12 is out of range"));
    CHECK_THAT(broken([](Checkpoint& c) { c.layers[0].source[36] = -1; }),
               Contains("layer 0, neuron 3"));
}

TEST_CASE("quantise -- constants that are no usable numbers are refused by name") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    const auto with = [](double LayerState::*field, double value) {
        Checkpoint checkpoint = two_layers();
        checkpoint.layers[0].*field = value;
        return refusal(checkpoint);
    };
    for (const double value : {nan, infinity, 0.0, -1.0}) {
        CHECK_THAT(with(&LayerState::scale, value), Contains("layer 0") && Contains("scale"));
        CHECK_THAT(with(&LayerState::act_range, value), Contains("layer 0") && Contains("range"));
    }
    for (const double value : {nan, infinity, 0.0})
        CHECK_THAT(with(&LayerState::alpha, value), Contains("layer 0") && Contains("alpha"));
    for (const double value : {nan, -infinity})
        CHECK_THAT(with(&LayerState::offset, value), Contains("layer 0") && Contains("offset"));
    CHECK_THAT(with(&LayerState::offset, 1e12),
               Contains("layer 0, neuron 0") && Contains("register b"));
}

TEST_CASE("scales -- the input's, act_range / hi after a ReLU, 1 / hi after a clip") {
    Checkpoint checkpoint = two_layers();
    checkpoint.network.input.zero = 7;
    checkpoint.layers[0].act_range = 2.5;
    std::vector<ActivationScale> scales = activation_scales(checkpoint);
    REQUIRE(scales.size() == 2);
    CHECK(scales[0].step == checkpoint.network.input.scale);
    CHECK(scales[0].zero == 7);
    CHECK(scales[1].step == 2.5 / 255.0);
    CHECK(scales[1].zero == 0);
    checkpoint.network.layers[0].activation = Activation::clip;
    checkpoint.network.layers[0].bits = 4;
    scales = activation_scales(checkpoint);
    CHECK(scales[1].step == 1.0 / 15.0);
    CHECK(scales[1].hi() == 15);
}

TEST_CASE("quantise -- activations must be where they belong") {
    Checkpoint checkpoint = two_layers();
    checkpoint.network.layers[1].activation = Activation::relu;
    CHECK_THAT(refusal(checkpoint), Contains("layer 1") && Contains("last layer"));
    checkpoint = two_layers();
    checkpoint.network.layers[0].bits = 17;
    CHECK_THAT(refusal(checkpoint), Contains("layer 0") && Contains("17 bits"));
    checkpoint = two_layers();
    checkpoint.network.input.zero = 256;
    CHECK_THAT(refusal(checkpoint), Contains("input") && Contains("256"));
    checkpoint = two_layers();
    checkpoint.network.input.scale = 0.0;
    CHECK_THAT(refusal(checkpoint), Contains("input") && Contains("scale"));
}

}  // namespace permloom
