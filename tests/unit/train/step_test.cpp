#include "compiler/train/step.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/train/calibrate.h"
#include "compiler/train/evaluate.h"
#include "tests/unit/nn/plain.h"
#include "tests/unit/train/examples.h"

namespace permloom {
namespace {

/// A network made ready for its first step, and images to step on.
struct Bench {
    NetworkSpec network;
    Dataset data = testing::striped_data(60, 12);
    ThreadPool pool;
    Inputs inputs;
    TrainingNet net;
    std::vector<int32_t> images;

    explicit Bench(const NetworkSpec& spec, int batch = 16, int threads = 1)
        : network(spec),
          pool(threads),
          inputs(spec.input, data.train, data.name),
          net(spec, devices(spec), 1) {
        net.sync(0, 7, pool);
        net.derive_all(pool);
        calibrate_constants(network, net, inputs, all_images(data.train.count), pool);
        for (int i = 0; i < batch; ++i)
            images.push_back((7 * i + 3) % data.train.count);
    }

    /// Off the grid of quantised devices and pixels, where sums of exactly 0 have no derivative.
    void disturb() {
        Rng rng(17);
        for (size_t l = 0; l < net.size(); ++l)
            for (float& weight : net.layer(l).owned)
                weight += static_cast<float>(rng.uniform(-0.01, 0.01));
        net.derive_all(pool);
    }

    static std::vector<LayerDevices> devices(const NetworkSpec& spec) {
        std::vector<LayerDevices> result;
        for (size_t l = 0; l < spec.layers.size(); ++l)
            result.push_back(draw_devices(spec.layers[l], static_cast<int>(l), 1));
        return result;
    }

    std::vector<std::vector<double>> pixels() const {
        std::vector<std::vector<double>> result;
        for (const int32_t image : images) {
            std::vector<float> x(static_cast<size_t>(network.input.size));
            inputs.write(image, {}, x.data());
            result.emplace_back(x.begin(), x.end());
        }
        return result;
    }
    std::vector<uint8_t> labels() const {
        std::vector<uint8_t> result;
        for (const int32_t image : images)
            result.push_back(inputs.label(image));
        return result;
    }
};

/// The network over its lines, complements included, as plain loops.
struct PlainNet {
    struct Layer {
        int inputs, outputs, lines;
        double alpha, offset, complement_sum;
        bool clip, last;
        std::vector<double> weights;  // outputs x lines
    };
    std::vector<Layer> layers;

    explicit PlainNet(Bench& bench) {
        for (size_t l = 0; l < bench.net.size(); ++l) {
            LayerParameters& p = bench.net.layer(l);
            const LayerWeights& dense = bench.net.weights()[l];
            Layer layer{p.inputs,
                        p.outputs,
                        p.lines,
                        dense.alpha,
                        dense.offset,
                        1.0,  // inputs and clipped activations end at 1
                        bench.network.layers[l].activation == Activation::clip,
                        l + 1 == bench.net.size(),
                        {}};
            std::vector<float> row(static_cast<size_t>(p.lines));
            for (int j = 0; j < p.outputs; ++j) {
                bench.net.algorithm(l).derive(p, j, 0, p.lines, row.data());
                layer.weights.insert(layer.weights.end(), row.begin(), row.end());
            }
            layers.push_back(layer);
        }
    }

