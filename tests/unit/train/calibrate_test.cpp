#include "compiler/train/calibrate.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/train/evaluate.h"
#include "tests/support/random_checkpoint.h"
#include "tests/unit/nn/plain.h"
#include "tests/unit/train/examples.h"

namespace permloom {
namespace {

/// Pre-activations of layer `l` over all images, by plain loops over the dense layers.
std::vector<double> pre_activations(const NetworkSpec& network,
                                    const std::vector<LayerWeights>& weights, size_t l,
                                    const Inputs& inputs, int images) {
    std::vector<double> all;
    for (int i = 0; i < images; ++i) {
        std::vector<float> x(static_cast<size_t>(weights[0].inputs));
        inputs.write(i, {}, x.data());
        std::vector<double> a(x.begin(), x.end()), z;
        for (size_t k = 0; k <= l; ++k) {
            const LayerWeights& layer = weights[k];
            z.clear();
            for (int j = 0; j < layer.outputs; ++j) {
                double s = layer.bias.empty() ? 0.0 : layer.bias[static_cast<size_t>(j)];
                for (int n = 0; n < layer.inputs; ++n)
                    s += double{layer.weights[static_cast<size_t>(j * layer.inputs + n)]} *
                         a[static_cast<size_t>(n)];
                z.push_back(layer.alpha * (s - layer.offset));
            }
            a = z;
            const bool clip = network.layers[k].activation == Activation::clip;
            for (double& value : a)
                value = clip ? std::clamp(value, 0.0, 1.0) : std::max(value, 0.0);
        }
        all.insert(all.end(), z.begin(), z.end());
    }
    return all;
}

double mean(const std::vector<double>& values) {
    double sum = 0.0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
    double sum = 0.0;
    for (const double value : values)
        sum += (value - mean(values)) * (value - mean(values));
    return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

}  // namespace

TEST_CASE("calibration -- masked layers start with the deviation that gain and beta ask for") {
    const Dataset data = testing::striped_data(200, 10);
    ThreadPool pool(2);
    for (const NetworkSpec& network : testing::all_kinds()) {
        std::vector<LayerDevices> devices;
        for (size_t l = 0; l < 2; ++l)
            devices.push_back(draw_devices(network.layers[l], static_cast<int>(l), 1));
        TrainingNet net(network, std::move(devices), 1);
        net.sync(0, 7, pool);
        net.derive_all(pool);
        const Inputs inputs(network.input, data.train, data.name);
        calibrate_constants(network, net, inputs, all_images(200), pool);
        for (size_t l = 0; l < 2; ++l) {
            LayerParameters& layer = net.layer(l);
            if (!net.algorithm(l).calibrates()) {
                CHECK(layer.alpha == 1.0);
                CHECK(layer.offset == 0.0);
                continue;
            }
            const auto z = pre_activations(network, net.weights(), l, inputs, 200);
            CHECK(deviation(z) ==
                  Approx(l == 0 ? network.training.gain : network.training.beta).epsilon(1e-3));
            const bool one_sign = layer.profile.front() == 0.0F;
            if (layer.rail == Rail::single && one_sign)
                CHECK(mean(z) == Approx(0.0).margin(1e-3));
            else if (layer.rail == Rail::single || layer.rail == Rail::split)
                CHECK(layer.offset == 0.0);
            else  // half of the devices times the largest input
                CHECK(layer.offset == Approx(0.5 * 0.3 * layer.lines / 2.0));
        }
    }
}

TEST_CASE("calibration -- ranges: 1 after clip, a high quantile of the activations after ReLU") {
    Rng rng(3);
    ThreadPool pool(2);
    const Dataset data = testing::striped_data(400, 10);
    for (const Activation activation : {Activation::clip, Activation::relu}) {
        const NetworkSpec network =
            testing::network_of({12, 9, 7, 4}, Rail::single, testing::levels(4, false), activation);
        Checkpoint checkpoint = testing::random_checkpoint(network, rng);
        const Inputs inputs(network.input, data.train, data.name);
        calibrate_ranges(network, checkpoint.layers, 3, inputs, all_images(400), pool);
        CHECK(checkpoint.layers[2].act_range == 1.0);
        const auto weights = projected_weights(network, checkpoint.layers);
        for (size_t l = 0; l < 2; ++l) {
            const double range = checkpoint.layers[l].act_range;
            if (activation == Activation::clip) {
                CHECK(range == 1.0);
                continue;
            }
            const auto z = pre_activations(network, weights, l, inputs, 200);
            const auto above = std::ranges::count_if(z, [&](double v) { return v > range * 1.02; });
            CHECK(static_cast<double>(above) <= 0.0125 * static_cast<double>(z.size()));
            CHECK(range <= 1.02 * *std::ranges::max_element(z));
        }
    }
}

TEST_CASE("calibration -- a layer that never fires gets a range all the same") {
    Rng rng(4);
    ThreadPool pool(1);
    const Dataset data = testing::striped_data(40, 10);
    const NetworkSpec network =
        testing::network_of({12, 9, 4}, Rail::single, testing::levels(4, true));
    Checkpoint checkpoint = testing::random_checkpoint(network, rng);
    checkpoint.layers[0].offset = 1e6;
    const Inputs inputs(network.input, data.train, data.name);
    calibrate_ranges(network, checkpoint.layers, 3, inputs, all_images(40), pool);
    CHECK(checkpoint.layers[0].act_range == 1.0);
}

}  // namespace permloom
