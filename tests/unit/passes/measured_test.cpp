#include "compiler/passes/measured.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "compiler/base/error.h"
#include "compiler/passes/give_way.h"
#include "compiler/passes/pipeline.h"
#include "compiler/passes/recalibrate.h"
#include "compiler/passes/refine.h"
#include "compiler/passes/rerank.h"
#include "compiler/passes/verify_measured.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/evaluate.h"
#include "compiler/program/expand.h"
#include "sim/physical/physical.h"
#include "sim/reference/reference.h"
#include "tests/support/random_checkpoint.h"

namespace permloom {
namespace {

using Catch::Matchers::Contains;
using testing::levels;
using testing::network_of;
using testing::one_value;
using testing::random_checkpoint;

struct Made {
    Checkpoint checkpoint;
    CompileResult compiled;
};

Made make(const std::vector<int>& sizes, Rail rail, const DeviceSpec& devices, Rng& rng) {
    Made made{random_checkpoint(network_of(sizes, rail, devices), rng), {}};
    CompileOptions options;
    options.name = "chip";
    made.compiled = compile(made.checkpoint, options);
    return made;
}

DeviceModel spread_model(double deviation) {
    DeviceModel model = ideal_model();
    model.device.sign = SignScheme::carried;
    model.device.spread = deviation;
    return model;
}

std::vector<InputMoments> random_moments(const Chip& chip, Rng& rng) {
    std::vector<InputMoments> moments;
    for (const ChipLayer& layer : chip.layers) {
        moments.emplace_back(layer.inputs);
        std::vector<int32_t> x(static_cast<size_t>(layer.inputs));
        for (int i = 0; i < 200; ++i) {
            // Half of the inputs say what their neighbour says; the last one is silent.
            for (size_t k = 0; k < x.size(); ++k)
                x[k] = k % 2 == 1 ? x[k - 1] : static_cast<int32_t>(rng.below(256));
            if (x.size() > 1) x.back() = 0;
            moments.back().add(x);
        }
    }
    return moments;
}

/// d' C d of a neuron, from the definition.
double error_of(const Made& made, const DeviceInstance& copy, const Sources& sources, size_t l,
                int j, const InputMoments& moments, double scale) {
    const ChipLayer& layer = made.compiled.chip.layers[l];
    const std::vector<double> trained = trained_weights(made.checkpoint.layers[l], layer);
    const std::vector<double> bank = measured_bank(layer, copy.layers[l], j);
    const Permutation slot_of = sources[l][static_cast<size_t>(j)].inverse();
    std::vector<double> d(static_cast<size_t>(layer.inputs), 0.0);
    for (int line = 0; line < layer.lines(); ++line)
        d[static_cast<size_t>(line % layer.inputs)] +=
            (line < layer.inputs ? 1.0 : -1.0) *
            (bank[static_cast<size_t>(slot_of[line])] -
             scale * trained[static_cast<size_t>(j * layer.lines() + line)]);
    double sum = 0.0;
    for (int i = 0; i < layer.inputs; ++i)
        for (int k = 0; k < layer.inputs; ++k)
            sum += d[static_cast<size_t>(i)] * d[static_cast<size_t>(k)] * moments.covariance(i, k);
    return sum;
}

}  // namespace

TEST_CASE("rerank -- measured values follow the trained latents, ties of the chip included") {
    Rng rng(1);
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
        const DeviceSpec devices = rail == Rail::split ? one_value(0.5) : levels(2, true);
        const Made made = make({12, 7, 4}, rail, devices, rng);
        const Chip& chip = made.compiled.chip;
        const DeviceInstance copy =
            fabricate(chip, spread_model(0.3), {.sharing = Sharing::neuron});
        const Sources sources = rerank(made.checkpoint, chip, copy);
        for (size_t l = 0; l < chip.layers.size(); ++l)
            for (int j = 0; j < chip.layers[l].outputs; ++j) {
                const std::vector<double> bank = measured_bank(chip.layers[l], copy.layers[l], j);
                const Permutation slot_of = sources[l][static_cast<size_t>(j)].inverse();
                const std::vector<int32_t> lines =
                    lines_by_rank(made.checkpoint.layers[l], chip.layers[l].lines(), j);
                for (size_t r = 1; r < lines.size(); ++r)
                    CHECK(bank[static_cast<size_t>(slot_of[lines[r - 1]])] <=
                          bank[static_cast<size_t>(slot_of[lines[r]])]);
            }
    }
}