    double loss(const std::vector<std::vector<double>>& x, const std::vector<uint8_t>& labels,
                int classes) const {
        double total = 0.0;
        for (size_t b = 0; b < x.size(); ++b) {
            std::vector<double> a = x[b];
            for (const Layer& layer : layers) {
                std::vector<double> next;
                for (int j = 0; j < layer.outputs; ++j) {
                    double s = 0.0;
                    for (int i = 0; i < layer.lines; ++i) {
                        const auto input = static_cast<size_t>(i % layer.inputs);
                        s += layer.weights[static_cast<size_t>(j * layer.lines + i)] *
                             (i < layer.inputs ? a[input] : layer.complement_sum - a[input]);
                    }
                    const double z = layer.alpha * (s - layer.offset);
                    next.push_back(layer.last   ? z
                                   : layer.clip ? std::clamp(z, 0.0, 1.0)
                                                : std::max(z, 0.0));
                }
                a = next;
            }
            total += testing::plain_loss(a, labels[b], classes);
        }
        return total / static_cast<double>(x.size());
    }
};

}  // namespace

TEST_CASE("step -- every algorithm, rail and constant: Adam gets the gradient of the loss") {
    for (const NetworkSpec& network : testing::all_kinds()) {
        CAPTURE(to_yaml(network));
        Bench bench(network);
        bench.disturb();
        PlainNet plain(bench);
        const auto x = bench.pixels();
        const auto labels = bench.labels();
        const int classes = 3;
        // After the first step with beta1 = 0.5 the first moment is half the gradient.
        Stepper stepper(network, bench.net, {.batch = 16, .classes = classes}, bench.pool);
        const double loss =
            stepper.step(bench.inputs, bench.images, {}, AdamStep({0.5, 0.9, 1e-7}, 0.0, 1));
        CHECK(loss / 16.0 == Approx(plain.loss(x, labels, classes)).margin(1e-5));
        for (size_t l = 0; l < bench.net.size(); ++l) {
            for (size_t i = 0; i < plain.layers[l].weights.size(); ++i) {
                constexpr double STEP = 1e-6;
                double& weight = plain.layers[l].weights[i];
                const double at = weight;
                weight = at + STEP;
                const double above = plain.loss(x, labels, classes);
                weight = at - STEP;
                const double below = plain.loss(x, labels, classes);
                weight = at;
                CHECK(2.0 * bench.net.layer(l).first_moment[i] ==
                      Approx((above - below) / (2.0 * STEP)).margin(3e-5));
            }
        }
    }
}

TEST_CASE("step -- L2 adds twice its coefficient times the weight, in all layers but the last") {
    const NetworkSpec network = testing::all_kinds()[1];
    Bench plain(network), decayed(network);
    const AdamStep adam({0.5, 0.9, 1e-7}, 0.0, 1);
    Stepper(network, plain.net, {.batch = 16, .classes = 3}, plain.pool)
        .step(plain.inputs, plain.images, {}, adam);
    Stepper(network, decayed.net, {.batch = 16, .classes = 3, .l2 = 0.01}, decayed.pool)
        .step(decayed.inputs, decayed.images, {}, adam);
    for (size_t i = 0; i < plain.net.layer(0).owned.size(); ++i)
        CHECK(decayed.net.layer(0).first_moment[i] - plain.net.layer(0).first_moment[i] ==
              Approx(0.5 * 2.0 * 0.01 * plain.net.layer(0).owned[i]).margin(1e-7));
    CHECK(decayed.net.layer(1).first_moment == plain.net.layer(1).first_moment);
}

TEST_CASE("step -- the bytes do not depend on the number of threads, nor on a short batch") {
    for (const NetworkSpec& network : testing::all_kinds()) {
        Bench one(network, 50, 1), three(network, 50, 3);
        const Stepper::Options options{.batch = 50, .classes = 3, .l2 = 1e-4};
        Stepper first(network, one.net, options, one.pool);
        Stepper second(network, three.net, options, three.pool);
        for (int t = 1; t <= 6; ++t) {
            const auto images = std::span<const int32_t>(one.images).first(t % 2 ? 50 : 17);
            const AdamStep adam({}, 0.01, t);
            const StepRandom random{.shift = {1, -1}};
            CHECK(first.step(one.inputs, images, random, adam) ==
                  second.step(three.inputs, images, random, adam));
            one.net.sync(t, 3, one.pool);
            three.net.sync(t, 3, three.pool);
        }
        for (size_t l = 0; l < one.net.size(); ++l) {
            CHECK(one.net.layer(l).owned == three.net.layer(l).owned);
            CHECK(one.net.layer(l).auxiliary == three.net.layer(l).auxiliary);
            CHECK(one.net.layer(l).second_moment == three.net.layer(l).second_moment);
            CHECK(one.net.weights()[l].weights == three.net.weights()[l].weights);
        }
    }
}

TEST_CASE("step -- zeros are skipped only where the first layer alone reads the input") {
    const NetworkSpec network = parse_network(R"(name: branches
about: two layers read the input
expect: test
data: stripes
input: {size: 12, bits: 8, div: 255, scale: 1/255}
layers:
  - name: one
    outputs: 5
    rail: single
    devices: &d {values: he_uniform, bits: 0, profile: neuron}
    activation: relu
  - from: input
    outputs: 5
    rail: single
    devices: *d
    activation: relu
    then: [{add: one}]
  - outputs: 4
    rail: single
    devices: *d
    activation: none
training: {algorithm: free, epochs: 1, batch: 16, learning_rate: 1e-3}
)",
                                              "branches");
    Bench dense(network), skipping(network);
    const AdamStep adam({}, 0.01, 1);
    Stepper::Options options{.batch = 16, .classes = 3};
    const double expected =
        Stepper(network, dense.net, options, dense.pool).step(dense.inputs, dense.images, {}, adam);
    options.sparse_input = true;
    CHECK(Stepper(network, skipping.net, options, skipping.pool)
              .step(skipping.inputs, skipping.images, {}, adam) == expected);
}

}  // namespace permloom
