#include <catch2/catch.hpp>

#include "compiler/base/rng.h"
#include "compiler/spec/network.h"
#include "tests/unit/spec/example_network.h"

using namespace permloom;
using permloom::testing::EXAMPLE;
using permloom::testing::example_with;

namespace {

/// A valid description with every field drawn at random.
NetworkSpec random_network(Rng& rng) {
    const auto pick = [&](int low, int high) {
        return low + static_cast<int>(rng.below(static_cast<uint64_t>(high - low + 1)));
    };
    const auto schedule = [&](double low) {
        Schedule s;
        s.kind = static_cast<ScheduleKind>(pick(0, 5));
        s.initial = low + rng.uniform();
        if (s.kind == ScheduleKind::exponential || s.kind == ScheduleKind::step)
            s.decay = 1.0 - rng.uniform();
        if (s.kind == ScheduleKind::cosine) s.floor = rng.uniform();
        if (s.kind == ScheduleKind::step) s.every = pick(1, 9);
        if (s.kind == ScheduleKind::linear) s.last = low + rng.uniform();
        if (s.kind == ScheduleKind::piecewise) {
            s.at = {rng.uniform(), 1.0 + rng.uniform()};
            s.values = {low + rng.uniform(), low + rng.uniform()};
        }
        return s;
    };
    NetworkSpec spec;
    spec.name = "n\"\\:#";
    spec.about = "two\nlines, \ttab, caf\xc3\xa9";
    spec.expect = "- 'x': {y}";
    spec.data = "digits";
    spec.input = {pick(2, 99),
                  pick(1, 8),
                  1.0 + rng.uniform(),
                  rng.uniform(-1, 1),
                  rng.uniform() * 1e-7 + 1e-12,
                  1};
    spec.input.shape = {1, 1, spec.input.size};
    int inputs = spec.input.size;
    bool bounded = true;
    for (int left = pick(0, 3); left >= 0; --left) {
        LayerSpec layer;
        layer.inputs = inputs;
        layer.outputs = inputs = pick(2, 99);
        layer.rail = bounded ? static_cast<Rail>(pick(0, 2)) : Rail::single;
        layer.activation =
            left == 0 ? Activation::none : (pick(0, 1) ? Activation::relu : Activation::clip);
        bounded = layer.activation == Activation::clip;
        if (left > 0) layer.bits = pick(1, 8);
        DeviceSpec& devices = layer.devices;
        devices.values = static_cast<DeviceValues>(pick(0, layer.rail == Rail::single ? 6 : 5));
        if (layer.rail == Rail::split) devices.values = DeviceValues::shared;
        devices.pruning = pick(0, 1) ? Pruning::bernoulli : Pruning::exact;
        devices.keep = 0.5 + 0.24 * rng.uniform();
        devices.shared_profile =
            pick(0, 1) && !(devices.shared() && devices.pruning == Pruning::bernoulli);
        if (devices.shared())
            devices.value = rng.uniform() + 1e-9;
        else
            devices.bits =
                pick(0, 1) && devices.values != DeviceValues::dissimilar ? pick(2, 8) : 0;
        layer.from = static_cast<int>(spec.layers.size()) - 1;
        layer.input = {1, 1, layer.inputs};
        layer.map = layer.output = {1, 1, layer.outputs};
        spec.layers.push_back(layer);
    }
    TrainingSpec& training = spec.training;
    training.algorithm = static_cast<Algorithm>(pick(0, 2));
    training.estimator = pick(0, 1) ? Estimator::automatic : Estimator::drift;
    training.epochs = pick(1, 100);
    training.batch = pick(1, 100);
    training.learning_rate = schedule(1e-9);
    training.sync_every = schedule(1.0);
    training.refresh_every = pick(1, 99);
    training.beta1 = rng.uniform();
    training.beta2 = rng.uniform();
    training.epsilon = 1e-300;
    training.gain = 0.1 + rng.uniform();
    training.beta = 0.1 + rng.uniform();
    training.l2 = rng.uniform();
    training.shift_pixels = pick(0, 2);
    training.optimizer = static_cast<Optimizer>(pick(0, 2));
    if (training.optimizer == Optimizer::sgd) training.momentum = rng.uniform();
    if (training.optimizer == Optimizer::adamw) training.weight_decay = rng.uniform();
    if (pick(0, 1)) training.lookahead = {pick(1, 9), 0.5 + 0.5 * rng.uniform()};
    training.frozen_zeros = training.algorithm == Algorithm::free && pick(0, 1) == 1;
    if (pick(0, 1)) {
        training.keep.kind = ScheduleKind::linear;
        training.keep.initial = 1.0;
        training.keep.last = 0.5;
    }
    return spec;
}

}  // namespace

