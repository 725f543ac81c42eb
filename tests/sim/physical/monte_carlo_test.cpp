#include "sim/physical/monte_carlo.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/random_chip.h"

namespace permloom {
namespace {

struct Setting {
    Chip chip;
    Configuration configuration;
    std::vector<test::Image> images;
    std::vector<uint8_t> labels;
};

Setting make_setting() {
    Rng rng(11);
    Setting setting;
    setting.chip = test::random_chip({.inputs = 12,
                                      .layers = {{.outputs = 10, .shared_profile = true},
                                                 {.outputs = 5, .shared_profile = true}}},
                                     rng);
    setting.configuration = test::random_wiring(setting.chip, rng).configuration;
    const PhysicalNetwork ideal = ideal_network(setting.chip, setting.configuration,
                                                nominal_instance(setting.chip, ideal_model()));
    for (int i = 0; i < 300; ++i) {
        setting.images.push_back(test::random_image(setting.chip, rng));
        setting.labels.push_back(static_cast<uint8_t>(ideal.infer(setting.images.back(), 0).label));
    }
    return setting;
}

DeviceModel noisy_model() {
    DeviceModel model = ideal_model();
    model.device.spread = 0.2;
    model.device.read_noise = 0.05;
    model.converter.adc_bits = 7;
    return model;
}

TEST_CASE("monte_carlo -- the same on any number of threads, and for any order of the chips") {
    const Setting setting = make_setting();
    const LabelledCodes images{setting.images, setting.labels};
    MonteCarloOptions options;
    options.trials = 4;
    std::vector<std::vector<double>> runs;
    for (const int threads : {1, 2, 3}) {
        ThreadPool pool(threads);
        const MonteCarloReport report =
            monte_carlo(setting.chip, setting.configuration, noisy_model(), images, setting.images,
                        options, pool);
        std::vector<double> numbers = report.signal_to_noise_db;
        for (const ChipScore& chip : report.chips)
            numbers.push_back(chip.accuracy);
        runs.push_back(numbers);
    }
    CHECK(runs[0] == runs[1]);
    CHECK(runs[0] == runs[2]);
    // Chip 2 alone is the third of four.
    ThreadPool pool(1);
    options.trials = 1;
    options.fabricate.trial = 2;
    const MonteCarloReport alone = monte_carlo(setting.chip, setting.configuration, noisy_model(),
                                               images, setting.images, options, pool);
    CHECK(alone.chips[0].accuracy == runs[0][2 + 2]);
    options.fabricate.seed = 2;
    CHECK(monte_carlo(setting.chip, setting.configuration, noisy_model(), images, setting.images,
                      options, pool)
              .signal_to_noise_db != alone.signal_to_noise_db);
}

TEST_CASE("monte_carlo -- without any effect every image is right and no layer errs") {
    const Setting setting = make_setting();
    ThreadPool pool(2);
    const MonteCarloReport report =
        monte_carlo(setting.chip, setting.configuration, ideal_model(),
                    {setting.images, setting.labels}, {}, {.trials = 2}, pool);
    CHECK(report.accuracy.mean == 1.0);
    CHECK(report.accuracy.deviation == 0.0);
    CHECK(std::isinf(report.chips[0].signal_to_noise[0]));
}

TEST_CASE("monte_carlo -- the worst layer is the one with the noise") {
    const Setting setting = make_setting();
    ThreadPool pool(2);
    DeviceInstance made = nominal_instance(setting.chip, ideal_model());
    for (float& value : made.layers[1].plus)
        value *= 1.5F;
    for (float& value : made.layers[0].plus)
        value *= 1.01F;
    const MonteCarloReport report =
        monte_carlo(setting.chip, setting.configuration, made, ideal_model(),
                    {setting.images, setting.labels}, {}, {.trials = 1}, pool);
    CHECK(report.worst_layer == 1);
    CHECK(report.signal_to_noise_db[1] < report.signal_to_noise_db[0]);
}

TEST_CASE("monte_carlo -- percentiles of a known distribution") {
    std::vector<double> values;
    for (int i = 100; i >= 0; --i)
        values.push_back(i);
    const Distribution result = distribution_of(values);
    CHECK(result.mean == Approx(50.0));
    CHECK(result.low == Approx(5.0));
    CHECK(result.median == Approx(50.0));
    CHECK(result.high == Approx(95.0));
    CHECK(result.deviation == Approx(std::sqrt(858.5)));
    CHECK(distribution_of({0.25}).deviation == 0.0);
    CHECK(distribution_of({0.25}).high == 0.25);
}

}  // namespace
}  // namespace permloom
