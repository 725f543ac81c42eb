#include "compiler/train/adversarial.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <numeric>

#include "compiler/base/error.h"
#include "compiler/train/trainer.h"
#include "tests/support/random_checkpoint.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/train/examples.h"

namespace permloom {
namespace {

using testing::devices_of;

constexpr int HIGHEST = 227;  // of striped_images

Images images_of(int count) {
    Rng rng(77);
    return testing::striped_images(count, 4, 3, 3, rng);
}

/// Trained on the stripes for a few steps.
Checkpoint trained(const NetworkSpec& network) {
    const testing::TemporaryDirectory directory;
    TrainOptions options;
    options.run = directory.path();
    ThreadPool pool(1);
    return train(network, testing::striped_data(300, 30), options, pool);
}

/// A convolution with all that behaves otherwise in training than afterwards.
NetworkSpec convolution() {
    return parse_network(R"(
name: small
about: test
expect: test
data: stripes
input: {shape: [4, 3, 1], bits: 8, div: 255, mean: 0, scale: 1/255, zero: 0}
layers:
  - conv: {filters: 6, kernel: 3, stride: 1, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 4, profile: neuron, keep: 1, pruning: exact}
    activation: none
    then: [batch_norm, relu, {dropout: 0.2}, flatten]
    bits: 8
  - outputs: 4
    rail: single
    devices: {values: he_uniform, bits: 4, profile: layer, keep: 1, pruning: exact}
    activation: none
training:
  algorithm: laperm_latent
  estimator: drift
  epochs: 4
  batch: 16
  learning_rate: {schedule: constant, initial: 1e-2}
  sync_every: 7
)",
                         "small");
}

int farthest(const Images& a, const Images& b) {
    int most = 0;
    for (size_t i = 0; i < a.pixels.size(); ++i)
        most = std::max(most, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
    return most;
}

}  // namespace

TEST_CASE("adversarial -- FGSM raises the loss, and PGD does not raise it less") {
    ThreadPool pool(1);
    const Images images = images_of(200);
    const PixelBound bound{12, HIGHEST};
    std::vector<NetworkSpec> networks = testing::all_kinds();
    networks.push_back(convolution());
    for (const NetworkSpec& network : networks) {
        CAPTURE(to_yaml(network));
        const Checkpoint checkpoint = trained(network);
        const auto loss = [&](const Images& attacked) {
            return evaluate_float(checkpoint, attacked, pool).loss;
        };
        const double clean = loss(images), one_step = loss(fgsm(checkpoint, images, bound, pool));
        CHECK(one_step > 1.02 * clean);
        CHECK(loss(pgd(checkpoint, images, bound, {20, 0.0, 1}, pool)) > 0.98 * one_step);
    }
}

TEST_CASE("adversarial -- of a linear network FGSM is the worst image there is") {
    Rng rng(3);
    ThreadPool pool(1);
    // Two classes: the loss rises with z_1 - z_0 alone, which is linear in the pixels.
    Checkpoint checkpoint = testing::random_checkpoint(
        testing::network_of({12, 2}, Rail::single, testing::levels(4, false)), rng);
    checkpoint.classes = 2;
    Images images = images_of(20);
    for (uint8_t& label : images.labels)
        label %= 2;
    const Images worst = fgsm(checkpoint, images, {5, HIGHEST}, pool);
    const double highest_loss = evaluate_float(checkpoint, worst, pool).loss;
    CHECK(highest_loss > evaluate_float(checkpoint, images, pool).loss);
    for (int i = 0; i < 20; ++i) {
        Images other = images;
        for (uint8_t& pixel : other.pixels)
            pixel = static_cast<uint8_t>(
                std::clamp(int{pixel} + static_cast<int>(rng.below(11)) - 5, 0, HIGHEST));
        CHECK(evaluate_float(checkpoint, other, pool).loss <= highest_loss);
    }
}

TEST_CASE("adversarial -- pixels move by no more than the bound and stay pixels") {
    ThreadPool pool(2);
    const Checkpoint checkpoint = trained(testing::all_kinds().front());
    Images images = images_of(60);
    images.pixels[0] = 0;
    images.pixels[1] = HIGHEST;
    for (const int radius : {1, 7, 200}) {
        const PixelBound bound{radius, HIGHEST};
        for (const Images& attacked : {fgsm(checkpoint, images, bound, pool),
                                       pgd(checkpoint, images, bound, {7, 0.0, 5}, pool),
                                       pgd(checkpoint, images, bound, {3, 1000.0, 5}, pool)}) {
            CHECK(attacked.labels == images.labels);
            CHECK(attacked.pixels.size() == images.pixels.size());
            if (radius < 200) CHECK(farthest(attacked, images) == radius);
            CHECK(farthest(attacked, images) <= radius);
            CHECK(*std::ranges::max_element(attacked.pixels) <= HIGHEST);
        }
    }
}

TEST_CASE("adversarial -- a bound of 0 leaves the images as they are") {
    ThreadPool pool(1);
    const Checkpoint checkpoint = trained(testing::all_kinds().front());
    const Images images = images_of(30);
    CHECK(fgsm(checkpoint, images, {0, HIGHEST}, pool).pixels == images.pixels);
    CHECK(pgd(checkpoint, images, {0, HIGHEST}, {}, pool).pixels == images.pixels);
}

TEST_CASE("adversarial -- a network that is sure still has a gradient") {
    Rng rng(4);
    ThreadPool pool(1);
    Checkpoint checkpoint = testing::random_checkpoint(
        testing::network_of({12, 3}, Rail::single, testing::levels(4, false)), rng);
    checkpoint.classes = 3;
    const Images images = images_of(50);
    const PixelBound bound{10, HIGHEST};
    const Images doubtful = fgsm(checkpoint, images, bound, pool);
    // The same logits, so far apart that every probability is 0 or 1; of three classes the two
    // others' shares of the gradient differ, so that a few signs may.
    checkpoint.layers.back().alpha *= 1e5;
    const Images sure = fgsm(checkpoint, images, bound, pool);
    int moved = 0;
    for (size_t i = 0; i < images.pixels.size(); ++i)
        moved += sure.pixels[i] != images.pixels[i];
    CHECK(moved > 0.9 * static_cast<double>(images.pixels.size()));
    CHECK(farthest(doubtful, images) == 10);
}

TEST_CASE(
    "adversarial -- an image depends on the seed and its place, not on threads or neighbours") {
    ThreadPool one(1), three(3);
    const Checkpoint checkpoint = trained(testing::all_kinds().front());
    const Images images = images_of(600);  // more than a batch
    const PixelBound bound{20, HIGHEST};
    const Images attacked = pgd(checkpoint, images, bound, {5, 0.0, 9}, one);
    CHECK(pgd(checkpoint, images, bound, {5, 0.0, 9}, three).pixels == attacked.pixels);
    CHECK(pgd(checkpoint, images, bound, {5, 0.0, 10}, one).pixels != attacked.pixels);
    CHECK(fgsm(checkpoint, images, bound, one).pixels ==
          fgsm(checkpoint, images, bound, three).pixels);

    Images few = images;
    few.count = 100;
    few.pixels.resize(100 * 12);
    few.labels.resize(100);
    const Images first = pgd(checkpoint, few, bound, {5, 0.0, 9}, one);
    CHECK(std::equal(first.pixels.begin(), first.pixels.end(), attacked.pixels.begin()));
}

TEST_CASE("adversarial -- PGD fools a digits network at least as often as FGSM") {
    const Dataset data = load_dataset("digits");
    NetworkSpec network = testing::small_network(Algorithm::laperm_latent, Rail::single,
                                                 devices_of(DeviceValues::he_uniform, 4, 1.0, true),
                                                 Activation::relu);
    network.input = {64, 5, 16.0, 0.0, 1.0 / 16.0, 0};
    network.layers[0].inputs = 64;
    network.layers[0].outputs = network.layers[1].inputs = 32;
    network.layers[1].outputs = 10;
    network.training.epochs = 20;
    network.training.learning_rate.initial = 3e-3;
    network.training.sync_every.initial = 50;
    network = parse_network(to_yaml(network), "digits");
    const testing::TemporaryDirectory directory;
    TrainOptions options;
    options.run = directory.path();
    ThreadPool pool(2);
    const Checkpoint checkpoint = train(network, data, options, pool);
    const auto accuracy = [&](const Images& images) {
        return evaluate_float(checkpoint, images, pool).accuracy;
    };
    const double clean = accuracy(data.test);
    for (const int radius : {1, 2, 3}) {
        const double one_step = accuracy(fgsm(checkpoint, data.test, {radius, 16}, pool));
        const double steps = accuracy(pgd(checkpoint, data.test, {radius, 16}, {}, pool));
        CHECK(one_step < clean);
        CHECK(steps <= one_step);
    }
}

TEST_CASE("adversarial -- images that do not fit are refused") {
    ThreadPool pool(1);
    Rng rng(2);
    Checkpoint checkpoint = testing::random_checkpoint(
        testing::network_of({12, 4}, Rail::single, testing::levels(4, true)), rng);
    checkpoint.classes = 2;
    Images images = images_of(5);
    images.labels[4] = 2;
    CHECK_THROWS_WITH(fgsm(checkpoint, images, {1, 255}, pool), Catch::Contains("class 2"));
    checkpoint.classes = 3;
    CHECK_THROWS_AS(fgsm(checkpoint, images, {1, 50}, pool), InvariantError);
    images.columns = 2;
    CHECK_THROWS_WITH(fgsm(checkpoint, images, {1, 255}, pool), Catch::Contains("8 pixels"));
    CHECK_THROWS_WITH(pgd(checkpoint, Images{}, {1, 255}, {}, pool), Catch::Contains("no images"));
}

}  // namespace permloom
