#include "sim/reference/reference.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/passes/pipeline.h"
#include "compiler/passes/scales.h"
#include "compiler/program/expand.h"
#include "tests/support/random_checkpoint.h"
#include "tests/support/random_chip.h"

namespace permloom {
namespace {

using testing::levels;
using testing::network_of;
using testing::one_value;
using testing::random_checkpoint;

std::vector<uint16_t> random_codes(const NetworkSpec& network, Rng& rng) {
    std::vector<uint16_t> codes(static_cast<size_t>(network.input.size));
    for (uint16_t& code : codes)
        code = static_cast<uint16_t>(rng.below(uint64_t{1} << network.input.bits));
    return codes;
}

/// Multiplier rounding (2^-16 relative) on codes up to hi, and the test's own double arithmetic.
constexpr double MULTIPLIER_SLACK = 0x1.0p-15;

/// Every activation is the real activation of its inputs' codes, rounded to the nearest code.
void check_against_real_values(const Checkpoint& checkpoint, Rng& rng, int images) {
    const CompileResult compiled = compile(checkpoint, {});
    const auto reference = make_reference(compiled.chip, compiled.configuration);
    const std::vector<ActivationScale> scales = activation_scales(checkpoint);
    const size_t layers = checkpoint.layers.size();
    for (int image = 0; image < images; ++image) {
        const std::vector<uint16_t> input = random_codes(checkpoint.network, rng);
        const Inference inference = reference->infer(input);
        REQUIRE(inference.activations.size() == layers - 1);
        std::vector<int32_t> codes(input.begin(), input.end());
        for (size_t l = 0; l < layers; ++l) {
            std::vector<double> a;
            for (const int32_t code : codes)
                a.push_back((code - scales[l].zero) * scales[l].step);
            const double complement_sum = (scales[l].hi() - 2 * scales[l].zero) * scales[l].step;
            const std::vector<double> z =
                testing::pre_activations(checkpoint, l, a, complement_sum);
            const LayerState& state = checkpoint.layers[l];
            for (size_t j = 0; j < z.size(); ++j) {
                INFO("image " << image << ", layer " << l << ", neuron " << j);
                if (l + 1 == layers) {
                    const double unit = state.alpha * state.scale * scales[l].step;
                    const double difference =
                        static_cast<double>(inference.logits[j]) - z[j] / unit;
                    CHECK(std::abs(difference) <= 0.5 + 1e-6);
                } else {
                    const double hi = scales[l + 1].hi();
                    const double ideal = std::clamp(z[j] / scales[l + 1].step, 0.0, hi);
                    CHECK(std::abs(inference.activations[l][j] - ideal) <=
                          0.5 + hi * MULTIPLIER_SLACK);
                }
            }
            if (l + 1 < layers) codes = inference.activations[l];
        }
    }
}

/// One layer, one neuron, bank and source given, registers that let the sum through.
struct Tiny {
    Chip chip;
    Configuration configuration;
};

Tiny tiny(Rail rail, std::vector<int32_t> bank, int inputs, int outputs) {
    NetworkSpec network = network_of({inputs, outputs}, rail, levels(4, true));
    Rng rng(1);
    Checkpoint checkpoint = random_checkpoint(network, rng);
    LayerState& state = checkpoint.layers[0];
    state.profile_q = bank;
    state.profile.assign(bank.begin(), bank.end());
    state.scale = 1.0;
    state.offset = 0.0;
    for (size_t i = 0; i < state.source.size(); ++i)
        state.source[i] = static_cast<int32_t>(i % bank.size());
    CompileResult compiled = compile(checkpoint, {});
    return {compiled.chip, compiled.configuration};
}

}  // namespace

TEST_CASE("reference -- activations are the real ones, rounded, on every rail and device kind") {
    Rng rng(7);
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split})
        for (const DeviceSpec& devices :
             {levels(4, true), levels(3, false, 0.6), levels(8, false), one_value(0.3, 0.05)})
            for (const Activation activation : {Activation::relu, Activation::clip})
                for (const int bits : {1, 4, 8, 12}) {
                    INFO("rail " << to_string(rail) << ", " << bits << " bits");
                    check_against_real_values(
                        random_checkpoint(
                            network_of({19, 12, 7, 5}, rail, devices, activation, bits), rng),
                        rng, 4);
                }
}

