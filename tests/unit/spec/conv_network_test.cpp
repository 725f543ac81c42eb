#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/spec/network.h"

using namespace permloom;
using Catch::Matchers::Contains;

namespace {

constexpr char RESIDUAL[] = R"(name: residual
about: a
expect: b
data: mnist
input: {shape: [9, 8, 3], bits: 0, div: 255, mean: per_pixel}
layers:
  - name: stem
    conv: {filters: 4, kernel: 3, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    bias: {initial: he_uniform, permuted: true}
    activation: none
    then: [batch_norm, relu]
  - name: narrow
    conv: {filters: 6, kernel: 3, stride: 2, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    activation: relu
  - from: stem
    conv: {filters: 6, kernel: 1, stride: 2, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    activation: none
    then: [{add: narrow}, relu, {dropout: 0.25}, {max_pool: 2}, flatten]
  - outputs: 10
    rail: single
    devices: {values: dissimilar, bits: 0, profile: neuron}
    bias: {initial: zeros}
    activation: none
training:
  algorithm: laperm
  epochs: 2
  batch: 50
  learning_rate: {schedule: piecewise, initial: 1e-3, at: [1, 1.5], values: [1e-4, 1e-5]}
  sync_every: {schedule: learning_rate, initial: 100, exponent: 0.5}
  lookahead: {every: 5, rate: 0.5}
  bn_recalibrate: 20
  keep: {schedule: linear, initial: 1, last: 0.3}
  augment: {rotation: 10, zoom: 0.1, shift: 0.1, flip: true}
)";

std::string with(const std::string& from, const std::string& to) {
    std::string text = RESIDUAL;
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

std::string message(const std::string& yaml) {
    try {
        parse_network(yaml, "net.yaml");
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("network -- an override of layers.* means every layer, layers.N+ all from N on") {
    const NetworkSpec all = parse_network(RESIDUAL, "x", {{"layers.*.devices.keep", "0.5"}});
    for (const LayerSpec& layer : all.layers)
        CHECK(layer.devices.keep == 0.5);
    const NetworkSpec rest = parse_network(RESIDUAL, "x", {{"layers.2+.devices.keep", "0.5"}});
    CHECK(rest.layers[1].devices.keep != 0.5);
    CHECK(rest.layers[2].devices.keep == 0.5);
    CHECK(rest.layers[3].devices.keep == 0.5);
    CHECK_THROWS_WITH(parse_network(RESIDUAL, "x", {{"layers.*.devices.bitz", "5"}}),
                      Catch::Contains("--set layers.0.devices.bitz"));
    CHECK_THROWS_WITH(parse_network(RESIDUAL, "x", {{"layers.x+.devices.bits", "5"}}),
                      Catch::Contains("layers.x+"));
}

TEST_CASE("network -- shapes follow through convolutions, pools and branches") {
    const NetworkSpec spec = parse_network(RESIDUAL, "net.yaml");
    REQUIRE(spec.layers.size() == 4);
    CHECK(spec.input.size == 9 * 8 * 3);
    CHECK(spec.layers[0].inputs == 27);
    CHECK(spec.layers[0].map == Shape{9, 8, 4});
    CHECK(spec.layers[1].input == Shape{9, 8, 4});
    CHECK(spec.layers[1].map == Shape{5, 4, 6});
    CHECK(spec.layers[2].from == 0);
    CHECK(spec.layers[2].inputs == 4);
    CHECK(spec.layers[2].map == Shape{5, 4, 6});
    CHECK(spec.layers[2].output == Shape{1, 1, 2 * 2 * 6});
    CHECK(spec.layers[3].inputs == 24);
    CHECK(std::get<AddSpec>(spec.layers[2].then[0]).layer == 1);
    CHECK_FALSE(spec.layers[0].plain(0));
    CHECK(spec.layers[0].bias == BiasSpec{BiasValues::he_uniform, true});

    const NetworkSpec valid = parse_network(with("kernel: 3, padding: same", "kernel: 4"), "v");
    CHECK(valid.layers[0].map == Shape{6, 5, 4});
}

TEST_CASE("network -- the canonical text of a convolutional network reads back the same") {
    const NetworkSpec spec = parse_network(RESIDUAL, "net.yaml");
    CHECK(parse_network(to_yaml(spec), "canonical") == spec);
    CHECK(fingerprint(spec) !=
          fingerprint(parse_network(
              RESIDUAL, "x", {{"layers.1.conv.padding", "valid"}, {"layers.1.conv.kernel", "1"}})));
}

TEST_CASE("network -- faults of convolutional descriptions") {
    const std::vector<std::vector<std::string>> cases = {
        {"add: narrow", "add: narow", "no layer before this one is named 'narow', did you mean"},
        {"add: narrow", "add: stem", "layers.2.then.0: adds 9 x 8 x 4 to 5 x 4 x 6"},
        {"{max_pool: 2}", "{max_pool: 6}", "a window of 6 does not fit a map of 5 x 4"},
        {"{max_pool: 2}", "{max_pool: 257}", "layers.2.then.3: is 257, must be 1 to 256"},
        {"{max_pool: 2}", "max_pool", "max_pool needs a value"},
        {"flatten]", "{flatten: 1}]", "flatten takes no value"},
        {"flatten]", "flaten]", "'flaten' is not one of"},
        {"{dropout: 0.25}", "{dropout: 1}", "must be at least 0 and below 1"},
        {"from: stem", "from: later", "no layer before this one is named 'later'"},
        {"name: narrow", "name: stem", "'stem' is the name of an earlier layer"},
        {"kernel: 3, padding: same", "kernel: 12", "12 x 12 does not fit a map of 9 x 8"},
        {"padding: same", "padding: full", "'full' is not one of valid, same"},
        {"shape: [9, 8, 3]", "shape: [9, 8]", "input.shape: must be [rows, columns, channels]"},
        {"mean: per_pixel", "mean: per_pixel, scale: 1", "bits: 0 takes real values"},
        {"bits: 0, div: 255, mean: per_pixel", "bits: 8, div: 255, mean: per_pixel, scale: 1",
         "a mean per pixel needs real values"},
        {"initial: zeros}", "initial: ones}", "'ones' is not one of zeros, he_uniform"},
        {"permuted: true", "permuted: maybe", "'maybe' is not one of true, false"},
        {"rail: single", "rail: dual", "a convolution reads single lines only"},
        {"algorithm: laperm", "algorithm: laperm\n  momentum: 0.9", "only sgd has a momentum"},
        {"algorithm: laperm", "algorithm: laperm\n  weight_decay: 0.1", "only adamw decays"},
        {"algorithm: laperm", "algorithm: laperm\n  shift_pixels: 1", "two kinds of augmentation"},
        {"algorithm: laperm", "algorithm: laperm\n  frozen_zeros: true", "only free weights have"},
        {"algorithm: laperm", "algorithm: free", "only devices that are permuted can be given up"},
        {"algorithm: laperm", "algorithm: swap", "only devices that are permuted can be given up"},
        {"at: [1, 1.5]", "at: [2, 1.5]", "must be ascending epochs"},
        {"values: dissimilar, bits: 0", "values: dissimilar, bits: 4", "no common range"},
        {"conv: {filters: 4", "outputs: 4\n    conv: {filters: 4", "outputs are its filters"},
    };
    for (const auto& c : cases) {
        INFO(c[1]);
        CHECK_THAT(message(with(c[0], c[1])), Contains(c[2]));
    }
    CHECK_THAT(message(with("then: [batch_norm, relu]", "then: [relu]")),
               Contains("the network has no batch_norm"));
    std::string swap = with("  keep: {schedule: linear, initial: 1, last: 0.3}\n", "");
    swap.replace(swap.find("algorithm: laperm"), 17, "algorithm: swap");
    CHECK_THAT(message(swap), Contains("training.lookahead: averages weights"));
    CHECK_THAT(message(with("input: {shape: [9, 8, 3]", "input: {size: 216")),
               Contains("does not fit a map") || Contains("needs images"));
}
