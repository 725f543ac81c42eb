#include <catch2/catch.hpp>

#include "compiler/spec/network.h"
#include "tests/unit/spec/example_network.h"

using namespace permloom;
using Catch::Contains;
using permloom::testing::EXAMPLE;
using permloom::testing::example_with;

namespace {

std::string message(const std::string& yaml, const std::vector<Override>& overrides = {}) {
    try {
        parse_network(yaml, "net.yaml", overrides);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("network -- an unknown key names file, line, path and the nearest key") {
    CHECK_THAT(message(example_with("epochs: 3", "epoch: 3")),
               Contains("net.yaml:18: training.epoch: unknown key, did you mean 'epochs'?"));
    CHECK_THAT(message(example_with("keep: 0.25", "kep: 0.25")),
               Contains("net.yaml:9: layers.0.devices.kep: unknown key, did you mean 'keep'?"));
    CHECK_THAT(message(example_with("data: digits", "datum: digits")),
               Contains("net.yaml:4: datum: unknown key, did you mean 'data'?"));
    CHECK_THAT(message(example_with("bits: 4, div", "bites: 4, div")),
               Contains("net.yaml:5: input.bites: unknown key, did you mean 'bits'?"));
    CHECK_THAT(message(example_with("decay: 0.5", "rate: 0.5")),
               Contains("training.learning_rate.rate: unknown key"));
}

TEST_CASE("network -- every required key is missed by name and place") {
    const std::vector<std::pair<std::string, std::string>> required = {
        {"name: example\n", "net.yaml: key 'name' is missing"},
        {"about: two layers\n", "net.yaml: key 'about' is missing"},
        {"expect: nothing\n", "net.yaml: key 'expect' is missing"},
        {"data: digits\n", "net.yaml: key 'data' is missing"},
        {"size: 64, ", "net.yaml:5: input: key 'size' is missing"},
        {"bits: 4, div", "net.yaml:5: input: key 'bits' is missing"},
        {"div: 16, ", "net.yaml:5: input: key 'div' is missing"},
        {", scale: 1/15", "net.yaml:5: input: key 'scale' is missing"},
        {"    rail: dual\n", "net.yaml:7: layers.0: key 'rail' is missing"},
        {"    activation: clip\n", "layers.0: key 'activation' is missing"},
        {", value: 0.5", "layers.0.devices: key 'value' is missing"},
        {"values: shared, ", "layers.0.devices: key 'values' is missing"},
        {"profile: layer, ", "layers.0.devices: key 'profile' is missing"},
        {", bits: 3", "layers.1.devices: key 'bits' is missing"},
        {"  algorithm: laperm\n", "training: key 'algorithm' is missing"},
        {"  epochs: 3\n", "training: key 'epochs' is missing"},
        {"  batch: 16\n", "training: key 'batch' is missing"},
        {"decay: 0.5, ", "training.learning_rate: key 'decay' is missing"},
        {", every: 2", "training.learning_rate: key 'every' is missing"},
        {"  sync_every: 20\n", "training: key 'sync_every' is missing"},
    };
    for (const auto& [text, expected] : required) {
        std::string replacement;
        if (text == "bits: 4, div") replacement = "div";
        CHECK_THAT(message(example_with(text, replacement)), Contains(expected));
    }
}

TEST_CASE("network -- a value of the wrong type or out of range names its key") {
    const std::vector<std::vector<std::string>> cases = {
        {"epochs: 3", "epochs: three", "training.epochs: 'three' is not a whole number"},
        {"epochs: 3", "epochs: 2.5", "'2.5' is not a whole number"},
        {"epochs: 3", "epochs: 0", "training.epochs: is 0, must be 1 to"},
        {"epochs: 3", "epochs: 99999999999999999999", "is not a whole number"},
        {"epochs: 3", "epochs: [3]", "training.epochs: must be a whole number"},
        {"epochs: 3", "epochs:", "training: key 'epochs' is missing"},
        {"batch: 16", "batch: 0", "training.batch: is 0"},
        {"div: 16", "div: 0", "input.div: is 0, must be above 0"},
        {"div: 16", "div: 1e", "input.div: '1e' is not a number"},
        {"div: 16", "div: .nan", "is not a number"},
        {"div: 16", "div: 1/0", "is not a number"},
        {"div: 16", "div: nan", "is not a number"},
        {"scale: 1/15", "scale: -1", "input.scale: is -1, must be above 0"},
        {"scale: 1/15", "scale: 1/15, zero: 16", "input.zero: is 16, must be 0 to 15"},
        {"size: 64, bits: 4", "size: 64, bits: 9", "input.bits: is 9, must be 0 to 8"},
        {"keep: 0.25", "keep: 0", "layers.0.devices.keep: is 0, must be above 0 and at most 1"},
        {"keep: 0.25", "keep: 1.01", "layers.0.devices.keep: is 1.01"},
        {"bits: 3", "bits: 1", "layers.1.devices.bits: is 1, must be 2 to 8, or 0"},
        {"bits: 3", "bits: 9", "layers.1.devices.bits: is 9, must be 0 to 8"},
        {"value: 0.5", "value: 0", "layers.0.devices.value: is 0, must be above 0"},
        {"rail: dual", "rail: duel",
         "layers.0.rail: 'duel' is not one of single, dual, split, did you mean 'dual'?"},
        {"values: he_uniform", "values: he_uniforms", "did you mean 'he_uniform'?"},
        {"profile: layer", "profile: layers",
         "'layers' is not one of layer, neuron, did you mean 'layer'?"},
        {"algorithm: laperm", "algorithm: sgd", "'sgd' is not one of free, laperm, laperm_latent"},
        {"schedule: step", "schedule: steps", "did you mean 'step'?"},
        {"schedule: step", "schedule: cosine", "schedule: cosine has no 'decay'"},
        {"decay: 0.5, every: 2", "floor: 1, decay: 0.5, every: 2", "schedule: step has no 'floor'"},
        {"schedule: step, initial: 1e-3, decay: 0.5", "schedule: exponential, initial: 1, decay: 1",
         "schedule: exponential has no 'every'"},
        {"initial: 1e-3", "initial: 0", "training.learning_rate.initial: is 0, must be above 0"},
        {"sync_every: 20", "sync_every: 0.5", "training.sync_every: is 0.5, must be at least 1"},
        {"sync_every: 20", "sync_every: 20\n  beta1: 1",
         "training.beta1: is 1, must be at least 0 and below 1"},
        {"sync_every: 20", "sync_every: 20\n  shift_pixels: -1", "training.shift_pixels: is -1"},
        {"outputs: 8", "outputs: 0", "layers.0.outputs: is 0, must be 1 to"},
        {"name: example", "name: [a]", "name: must be one word or text"},
        {"input: {size: 64, bits: 4, div: 16, scale: 1/15}", "input: 64", "input: must be a map"},
        {"input: {size", "input: {size: 1, size", "input.size: is given twice"},
    };
    for (const auto& c : cases) {
        INFO(c[1]);
        CHECK_THAT(message(example_with(c[0], c[1])), Contains(c[2]));
    }
}

TEST_CASE("network -- combinations that no hardware can have are refused") {
    const std::vector<std::vector<std::string>> cases = {
        {"activation: none", "activation: relu",
         "layers.1.activation: the last layer gives logits"},
        {"activation: clip", "activation: none",
         "layers.0.activation: a hidden layer needs an activation"},
        {"activation: none", "activation: none\n    bits: 8",
         "layers.1.bits: the last layer gives logits"},
        {"values: shared, value: 0.5", "values: signed_shared, value: 0.5",
         "signed devices need no complement"},
        {"values: shared, value: 0.5", "values: shared, bits: 2, value: 0.5",
         "values: shared take no 'bits'"},
        {"bits: 3", "bits: 3, value: 1", "values: he_uniform take no 'value'"},
        {"keep: 0.25", "keep: 0.001", "leaves a neuron without devices"},
        {"keep: 0.25", "keep: 1", "every wiring is the same"},
        {"keep: 0.25", "pruning: bernoulli, keep: 0.25",
         "layers.0.devices.profile: bernoulli pruning"},
        {"algorithm: laperm", "algorithm: laperm_latent\n  estimator: mask",
         "mask is for shared values, and layers.1 has he_uniform"},
    };
    for (const auto& c : cases) {
        INFO(c[1]);
        CHECK_THAT(message(example_with(c[0], c[1])), Contains(c[2]));
    }
    std::string large = example_with("size: 64", "size: 4096");
    large.replace(large.find("outputs: 8"), 10, "outputs: 65536");
    CHECK_THAT(message(large),
               Contains("layers.0.outputs: 8192 lines x 65536 neurons are more than"));
}

TEST_CASE("network -- dual and split rails need a bounded input") {
    std::string relu = example_with("activation: clip", "activation: relu");
    CHECK(message(relu) == "accepted");  // the input image is bounded
    for (const std::string rail : {"dual", "split"}) {
        std::string text = relu;
        text.replace(text.find("rail: single"), 12, "rail: " + rail);
        CHECK_THAT(message(text),
                   Contains("layers.1.rail: " + rail + " rails need a complement of their inputs"));
    }
    std::string split = EXAMPLE;
    split.replace(split.find("rail: single"), 12, "rail: split");
    CHECK_THAT(message(split),
               Contains("layers.1.devices.values: split rails carry one shared value"));
}

TEST_CASE("network -- text that is not a description is refused") {
    CHECK_THAT(message(""), Contains("net.yaml: is not a description"));
    CHECK_THAT(message("- 1\n- 2\n"), Contains("net.yaml: is not a description"));
    CHECK_THAT(message("name: {a\nb: ["), Contains("net.yaml:1: is not YAML"));
    CHECK_THAT(message(example_with("layers:", "layers: []\nlayer:")),
               Contains("layer: unknown key"));
    CHECK_THAT(
        message(
            "name: a\nabout: b\nexpect: c\ndata: d\ninput: {size: 1, bits: 1, div: 1, scale: 1}\n"
            "layers: []\ntraining: {}\n"),
        Contains("net.yaml:6: layers: must be a list of at least one layer"));
}

TEST_CASE("network -- a bad override names itself and offers the whole key") {
    const auto with = [](const std::string& key, const std::string& value) {
        return message(EXAMPLE, {{key, value}});
    };
    CHECK_THAT(with("training.epochz", "3"),
               Contains("--set training.epochz: unknown key, did you mean 'training.epochs'?"));
    CHECK_THAT(with("epochs", "3"), Contains("unknown key, did you mean 'training.epochs'?"));
    CHECK_THAT(with("trainng.epochs", "3"), Contains("did you mean 'training.epochs'?"));
    CHECK_THAT(
        with("layers.1.device.bits", "3"),
        Contains("--set layers.1.device.bits: unknown key, did you mean 'layers.1.devices.bits'?"));
    CHECK_THAT(with("training.epochs", "x"), Contains("--set training.epochs: 'x' is not a whole"));
    CHECK_THAT(with("training.epochs", "{"), Contains("--set training.epochs: '{' is not a YAML"));
    CHECK_THAT(with("training.epochs", ""), Contains("key 'epochs' is missing"));
    CHECK_THAT(with("layers.2.outputs", "3"),
               Contains("--set layers.2.outputs: '2' is not an entry"));
    CHECK_THAT(with("layers.x.outputs", "3"), Contains("'x' is not an entry of this list"));
    CHECK_THAT(with("training.epochs.x", "3"), Contains("training.epochs: must be a whole number"));
    CHECK_THAT(with("layers.1.rail", "dual"), Contains("accepted"));
    CHECK_THAT(with("layers.1.activation", "relu"),
               Contains("--set layers.1.activation: the last layer gives logits"));
    CHECK_THAT(with("", "3"), Contains("unknown key"));
}