TEST_CASE("reference -- a zero point of the input and a negative factor are folded in exactly") {
    Rng rng(11);
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split})
        for (const int zero : {1, 100, 255}) {
            NetworkSpec network = network_of({16, 9, 4}, rail, levels(4, false));
            network.input.zero = zero;
            Checkpoint checkpoint = random_checkpoint(network, rng);
            check_against_real_values(checkpoint, rng, 5);
            checkpoint.layers[0].alpha *= -1.0;
            check_against_real_values(checkpoint, rng, 5);
        }
}

TEST_CASE("reference -- sums on paper: single, dual and split") {
    const std::vector<uint16_t> x = {10, 20, 30};
    {
        const Tiny single = tiny(Rail::single, {-2, 0, 5}, 3, 1);
        CHECK(make_reference(single.chip, single.configuration)->infer(x).logits ==
              std::vector<int64_t>{-2 * 10 + 5 * 30});
    }
    {
        // Complements 245 and 225 of lines 0 and 2; only devices of lines 1, 3, 5 are not zero.
        const Tiny dual = tiny(Rail::dual, {-3, -1, 0, 0, 1, 2}, 3, 1);
        CHECK(make_reference(dual.chip, dual.configuration)->infer(x).logits ==
              std::vector<int64_t>{-3 * 10 - 20 + (255 - 20) + 2 * (255 - 30)});
    }
    {
        // b takes the complement's constant away: what is left is x2 - x0.
        const Tiny split = tiny(Rail::split, {-1, 0, 1}, 3, 1);
        CHECK(split.configuration.layers[0].neurons[0].b == -255);
        CHECK(make_reference(split.chip, split.configuration)->infer(x).logits ==
              std::vector<int64_t>{30 - 10});
    }
}

TEST_CASE("reference -- maps, pools and additions are those of plain integers") {
    Rng rng(31);
    for (int round = 0; round < 150; ++round) {
        const Chip chip = test::random_walking_chip(rng);
        INFO("round " << round << ": " << test::describe(chip));
        check(chip, "chip");
        const test::Wiring wiring = test::random_wiring(
            chip, rng, round % 2 == 0 ? test::Range::usual : test::Range::extreme);
        const auto reference = make_reference(chip, wiring.configuration);
        const test::Image image = test::random_image(chip, rng);
        const test::Expected expected = wiring.infer(chip, image);
        const Inference inference = reference->infer(image);
        for (size_t l = 0; l + 1 < chip.layers.size(); ++l)
            REQUIRE(inference.activations[l] == expected.written[l]);
        REQUIRE(std::ranges::equal(inference.logits, expected.written.back()));
        REQUIRE(inference.label == expected.label);
    }
}

TEST_CASE("reference -- the lowest index wins a tie, classes limit the choice") {
    // Equal wirings give equal logits.
    Tiny equal = tiny(Rail::single, {-2, 0, 5}, 3, 4);
    const std::vector<uint16_t> x = {1, 2, 3};
    CHECK(make_reference(equal.chip, equal.configuration)->infer(x).label == 0);
    equal.configuration.layers[0].neurons[2].b = 1;
    equal.configuration.layers[0].neurons[3].b = 1;
    CHECK(make_reference(equal.chip, equal.configuration)->infer(x).label == 2);
    equal.configuration.classes = 2;
    CHECK(make_reference(equal.chip, equal.configuration)->infer(x).label == 0);
}

TEST_CASE("reference -- refuses images and configurations that do not fit") {
    Tiny one = tiny(Rail::single, {-2, 0, 5}, 3, 1);
    const auto reference = make_reference(one.chip, one.configuration);
    CHECK_THROWS_AS(reference->infer(std::vector<uint16_t>{1, 2}), Error);
    CHECK_THROWS_AS(reference->infer(std::vector<uint16_t>{1, 2, 256}), Error);
    one.configuration.chip_fingerprint[0] ^= 1;
    CHECK_THROWS_AS(make_reference(one.chip, one.configuration), Error);
}

}  // namespace permloom
