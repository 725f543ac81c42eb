/// Small networks and data sets that train in milliseconds.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/base/rng.h"
#include "compiler/data/dataset.h"
#include "compiler/spec/network.h"

namespace permloom::testing {

/// rows x columns images whose class is the third of the image that is brightest.
inline Images striped_images(int count, int rows, int columns, int classes, Rng& rng) {
    Images images;
    images.count = count;
    images.rows = rows;
    images.columns = columns;
    const int pixels = rows * columns;
    for (int i = 0; i < count; ++i) {
        const auto label = static_cast<int>(rng.below(static_cast<uint64_t>(classes)));
        for (int p = 0; p < pixels; ++p) {
            const bool bright = p * classes / pixels == label;
            images.pixels.push_back(static_cast<uint8_t>(rng.below(128) + (bright ? 100 : 0)));
        }
        images.labels.push_back(static_cast<uint8_t>(label));
    }
    return images;
}

inline Dataset striped_data(int train, int test, int classes = 3) {
    Rng rng(1234);
    Dataset data;
    data.name = "stripes";
    data.classes = classes;
    data.train = striped_images(train, 4, 3, classes, rng);
    data.test = striped_images(test, 4, 3, classes, rng);
    data.checksum = "stripes-" + std::to_string(train);
    return data;
}

inline DeviceSpec devices_of(DeviceValues values, int bits, double keep, bool shared_profile) {
    DeviceSpec devices;
    devices.values = values;
    devices.bits = bits;
    devices.keep = keep;
    devices.shared_profile = shared_profile;
    if (devices.shared()) devices.value = 0.3;
    return devices;
}

/// 12 pixels, 8 hidden neurons, 4 outputs.
inline NetworkSpec small_network(Algorithm algorithm, Rail rail, const DeviceSpec& devices,
                                 Activation activation) {
    NetworkSpec network;
    network.name = "small";
    network.about = network.expect = "test";
    network.data = "stripes";
    network.input = {12, 8, 255.0, 0.0, 1.0 / 255.0, 0};
    network.layers.resize(2);
    network.layers[0] = {12, 8, rail, devices, activation, 8};
    network.layers[1] = {8, 4, rail, devices, Activation::none, 8};
    network.layers[1].from = 0;
    TrainingSpec& training = network.training;
    training.algorithm = algorithm;
    training.epochs = 4;
    training.batch = 16;
    training.learning_rate.initial = 0.01;
    training.sync_every.initial = 7;
    training.refresh_every = 5;
    training.gain = 0.7;
    training.beta = 2.0;
    return parse_network(to_yaml(network), "small");
}

/// One of each kind: algorithm, estimator, rail, devices and activation in all useful combinations.
inline std::vector<NetworkSpec> all_kinds() {
    const DeviceSpec many = devices_of(DeviceValues::he_uniform, 4, 1.0, true);
    const DeviceSpec own = devices_of(DeviceValues::he_normal, 0, 0.8, false);
    const DeviceSpec one = devices_of(DeviceValues::shared, 0, 0.5, true);
    const DeviceSpec sign = devices_of(DeviceValues::signed_shared, 0, 0.6, true);
    using enum Algorithm;
    return {small_network(free, Rail::single, own, Activation::relu),
            small_network(laperm, Rail::single, own, Activation::relu),
            small_network(laperm, Rail::dual, many, Activation::clip),
            small_network(laperm_latent, Rail::single, many, Activation::relu),
            small_network(laperm_latent, Rail::dual, many, Activation::clip),
            small_network(laperm_latent, Rail::single, one, Activation::clip),
            small_network(laperm_latent, Rail::dual, one, Activation::clip),
            small_network(laperm_latent, Rail::split, one, Activation::clip),
            small_network(laperm_latent, Rail::single, sign, Activation::relu)};
}

/// `text` with each first occurrence replaced; every one must be there.
inline std::string replaced(std::string text,
                            const std::vector<std::pair<std::string, std::string>>& changes) {
    for (const auto& [from, to] : changes) {
        const size_t at = text.find(from);
        PERMLOOM_ASSERT(at != std::string::npos);
        text.replace(at, from.size(), to);
    }
    return text;
}

/// A convolution with a permuted bias, batch norm, a pool and dropout, then a dense layer; images
/// are augmented, Lookahead follows the optimiser. `changes` are made to the text.
inline NetworkSpec conv_network(
    const std::vector<std::pair<std::string, std::string>>& changes = {}) {
    const std::string text = R"(name: conv
about: test
expect: test
data: stripes
input: {shape: [4, 3, 1], bits: 8, div: 255, mean: 0, scale: 1/255, zero: 0}
layers:
  - conv: {filters: 6, kernel: 3, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron, keep: 1}
    bias: {initial: he_uniform, permuted: true}
    activation: relu
    then: [batch_norm, {max_pool: 2}, {dropout: 0.3}]
  - outputs: 4
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron, keep: 1}
    bias: {initial: zeros}
    activation: none
training:
  algorithm: laperm
  epochs: 3
  batch: 16
  learning_rate: 0.01
  sync_every: 5
  augment: {rotation: 10, zoom: 0.1, shift: 0.1, flip: true}
  lookahead: {every: 3, rate: 0.5}
)";
    return parse_network(replaced(text, changes), "conv");
}

/// One of each kind beyond `all_kinds`: what convolutions, optimisers and algorithms add.
inline std::vector<NetworkSpec> conv_kinds() {
    const std::string algorithm = "algorithm: laperm";
    const std::string lookahead = "lookahead: {every: 3, rate: 0.5}";
    return {
        conv_network(),
        conv_network({{algorithm, "algorithm: laperm_latent"},
                      {"bits: 0", "bits: 4"},
                      {lookahead, "keep: {schedule: linear, initial: 1, last: 0.4}"}}),
        conv_network({{algorithm, "algorithm: laperm_latent"}, {lookahead, "bn_recalibrate: 2"}}),
        conv_network({{algorithm, "algorithm: free"},
                      {"keep: 1", "keep: 0.5"},
                      {lookahead, "optimizer: sgd\n  momentum: 0.9\n  frozen_zeros: true"}}),
        conv_network({{algorithm, "algorithm: free"},
                      {"bits: 8, div: 255, mean: 0, scale: 1/255, zero: 0",
                       "bits: 0, div: 255, mean: per_pixel"},
                      {lookahead, "optimizer: adamw\n  weight_decay: 0.1"}}),
        conv_network({{algorithm, "algorithm: supermask"}}),
        conv_network({{algorithm, "algorithm: swap"}, {lookahead, "swap_share: 0.2"}})};
}

}  // namespace permloom::testing
