// Against the closed forms; tolerances are five standard errors of what is estimated.
#include "sim/physical/disturb.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "sim/physical/effects.h"

namespace permloom {
namespace {

constexpr size_t WEIGHTS = 200000;
constexpr double LARGEST = 3.0;

std::vector<float> disturbed(const std::function<void(DeviceEffects&)>& change, float weight,
                             uint64_t seed = 1, uint64_t step = 0, int layer = 0) {
    DeviceModel model = ideal_model();
    change(model.device);
    std::vector<float> weights(WEIGHTS, weight);
    disturb(model, LARGEST, seed, step, layer, weights);
    return weights;
}

double mean_of(const std::vector<float>& values, const std::function<double(double)>& of) {
    double sum = 0.0;
    for (const float value : values)
        sum += of(static_cast<double>(value));
    return sum / static_cast<double>(values.size());
}

double mean_of(const std::vector<float>& values) {
    return mean_of(values, [](double value) { return value; });
}

double deviation_of(const std::vector<float>& values) {
    const double mean = mean_of(values);
    return std::sqrt(mean_of(values, [&](double v) { return (v - mean) * (v - mean); }));
}

/// Standard errors of the mean and of the deviation of WEIGHTS normal draws, times five.
double margin(double deviation) {
    return 5.0 * deviation / std::sqrt(static_cast<double>(WEIGHTS));
}

}  // namespace

TEST_CASE("disturb -- an ideal model leaves every bit") {
    CHECK(disturbed([](DeviceEffects&) {}, 0.7F) == std::vector<float>(WEIGHTS, 0.7F));
    CHECK(disturbance_text(ideal_model()).empty());
}

TEST_CASE("disturb -- spread is relative, additive and read noise are not cut at zero") {
    const auto spread = disturbed([](DeviceEffects& d) { d.spread = 0.2; }, -2.0F);
    CHECK(std::abs(mean_of(spread) + 2.0) < margin(0.4));
    CHECK(std::abs(deviation_of(spread) - 0.4) < margin(0.4));
    const auto additive = disturbed([](DeviceEffects& d) { d.additive = 0.1; }, 0.0F);
    CHECK(std::abs(mean_of(additive)) < margin(0.3));
    CHECK(std::abs(deviation_of(additive) - 0.3) < margin(0.3));
    const auto read = disturbed(
        [](DeviceEffects& d) {
            d.additive = 0.1;
            d.read_noise = 0.2;
        },
        -2.0F);
    CHECK(std::abs(deviation_of(read) - 0.5) < margin(0.5));  // 0.3 and 0.4 at right angles
}

TEST_CASE("disturb -- gaussian spread is cut at zero, lognormal keeps sign and median") {
    const auto cut = disturbed([](DeviceEffects& d) { d.spread = 1.0; }, 1.0F);
    const double below = mean_of(cut, [](double value) { return value == 0.0 ? 1.0 : 0.0; });
    CHECK(std::abs(below - 0.158655) < margin(0.366));
    CHECK(mean_of(cut, [](double value) { return value < 0.0 ? 1.0 : 0.0; }) == 0.0);
    const auto log = disturbed(
        [](DeviceEffects& d) {
            d.spread = 0.5;
            d.spread_kind = SpreadKind::lognormal;
        },
        -1.0F);
    const auto logarithm = [](double value) { return std::log(-value); };
    CHECK(std::abs(mean_of(log, logarithm)) < margin(0.5));
    CHECK(std::abs(mean_of(log, [&](double v) { return logarithm(v) * logarithm(v); }) - 0.25) <
          margin(0.36));
}

TEST_CASE("disturb -- the normal draws have the tails of a normal distribution") {
    const auto noise = disturbed([](DeviceEffects& d) { d.additive = 1.0 / LARGEST; }, 0.0F);
    for (const auto& [beyond, share] : {std::pair{2.0, 0.0455003}, {3.0, 0.0026998}}) {
        const double found = mean_of(
            noise, [&, limit = beyond](double v) { return std::abs(v) > limit ? 1.0 : 0.0; });
        CHECK(std::abs(found - share) < margin(std::sqrt(share)));
    }
    const double kurtosis = mean_of(noise, [](double v) { return v * v * v * v; });
    CHECK(std::abs(kurtosis - 3.0) < margin(std::sqrt(96.0)));
}

TEST_CASE("disturb -- dead weights are zero, at their rate") {
    const auto dead = disturbed([](DeviceEffects& d) { d.dead = 0.3; }, 5.0F);
    CHECK(std::abs(mean_of(dead) - 3.5) < margin(2.3));
    for (const float weight : dead)
        REQUIRE((weight == 0.0F || weight == 5.0F));
}

TEST_CASE("disturb -- a draw follows from seed, step, layer and place, however it is asked for") {
    DeviceModel model = ideal_model();
    model.device.spread = 0.3;
    model.device.additive = 0.1;
    model.device.dead = 0.1;
    std::vector<float> whole(1000, 1.0F), parts(1000, 1.0F);
    disturb(model, LARGEST, 5, 6, 1, whole);
    for (size_t first = 0; first < parts.size(); first += 125)
        disturb(model, LARGEST, 5, 6, 1, std::span(parts).subspan(first, 125), first);
    CHECK(parts == whole);
    const auto spread = [](DeviceEffects& d) { d.spread = 0.3; };
    const std::vector<float> one = disturbed(spread, 1.0F);
    CHECK(disturbed(spread, 1.0F) == one);
    CHECK(disturbed(spread, 1.0F, 2) != one);
    CHECK(disturbed(spread, 1.0F, uint64_t{1} << 32 | 1) != one);
    CHECK(disturbed(spread, 1.0F, 1, 1) != one);
    CHECK(disturbed(spread, 1.0F, 1, 0, 1) != one);
}

TEST_CASE("disturb -- in words") {
    DeviceModel model = ideal_model();
    model.device.spread = 0.5;
    model.device.dead = 0.25;
    CHECK(disturbance_text(model) == "gaussian spread 0.5, dead 0.25");
    model.device.spread_kind = SpreadKind::lognormal;
    model.device.additive = model.device.read_noise = 0.1;
    CHECK(disturbance_text(model) ==
          "lognormal spread 0.5, additive 0.1, read_noise 0.1, dead 0.25");
}

}  // namespace permloom
