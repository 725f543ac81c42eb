// Every effect against its closed form on banks of a few values. Tolerances are five standard
// errors of what is estimated, unless the form is exact.
#include "sim/physical/effects.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "compiler/base/error.h"
#include "sim/physical/physical.h"
#include "tests/support/random_chip.h"

namespace permloom {
namespace {

constexpr int LINES = 40, NEURONS = 50;

/// One layer of NEURONS neurons on LINES lines of these values, over and over.
Chip bank_chip(std::vector<int32_t> values, Engine engine = Engine::spatial, int lines = LINES,
               int neurons = NEURONS) {
    Rng rng(1);
    Chip chip = test::random_chip(
        {.inputs = lines,
         .layers = {{.outputs = neurons, .shared_profile = true, .engine = engine}}},
        rng);
    ChipLayer& layer = chip.layers.front();
    layer.rail = Rail::single;
    layer.lanes = 1;
    layer.device_bits = 5;
    layer.devices.clear();
    for (int line = 0; line < lines; ++line)
        layer.devices.push_back(values[static_cast<size_t>(line) % values.size()]);
    std::ranges::sort(layer.devices);
    check(chip, "test");
    return chip;
}

struct Moments {
    double count = 0.0, mean = 0.0, variance = 0.0;
};

Moments moments_of(const std::vector<double>& values) {
    Moments result;
    result.count = static_cast<double>(values.size());
    for (const double value : values)
        result.mean += value / result.count;
    for (const double value : values)
        result.variance += (value - result.mean) * (value - result.mean) / (result.count - 1.0);
    return result;
}

/// The measured values of all slots whose chip's value is `nominal`, over `trials` chips.
std::vector<double> samples(const Chip& chip, const DeviceModel& model, int32_t nominal, int trials,
                            bool used = false) {
    std::vector<double> values;
    for (int trial = 0; trial < trials; ++trial) {
        const FabricateOptions how{.seed = 3, .trial = static_cast<uint32_t>(trial)};
        DeviceInstance made = fabricate(chip, model, how);
        if (used) made = in_use(chip, made, model, how);
        const ChipLayer& layer = chip.layers.front();
        for (int j = 0; j < layer.outputs; ++j)
            for (int slot = 0; slot < layer.lines(); ++slot)
                if (layer.bank(j)[static_cast<size_t>(slot)] == nominal)
                    values.push_back(measured_value(layer, made.layers.front(), j, slot));
    }
    return values;
}

/// `kurtosis` of the distribution: what the error of a variance depends on.
void check_moments(const std::vector<double>& values, double mean, double variance,
                   double kurtosis = 3.0) {
    const Moments found = moments_of(values);
    CHECK(std::abs(found.mean - mean) <= 5.0 * std::sqrt(variance / found.count));
    CHECK(std::abs(found.variance / variance - 1.0) <=
          5.0 * std::sqrt((kurtosis - 1.0) / found.count));
}

}  // namespace

TEST_CASE("effects -- spread: a relative deviation of each device") {
    const Chip chip = bank_chip({3});
    DeviceModel model = ideal_model();
    model.device.sign = SignScheme::carried;
    model.device.spread = 0.1;
    check_moments(samples(chip, model, 3, 10), 3.0, 0.09);
}

TEST_CASE("effects -- spread: lognormal keeps the median") {
    const Chip chip = bank_chip({3});
    DeviceModel model = ideal_model();
    model.device.spread_kind = SpreadKind::lognormal;
    model.device.spread = 0.5;
    const double s = 0.25;  // variance of the logarithm
    const double w = std::exp(s);
    check_moments(samples(chip, model, 3, 20), 3.0 * std::exp(s / 2.0), 9.0 * (w - 1.0) * w,
                  w * w * w * w + 2.0 * w * w * w + 3.0 * w * w - 3.0);
    std::vector<double> values = samples(chip, model, 3, 20);
    std::ranges::sort(values);
    CHECK(values[values.size() / 2] == Approx(3.0).epsilon(0.02));
}

TEST_CASE("effects -- spread: the two devices of a pair differ independently") {
    const Chip chip = bank_chip({-3, 3});
    DeviceModel model = ideal_model();
    model.device.spread = 0.1;
    model.device.on_off_ratio = 4.0;  // smallest conductance 3 / (4 - 1) = 1
    check_moments(samples(chip, model, 3, 20), 3.0, 0.01 * (16.0 + 1.0));
    check_moments(samples(chip, model, -3, 20), -3.0, 0.01 * (16.0 + 1.0));
}

TEST_CASE("effects -- additive: parts of the largest value, whatever the device") {
    const Chip chip = bank_chip({1, 7});
    DeviceModel model = ideal_model();
    model.device.sign = SignScheme::carried;
    model.device.additive = 0.05;
    check_moments(samples(chip, model, 1, 20), 1.0, 0.35 * 0.35);
    check_moments(samples(chip, model, 7, 20), 7.0, 0.35 * 0.35);
}

TEST_CASE("effects -- stuck and dead devices come at their rates") {
    const Chip chip = bank_chip({-5, 5});
    const auto rate = [&](const DeviceModel& model, int32_t nominal, double value) {
        const std::vector<double> all = samples(chip, model, nominal, 20);
        const auto found = static_cast<double>(std::ranges::count(all, value));
        return found / static_cast<double>(all.size());
    };
    const auto close = [](double found, double p) {
        return std::abs(found - p) <= 5.0 * std::sqrt(p * (1.0 - p) / 20'000.0);
    };
    DeviceModel model = ideal_model();
    model.device.stuck_open = 0.1;
    CHECK(close(rate(model, 5, 0.0), 0.1));  // the other device of the pair is 0 anyway
    model = ideal_model();
    model.device.stuck_short = 0.1;
    model.device.short_conductance = 2.0;
    CHECK(close(rate(model, 5, 10.0), 0.1 * 0.9));  // the large one of a pair alone
    CHECK(close(rate(model, 5, -5.0), 0.1 * 0.9));  // the small one alone
    model = ideal_model();
    model.device.dead = 0.3;
    CHECK(close(rate(model, -5, 0.0), 0.3));
    model.device.sign = SignScheme::offset;
    CHECK(close(rate(model, -5, 0.0), 0.3));
}

TEST_CASE("effects -- drift: a power of time, with an exponent for each device") {
    const Chip chip = bank_chip({6});
    DeviceModel model = ideal_model();
    model.device.drift_exponent = 0.05;
    model.device.drift_reference = 2.0;
    model.operation.seconds = 2000.0;
    for (const double value : samples(chip, model, 6, 1, true))
        CHECK(value == Approx(6.0 * std::pow(1000.0, -0.05)).epsilon(1e-6));
    model.device.drift_deviation = 0.01;
    const double s = std::pow(0.01 * std::log(1000.0), 2.0), mean = 6.0 * std::pow(1000.0, -0.05);
    check_moments(samples(chip, model, 6, 20, true), mean * std::exp(s / 2.0),
                  mean * mean * (std::exp(s) - 1.0) * std::exp(s), 3.1);
}

TEST_CASE("effects -- temperature: the same change of every conductance") {
    const Chip chip = bank_chip({-2, 6});
    DeviceModel model = ideal_model();
    model.device.temperature_coefficient = -0.002;
    model.device.temperature_reference = 300.0;
    model.operation.kelvin = 350.0;
    for (const double value : samples(chip, model, 6, 1, true))
        CHECK(value == Approx(6.0 * 0.9).epsilon(1e-6));
    for (const double value : samples(chip, model, -2, 1, true))
        CHECK(value == Approx(-2.0 * 0.9).epsilon(1e-6));
}

TEST_CASE("effects -- line resistance: the circuit to first order") {
    // Currents of the ideal bank, their drops along the wire, the currents that are then left.
    const Chip chip = bank_chip({1, 2, 4}, Engine::spatial, 3, 2);
    DeviceModel model = ideal_model();
    model.array.line_resistance = 0.01;
    const double segment = 0.01 / 4.0;
    const std::vector<double> g = {1.0, 2.0, 4.0}, x = {3.0, 0.0, 5.0};
    double sum = 0.0;
    for (size_t s = 0; s < 3; ++s) {
        double drop = 0.0;
        for (size_t k = 0; k < 3; ++k)
            drop += segment * static_cast<double>(std::min(s, k) + 1) * g[k] * x[k];
        sum += g[s] * (x[s] - drop);
    }
    const DeviceInstance used = in_use(chip, fabricate(chip, model, {}), model, {});
    const std::vector<double> bank = measured_bank(chip.layers.front(), used.layers.front(), 1);
    CHECK(bank[0] * x[0] + bank[1] * x[1] + bank[2] * x[2] == Approx(sum).epsilon(1e-6));
    model.array.line_resistance = 1.0;
    CHECK_THROWS_WITH(in_use(chip, fabricate(chip, model, {}), model, {}),
                      Catch::Contains("beyond first order"));
}

namespace {

/// What is read of the sums of neuron 0 for one image, over many images of these codes.
std::vector<double> reads(const Chip& chip, const DeviceModel& model, const test::Image& image,
                          int count, bool calibrated = false) {
    Rng rng(5);
    const Configuration configuration = test::random_wiring(chip, rng).configuration;
    PhysicalNetwork network(chip, configuration, fabricate(chip, model, {}), model, {.seed = 9});
    if (calibrated) network.calibrate(std::vector<test::Image>{image});
    std::vector<double> values;
    const PhysicalNetwork::Observer observer =
        [&](size_t, std::span<const int32_t>, std::span<const double>,
            std::span<const double> read) { values.push_back(read[0]); };
    for (int i = 0; i < count; ++i)
        network.infer(image, static_cast<uint32_t>(i), &observer);
    return values;
}

}  // namespace

TEST_CASE("effects -- read noise: the devices' squares under the inputs' squares") {
    const Chip chip = bank_chip({3, 5});
    DeviceModel model = ideal_model();
    model.device.read_noise = 0.02;
    const test::Image image(LINES, 200);
    // 20 devices of 3, 20 of 5; sums are rounded to whole numbers, which adds 1 / 12.
    const double variance = 0.0004 * 200.0 * 200.0 * 20.0 * (9.0 + 25.0) + 1.0 / 12.0;
    check_moments(reads(chip, model, image, 20'000), 200.0 * 20.0 * 8.0, variance);
}

TEST_CASE("effects -- noise of the ADC: parts of its range") {
    const Chip chip = bank_chip({3, 5});
    DeviceModel model = ideal_model();
    model.converter.adc_noise = 0.01;
    model.converter.adc_full_range = true;
    const double range = 255.0 * 20.0 * 8.0;
    check_moments(reads(chip, model, test::Image(LINES, 100), 20'000), 100.0 * 20.0 * 8.0,
                  std::pow(0.01 * range, 2.0) + 1.0 / 12.0);
}

TEST_CASE("effects -- ADC: the nearest of its steps, ends included") {
    const Chip chip = bank_chip({3, 5});
    DeviceModel model = ideal_model();
    model.converter.adc_bits = 4;
    model.converter.adc_full_range = true;
    const double range = 255.0 * 20.0 * 8.0, step = range / 15.0;
    for (const uint16_t level : {0, 1, 17, 100, 254, 255}) {
        const double sum = level * 20.0 * 8.0,
                     read = reads(chip, model, test::Image(LINES, level), 1)[0];
        CHECK(std::abs(read - sum) <= step / 2.0 + 0.5);
        CHECK(std::abs(read / step - std::round(read / step)) <= 0.5 / step);
    }
    CHECK(reads(chip, model, test::Image(LINES, 255), 1)[0] == range);
    // A calibrated range is that of the profiling images: here all sums are one.
    model.converter.adc_full_range = false;
    CHECK(reads(chip, model, test::Image(LINES, 100), 1, true)[0] == 100.0 * 20.0 * 8.0);
}

TEST_CASE("effects -- DAC: inputs in fewer steps") {
    const Chip chip = bank_chip({1}, Engine::spatial, 4, 1);
    DeviceModel model = ideal_model();
    model.converter.dac_bits = 2;  // 0, 85, 170, 255
    const auto sum = [&](uint16_t code) { return reads(chip, model, test::Image(4, code), 1)[0]; };
    CHECK(sum(0) == 0.0);
    CHECK(sum(42) == 0.0);
    CHECK(sum(43) == 4.0 * 85.0);
    CHECK(sum(200) == 4.0 * 170.0);
    CHECK(sum(255) == 4.0 * 255.0);
    model.converter.dac_bits = 8;
    CHECK(sum(43) == 4.0 * 43.0);
}

TEST_CASE("effects -- loss and crosstalk of one switch") {
    DeviceModel model = ideal_model();
    model.switching.insertion_loss_db = 3.0;
    model.switching.crosstalk_db = 20.0;
    SwitchPass pass;
    for (const auto& effect : all_effects())
        effect->pass(model, pass);
    CHECK(pass.through + pass.leak == Approx(std::pow(10.0, -0.3)));  // what is not lost arrives
    CHECK(pass.leak / pass.through == Approx(0.01));
}

TEST_CASE("effects -- each is taken out by its name, and by no other") {
    DeviceModel model = ideal_model();
    for (const auto& effect : all_effects())
        CHECK_FALSE(effect->present(model));
    model.device.spread = 0.1;
    model.device.read_noise = 0.1;
    const DeviceModel less = without(model, {"read_noise"}, "--without");
    CHECK(less.device.spread == 0.1);
    CHECK(less.device.read_noise == 0.0);
    CHECK_THROWS_WITH(without(model, {"read_nose"}, "--without"),
                      Catch::Contains("did you mean 'read_noise'?"));
}

}  // namespace permloom