TEST_CASE("compile_measured -- on devices that measure as they should nothing changes") {
    Rng rng(2);
    ThreadPool pool(1);
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
        const DeviceSpec devices = rail == Rail::split ? one_value(0.5) : levels(4, false);
        const Made made = make({10, 6, 3}, rail, devices, rng);
        const Chip& chip = made.compiled.chip;
        const DeviceModel ideal = ideal_model();
        const DeviceInstance copy = nominal_instance(chip, ideal);
        const MeasuredResult result =
            compile_measured(made.checkpoint, chip, copy, MeasuredOptions{}, pool);
        CHECK(result.given_way == 0);
        const auto reference = make_reference(chip, made.compiled.configuration);
        const PhysicalNetwork physical(chip, result.configuration, copy, ideal, {});
        for (int image = 0; image < 20; ++image) {
            std::vector<uint16_t> codes(static_cast<size_t>(chip.inputs()));
            for (uint16_t& code : codes)
                code = static_cast<uint16_t>(rng.below(uint64_t{1} << chip.in_bits()));
            // Wirings of equal devices may differ, sums may not.
            CHECK(physical.infer(codes, 0).logits == reference->infer(codes).logits);
        }
    }
}

TEST_CASE("compile_measured -- the configuration goes to its copy and to no other") {
    Rng rng(3);
    ThreadPool pool(1);
    const Made made = make({10, 6, 3}, Rail::single, levels(4, true), rng);
    const Chip& chip = made.compiled.chip;
    const DeviceInstance copy = fabricate(chip, spread_model(0.2), {.seed = 1});
    const DeviceInstance other = fabricate(chip, spread_model(0.2), {.seed = 2});
    const Configuration configuration =
        compile_measured(made.checkpoint, chip, copy, MeasuredOptions{}, pool).configuration;
    CHECK_NOTHROW(decode_sources(chip, configuration, &copy));
    CHECK_THROWS_WITH(decode_sources(chip, configuration),
                      Contains("re-ranked for the fabricated copy"));
    CHECK_THROWS_WITH(decode_sources(chip, configuration, &other),
                      Contains("the devices given are"));
    CHECK_THROWS_WITH(expand(chip, configuration), Contains("re-ranked for the fabricated copy"));
    Configuration changed = configuration;
    changed.layers[0].payload[1] ^= 1;
    CHECK_THROWS_AS(verify_measured(chip, copy, changed, rerank(made.checkpoint, chip, copy)),
                    Error);
}

TEST_CASE(
    "refine -- lowers the error of every neuron, and no exchange of two lines would lower it "
    "more") {
    Rng rng(4);
    ThreadPool pool(2);
    for (const Rail rail : {Rail::single, Rail::dual}) {
        const Made made = make({9, 5, 3}, rail, levels(3, true), rng);
        const Chip& chip = made.compiled.chip;
        const DeviceInstance copy =
            fabricate(chip, spread_model(0.5), {.sharing = Sharing::neuron});
        const std::vector<InputMoments> moments = random_moments(chip, rng);
        const Sources ranked = rerank(made.checkpoint, chip, copy);
        const Sources refined =
            refine(made.checkpoint, chip, copy, ranked, moments, pool, {.passes = 1000});
        const ChipLayer& layer = chip.layers[0];
        const std::vector<double> trained = trained_weights(made.checkpoint.layers[0], layer);
        for (int j = 0; j < layer.outputs; ++j) {
            // The scale of the head of refine.h, from its definition.
            std::vector<double> bank = measured_bank(layer, copy.layers[0], j);
            std::vector<double> weights(trained.begin() + j * layer.lines(),
                                        trained.begin() + (j + 1) * layer.lines());
            std::ranges::sort(bank);
            std::ranges::sort(weights);
            const double scale =
                std::inner_product(bank.begin(), bank.end(), weights.begin(), 0.0) /
                std::inner_product(weights.begin(), weights.end(), weights.begin(), 0.0);
            const auto error = [&](const Sources& sources) {
                return error_of(made, copy, sources, 0, j, moments[0], scale);
            };
            const double best = error(refined);
            CHECK(best <= error(ranked) + 1e-6);
            for (int a = 0; a < layer.lines(); ++a)
                for (int b = a + 1; b < layer.lines(); ++b) {
                    Sources swapped = refined;
                    auto values = refined[0][static_cast<size_t>(j)].values();
                    std::vector<int32_t> source(values.begin(), values.end());
                    std::swap(source[static_cast<size_t>(a)], source[static_cast<size_t>(b)]);
                    swapped[0][static_cast<size_t>(j)] = Permutation(source);
                    CHECK(error(swapped) >= best - 1e-6 * (1.0 + best));
                }
        }
        ThreadPool alone(1);
        CHECK(refine(made.checkpoint, chip, copy, ranked, moments, alone, {.passes = 1000}) ==
              refined);
    }
}

