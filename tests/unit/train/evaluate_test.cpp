#include "compiler/train/evaluate.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/program/configuration.h"
#include "compiler/train/trainer.h"
#include "tests/support/random_checkpoint.h"
#include "tests/unit/nn/plain.h"
#include "tests/unit/train/examples.h"

namespace permloom {
namespace {

/// Accuracy and loss by the definition of LayerState, in double precision.
Score plain_score(const Checkpoint& checkpoint, const Images& images) {
    const InputSpec& input = checkpoint.network.input;
    Score score;
    for (int i = 0; i < images.count; ++i) {
        std::vector<double> a;
        for (const uint16_t code : quantise_pixels(input, images.image(i)))
            a.push_back((code - input.zero) * input.scale);
        double max = ((1 << input.bits) - 1 - 2 * input.zero) * input.scale;
        for (size_t l = 0; l < checkpoint.layers.size(); ++l) {
            a = testing::pre_activations(checkpoint, l, a, max);
            if (l + 1 == checkpoint.layers.size()) break;
            const bool clip = checkpoint.network.layers[l].activation == Activation::clip;
            for (double& z : a)
                z = clip ? std::clamp(z, 0.0, 1.0) : std::max(z, 0.0);
            max = clip ? 1.0 : checkpoint.layers[l].act_range;
        }
        const uint8_t label = images.labels[static_cast<size_t>(i)];
        score.loss += testing::plain_loss(a, label, checkpoint.classes) / images.count;
        const auto best = std::max_element(a.begin(), a.begin() + checkpoint.classes) - a.begin();
        if (best == label) score.accuracy += 1.0 / images.count;
    }
    return score;
}

}  // namespace

TEST_CASE("evaluate -- agrees with plain loops for every rail, profile and activation") {
    Rng rng(1);
    ThreadPool pool(2);
    const Images images = testing::striped_images(300, 4, 3, 3, rng);
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split})
        for (const Activation activation : {Activation::clip, Activation::relu})
            for (const DeviceSpec& devices :
                 {testing::one_value(0.5, 0.08), testing::levels(4, false)}) {
                if (rail == Rail::split && !devices.shared()) continue;
                const NetworkSpec network =
                    testing::network_of({12, 9, 7, 4}, rail, devices, activation);
                Checkpoint checkpoint = testing::random_checkpoint(network, rng);
                for (size_t l = 0; l + 1 < checkpoint.layers.size(); ++l)
                    if (activation == Activation::clip) checkpoint.layers[l].act_range = 1.0;
                checkpoint.classes = 3;
                checkpoint.training.protocol = "final";
                const Score score = evaluate_float(checkpoint, images, pool);
                const Score plain = plain_score(checkpoint, images);
                CHECK(score.accuracy == Approx(plain.accuracy).margin(0.004));
                CHECK(score.loss == Approx(plain.loss).epsilon(1e-4));
                CHECK(score.protocol == "final");
            }
}

TEST_CASE("evaluate -- what does not fit the checkpoint is refused") {
    Rng rng(2);
    ThreadPool pool(1);
    const NetworkSpec network =
        testing::network_of({12, 4}, Rail::single, testing::levels(4, true));
    Checkpoint checkpoint = testing::random_checkpoint(network, rng);
    checkpoint.classes = 2;
    Images images = testing::striped_images(5, 4, 3, 3, rng);
    images.labels[4] = 2;
    CHECK_THROWS_WITH(evaluate_float(checkpoint, images, pool), Catch::Contains("class 2"));
    checkpoint.classes = 3;
    CHECK_NOTHROW(evaluate_float(checkpoint, images, pool));
    images.columns = 2;
    CHECK_THROWS_WITH(evaluate_float(checkpoint, images, pool), Catch::Contains("8 pixels"));
    CHECK_THROWS_WITH(evaluate_float(checkpoint, Images{}, pool), Catch::Contains("no images"));
}

}  // namespace permloom