TEST_CASE("network -- parsing the canonical text gives the same description") {
    for (uint64_t seed = 0; seed < 300; ++seed) {
        Rng rng(seed);
        const NetworkSpec spec = random_network(rng);
        const std::string text = to_yaml(spec);
        INFO("seed " << seed << "\n" << text);
        const NetworkSpec again = parse_network(text, "canonical");
        CHECK(again == spec);
        CHECK(to_yaml(again) == text);
        CHECK(fingerprint(again) == fingerprint(spec));
    }
}

TEST_CASE("network -- reads every field of a description") {
    const NetworkSpec spec = parse_network(EXAMPLE, "example.yaml");
    CHECK(spec.name == "example");
    CHECK(spec.data == "digits");
    CHECK(spec.input.size == 64);
    CHECK(spec.input.scale == 1.0 / 15.0);
    CHECK(spec.input.mean == 0.0);
    REQUIRE(spec.layers.size() == 2);
    CHECK(spec.layers[0].inputs == 64);
    CHECK(spec.layers[0].lines() == 128);
    CHECK(spec.layers[0].rail == Rail::dual);
    CHECK(spec.layers[0].devices.value == 0.5);
    CHECK(spec.layers[0].devices.shared_profile);
    CHECK(spec.layers[0].devices.largest_level() == 1);
    CHECK(spec.layers[0].bits == 4);
    CHECK(spec.layers[1].inputs == 8);
    CHECK(spec.layers[1].lines() == 8);
    CHECK(spec.layers[1].devices.largest_level() == 3);
    CHECK_FALSE(spec.layers[1].devices.shared_profile);
    CHECK(spec.outputs() == 10);
    CHECK(spec.training.algorithm == Algorithm::laperm);
    CHECK(spec.training.estimator == Estimator::automatic);
    CHECK(spec.training.learning_rate == Schedule{ScheduleKind::step, 1e-3, 0.5, 0.0, 2});
    CHECK(spec.training.sync_every == Schedule{ScheduleKind::constant, 20.0, 1.0, 0.0, 1});
}

TEST_CASE("network -- the fingerprint ignores the prose and nothing else") {
    const std::string base = fingerprint(parse_network(EXAMPLE, "e"));
    CHECK(base.size() == 64);
    CHECK(fingerprint(parse_network(example_with("name: example", "name: other"), "e")) == base);
    CHECK(fingerprint(parse_network(example_with("about: two", "about: 2"), "e")) == base);
    CHECK(fingerprint(parse_network(example_with("expect: nothing", "expect: x"), "e")) == base);
    // Writing a default or a fraction out is no change.
    CHECK(fingerprint(parse_network(example_with("div: 16,", "div: 32/2, mean: 0,"), "e")) == base);
    // One change of each part is.
    for (const auto& [old, text] : std::vector<std::pair<std::string, std::string>>{
             {"data: digits", "data: mnist"},
             {"scale: 1/15", "scale: 0.0666666666666667"},
             {"keep: 0.25", "keep: 0.26"},
             {"profile: layer", "profile: neuron"},
             {"every: 2", "every: 3"},
             {"batch: 16", "batch: 17"}})
        CHECK(fingerprint(parse_network(example_with(old, text), "e")) != base);
}

TEST_CASE("network -- overrides replace values by dotted key") {
    const NetworkSpec spec =
        parse_network(EXAMPLE, "e",
                      {{"training.epochs", "7"},
                       {"layers.1.devices.bits", "4"},
                       {"training.learning_rate", "2e-3"},
                       {"training.gain", "0.5"},  // a key that the file leaves out
                       {"layers.0.devices", "{values: he_normal, bits: 2, profile: neuron}"},
                       {"training.algorithm", "laperm-latent"},
                       {"name", "changed"}});
    CHECK(spec.training.epochs == 7);
    CHECK(spec.layers[1].devices.bits == 4);
    CHECK(spec.training.learning_rate == Schedule{ScheduleKind::constant, 2e-3, 1.0, 0.0, 1});
    CHECK(spec.training.gain == 0.5);
    CHECK(spec.layers[0].devices.values == DeviceValues::he_normal);
    CHECK(spec.layers[0].devices.keep == 1.0);
    CHECK(spec.training.algorithm == Algorithm::laperm_latent);
    CHECK(spec.name == "changed");
    CHECK(spec.layers[0].outputs == 8);
}

TEST_CASE("network -- later overrides win") {
    const NetworkSpec spec =
        parse_network(EXAMPLE, "e", {{"training.epochs", "7"}, {"training.epochs", "9"}});
    CHECK(spec.training.epochs == 9);
}

TEST_CASE("network -- an override of an aliased map leaves the other user of it alone") {
    const std::string text = example_with("{values: he_uniform, bits: 3, profile: neuron}", "*d");
    std::string aliased = text;
    aliased.replace(aliased.find("{values: shared"), 1, "&d {");
    const NetworkSpec spec = parse_network(aliased, "e", {{"layers.0.devices.value", "0.75"}});
    CHECK(spec.layers[0].devices.value == 0.75);
    CHECK(spec.layers[1].devices.value == 0.5);
}