TEST_CASE("recalibrate -- thresholds of two rails take the complement's constant out") {
    // Direct devices as they should be, complement devices a third too strong: before the first
    // layer's b is mended every sum is off by the same amount.
    Rng rng(6);
    ThreadPool pool(1);
    const Made made = make({12, 6, 3}, Rail::split, one_value(0.5), rng);
    const Chip& chip = made.compiled.chip;
    DeviceInstance copy = nominal_instance(chip, ideal_model(), Sharing::neuron);
    const ChipLayer& layer = chip.layers[0];
    for (int j = 0; j < layer.outputs; ++j)
        for (int slot = 0; slot < layer.lines(); ++slot)
            if (layer.bank(j)[static_cast<size_t>(slot)] < 0)
                copy.layers[0].plus[static_cast<size_t>(j * layer.lines() + slot)] = 4.0F / 3.0F;
    const MeasuredResult none = compile_measured(
        made.checkpoint, chip, copy, {.calibration = Calibration::none, .moments = {}}, pool);
    const MeasuredResult mended =
        compile_measured(made.checkpoint, chip, copy, MeasuredOptions{}, pool);
    int count = 0;
    for (const int32_t device : layer.bank(0))
        count += device < 0 ? 1 : 0;
    // All inputs dark: the direct rail is silent, the complement rail at its highest.
    const auto& nominal = made.compiled.configuration.layers[0].neurons;
    const auto& without = none.configuration.layers[0].neurons;
    const auto& with = mended.configuration.layers[0].neurons;
    for (size_t j = 0; j < nominal.size(); ++j) {
        CHECK(without[j] == nominal[j]);
        const double trained = count * layer.in_hi() + nominal[j].b;
        const double gain = static_cast<double>(with[j].m) / nominal[j].m;
        CHECK(gain * (count * layer.in_hi() * 4.0 / 3.0 + with[j].b) ==
              Approx(trained).margin(gain));
    }
    // Trained on this copy, it wants no gain; the constant is the same one.
    Checkpoint tuned = made.checkpoint;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        LayerState& state = tuned.layers[l];
        state.profile_q.clear();
        state.profile.clear();
        for (int j = 0; j < chip.layers[l].outputs; ++j) {
            std::vector<double> bank = measured_bank(chip.layers[l], copy.layers[l], j);
            std::ranges::sort(bank);
            for (const double value : bank)
                state.profile.push_back(static_cast<float>(value * state.scale));
        }
    }
    const MeasuredResult again = compile_measured(tuned, chip, copy, MeasuredOptions{}, pool);
    for (size_t j = 0; j < nominal.size(); ++j) {
        const NeuronRegisters& registers = again.configuration.layers[0].neurons[j];
        CHECK(registers.m == nominal[j].m);
        CHECK(count * layer.in_hi() * 4.0 / 3.0 + registers.b ==
              Approx(count * layer.in_hi() + nominal[j].b).margin(1.0));
    }
}

TEST_CASE("give_way -- stuck switches keep their setting, and what they cannot bring is little") {
    Rng rng(7);
    const Made made = make({32, 12, 3}, Rail::single, levels(4, true), rng);
    const Chip& chip = made.compiled.chip;
    DeviceModel model = spread_model(0.1);
    model.device.dead = 0.3;
    DeviceInstance copy = fabricate(chip, model, {});
    copy.layers[0].stuck = {{0, 1, 3, true}, {0, 4, 2, false}};
    const Sources wanted = rerank(made.checkpoint, chip, copy);
    const GivenWay given = give_way(chip, copy, wanted);
    CHECK(given.lost == 0);
    CHECK(given.neurons < 12);
    ThreadPool pool(1);
    const MeasuredResult result =
        compile_measured(made.checkpoint, chip, copy, MeasuredOptions{}, pool);
    // verify_measured has passed; and the bits are what the network makes them.
    const LoadStream load = expand(chip, result.configuration, 0, &copy);
    CHECK(load.words.size() == expand(chip, made.compiled.configuration).words.size());
    // A network of which every switch is stuck allows a single permutation.
    copy.layers[0].stuck.clear();
    const Topology network = as_waksman_topology(32);
    for (int stage = 0; stage < network.stage_count(); ++stage)
        for (size_t i = 0; i < network.stages[static_cast<size_t>(stage)].size(); ++i)
            copy.layers[0].stuck.push_back({0, stage, static_cast<int>(i), false});
    const GivenWay frozen = give_way(chip, copy, wanted);
    CHECK(frozen.lost > 0);
    for (const Permutation& source : frozen.sources[0])
        CHECK(source == evaluate(network, SwitchBits(network.row_widths())));
}

TEST_CASE("input_moments -- means and covariances from their definition") {
    Rng rng(8);
    InputMoments moments(3);
    std::vector<std::vector<int32_t>> all;
    for (int i = 0; i < 50; ++i) {
        all.push_back(
            {static_cast<int32_t>(rng.below(5)), 0, static_cast<int32_t>(rng.below(200))});
        moments.add(all.back());
    }
    for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) {
            double mean_a = 0.0, mean_b = 0.0, product = 0.0;
            for (const auto& x : all) {
                mean_a += x[static_cast<size_t>(a)] / 50.0;
                mean_b += x[static_cast<size_t>(b)] / 50.0;
                product += static_cast<double>(x[static_cast<size_t>(a)]) *
                           x[static_cast<size_t>(b)] / 50.0;
            }
            CHECK(moments.mean(a) == Approx(mean_a));
            CHECK(moments.covariance(a, b) == Approx(product - mean_a * mean_b).margin(1e-9));
        }
}

}  // namespace permloom
