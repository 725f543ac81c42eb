#include "compiler/checkpoint/checkpoint.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/checkpoint/safetensors.h"
#include "tests/support/random_checkpoint.h"
#include "tests/support/temporary_directory.h"

namespace permloom {
namespace {

Checkpoint example() {
    Rng rng(11);
    NetworkSpec network =
        testing::network_of({6, 5, 3}, Rail::dual, testing::one_value(0.5, 0.08), Activation::clip);
    network.data = "digits";
    network.about = network.expect = "test";
    network.training.sync_every.initial = 10;
    network.training.learning_rate.initial = 1e-3;
    network = parse_network(to_yaml(network), "test");
    Checkpoint checkpoint = testing::random_checkpoint(network, rng);
    checkpoint.classes = 2;
    checkpoint.dataset = "digits-odd";
    checkpoint.dataset_checksum = "abc";
    checkpoint.seed = 18446744073709551615ULL;
    checkpoint.version = "9.9";
    checkpoint.command_line = "permloom train \"x\" \xff";
    checkpoint.instruction_set = "abacus";
    checkpoint.chip_fingerprint = "0123";
    checkpoint.instance = "4567";
    checkpoint.noise = "dead 0.1";
    checkpoint.test = {0.1 + 0.2, 1e-300, "paper"};
    checkpoint.training.epoch = 3;
    checkpoint.training.step = 5000000000;
    checkpoint.training.protocol = "paper";
    checkpoint.training.epoch_loss = 1.0 / 3.0;
    checkpoint.training.best_accuracy = 0.75;
    for (LayerState& layer : checkpoint.layers) {
        for (float& latent : layer.latent)
            latent = static_cast<float>(rng.uniform(-1, 1));
        checkpoint.training.weights.push_back(layer.latent);
        checkpoint.training.first_moment.push_back(layer.latent);
        checkpoint.training.second_moment.push_back(layer.latent);
        checkpoint.training.auxiliary.emplace_back();
        checkpoint.training.slow.emplace_back();
    }
    checkpoint.training.auxiliary[1] = {1.0F, 2.0F, 3.0F};
    checkpoint.training.slow[0] = checkpoint.training.weights[0];
    return checkpoint;
}

/// A convolution with a bias and batch norms, in the middle of an epoch.
Checkpoint conv_example() {
    NetworkSpec network = parse_network(R"(name: conv
about: test
expect: test
data: digits
input: {shape: [3, 2, 1], bits: 0, div: 16, mean: per_pixel}
layers:
  - conv: {filters: 4, kernel: 2}
    rail: single
    devices: {values: he_uniform, bits: 4, profile: neuron}
    bias: {initial: he_uniform, permuted: true}
    activation: none
    then: [batch_norm, relu, batch_norm, flatten]
  - outputs: 3
    rail: single
    devices: {values: he_uniform, bits: 4, profile: neuron}
    bias: {initial: zeros}
    activation: none
training:
  algorithm: laperm
  epochs: 3
  batch: 16
  learning_rate: 1e-3
  sync_every: 10
  lookahead: {every: 5, rate: 0.5}
)",
                                        "conv");
    Rng rng(12);
    const auto values = [&](size_t count) {
        std::vector<float> result(count);
        for (float& value : result)
            value = static_cast<float>(rng.uniform(0, 1));
        return result;
    };
    Checkpoint checkpoint = testing::random_checkpoint(network, rng);
    checkpoint.classes = 3;
    checkpoint.input_mean = values(6);
    checkpoint.training.recalibrated = true;
    for (LayerState& layer : checkpoint.layers) {
        layer.alpha = 1.5;
        layer.offset = -0.25;
        const size_t count = layer.source.size();
        TrainingState& training = checkpoint.training;
        for (auto* state : {&training.weights, &training.auxiliary, &training.first_moment,
                            &training.second_moment, &training.slow})
            state->push_back(values(count));
        training.observed.push_back(layer.source);
    }
    checkpoint.layers[0].bias = values(4);
    checkpoint.layers[1].bias = values(3);
    for (size_t k = 0; k < 2; ++k) {
        checkpoint.layers[0].batch_norms[k] = {values(4), values(4), values(4), values(4)};
        checkpoint.training.running.push_back({values(4), values(4)});
    }
    // Bias, two gammas and betas, bias.
    for (const size_t count : {4, 4, 4, 4, 4, 3})
        checkpoint.training.vectors.push_back(
            {values(count), values(count), {}, values(count), values(count), values(count)});
    checkpoint.training.vectors[0].auxiliary = values(4);
    return checkpoint;
}

/// Saves `checkpoint` after `change` worked on the raw file, and loads it.
template <class Change>
void load_changed(const Checkpoint& checkpoint, const Change& change) {
    const testing::TemporaryDirectory directory;
    save_checkpoint(checkpoint, directory / "x");
    TensorFile file = parse_safetensors(read_bytes(directory / "x"), "x");
    change(file);
    write_file(directory / "x", to_safetensors(file));
    load_checkpoint(directory / "x");
}

template <class Change>
std::string problem(const Change& change, const Checkpoint& checkpoint = example()) {
    try {
        load_changed(checkpoint, change);
    } catch (const Error& error) {
        return error.problem();
    }
    return "accepted";
}

void replace_integer(TensorFile& file, const std::string& name, size_t place, int32_t value) {
    std::memcpy(file.tensors.at(name).bytes.data() + 4 * place, &value, 4);
}

}  // namespace

TEST_CASE("checkpoint -- every field survives the file") {
    const Checkpoint before = example();
    const testing::TemporaryDirectory directory;
    save_checkpoint(before, directory / "x.safetensors");
    const Checkpoint after = load_checkpoint(directory / "x.safetensors");
    CHECK(after.network == before.network);
    CHECK(after.classes == before.classes);
    CHECK(after.dataset == before.dataset);
    CHECK(after.dataset_checksum == before.dataset_checksum);
    CHECK(after.seed == before.seed);
    CHECK(after.version == before.version);
    CHECK(after.command_line == "permloom train \"x\" \xef\xbf\xbd");  // not UTF-8: U+FFFD
    CHECK(after.instruction_set == before.instruction_set);
    CHECK(after.chip_fingerprint == before.chip_fingerprint);
    CHECK(after.instance == before.instance);
    CHECK(after.noise == before.noise);
    CHECK(after.test.accuracy == before.test.accuracy);
    CHECK(after.test.loss == before.test.loss);
    CHECK(after.test.protocol == before.test.protocol);
    CHECK(after.training.epoch == before.training.epoch);
    CHECK(after.training.step == before.training.step);
    CHECK(after.training.protocol == before.training.protocol);
    CHECK(after.training.epoch_loss == before.training.epoch_loss);
    CHECK(after.training.best_accuracy == before.training.best_accuracy);
    CHECK(after.training.weights == before.training.weights);
    CHECK(after.training.auxiliary == before.training.auxiliary);
    CHECK(after.training.slow == before.training.slow);
    CHECK(after.training.first_moment == before.training.first_moment);
    CHECK(after.training.second_moment == before.training.second_moment);
    REQUIRE(after.layers.size() == before.layers.size());
    for (size_t l = 0; l < after.layers.size(); ++l) {
        CHECK(after.layers[l].source == before.layers[l].source);
        CHECK(after.layers[l].profile == before.layers[l].profile);
        CHECK(after.layers[l].profile_q == before.layers[l].profile_q);
        CHECK(after.layers[l].scale == before.layers[l].scale);
        CHECK(after.layers[l].latent == before.layers[l].latent);
        CHECK(after.layers[l].alpha == before.layers[l].alpha);
        CHECK(after.layers[l].offset == before.layers[l].offset);
        CHECK(after.layers[l].act_range == before.layers[l].act_range);
    }
}

TEST_CASE("checkpoint -- biases, batch norms and their training state survive the file") {
    const Checkpoint before = conv_example();
    const testing::TemporaryDirectory directory;
    save_checkpoint(before, directory / "x");
    const Checkpoint after = load_checkpoint(directory / "x");
    CHECK(after.network == before.network);
    CHECK(after.input_mean == before.input_mean);
    CHECK(after.training.recalibrated);
    CHECK(after.training.slow == before.training.slow);
    CHECK(after.training.observed == before.training.observed);
    for (size_t l = 0; l < 2; ++l)
        CHECK(after.layers[l].bias == before.layers[l].bias);
    REQUIRE(after.layers[0].batch_norms.size() == 2);
    CHECK(after.layers[1].batch_norms.empty());
    REQUIRE(after.training.running.size() == 2);
    for (size_t k = 0; k < 2; ++k) {
        const auto &is = after.layers[0].batch_norms[k], &was = before.layers[0].batch_norms[k];
        CHECK(is.gamma == was.gamma);
        CHECK(is.beta == was.beta);
        CHECK(is.mean == was.mean);
        CHECK(is.variance == was.variance);
        CHECK(after.training.running[k].mean == before.training.running[k].mean);
        CHECK(after.training.running[k].variance == before.training.running[k].variance);
    }
    REQUIRE(after.training.vectors.size() == 6);
    for (size_t i = 0; i < 6; ++i) {
        const auto &is = after.training.vectors[i], &was = before.training.vectors[i];
        CHECK(is.profile == was.profile);
        CHECK(is.weights == was.weights);
        CHECK(is.auxiliary == was.auxiliary);
        CHECK(is.first_moment == was.first_moment);
        CHECK(is.second_moment == was.second_moment);
        CHECK(is.slow == was.slow);
    }
}

TEST_CASE("checkpoint -- damaged biases, batch norms and training state are refused") {
    using File = TensorFile;
    const auto conv_problem = [](const auto& change) { return problem(change, conv_example()); };
    CHECK(conv_problem([](File&) {}) == "accepted");
    CHECK(conv_problem([](File& f) { f.tensors.erase("layers.0.bias"); }) ==
          "'layers.0.bias' is not a 1 x 4 tensor");
    CHECK(conv_problem([](File& f) { f.tensors.erase("layers.0.batch_norm.1"); }) ==
          "'layers.0.batch_norm.1' is not a 4 x 4 tensor");
    CHECK(conv_problem([](File& f) {
              f.tensors["layers.0.batch_norm.0"].shape = {2, 8};
          }) == "'layers.0.batch_norm.0' does not have 4 columns");
    const auto minus_one = static_cast<int32_t>(0xbf800000U);
    CHECK(conv_problem([&](File& f) {
              replace_integer(f, "layers.0.batch_norm.0", 12, minus_one);
          }) == "'layers.0.batch_norm.0' has a negative variance");
    CHECK(conv_problem([](File& f) { replace_integer(f, "layers.1.bias", 2, 0x7fc00000); }) ==
          "'layers.1.bias' holds a value that is not finite");
    CHECK(conv_problem([](File& f) { f.tensors.erase("input.mean"); }) ==
          "'input.mean' is not a 1 x 6 tensor");
    CHECK(conv_problem([](File& f) { f.tensors.erase("training.vectors.2.first_moment"); }) ==
          "'training.vectors.2.weights' is missing or of another length");
    CHECK(conv_problem([](File& f) {
              f.tensors["training.vectors.5.slow"].shape = {3, 1};
          }) == "'training.vectors.5.slow' does not have 3 columns");
    CHECK(conv_problem([](File& f) { f.tensors.erase("training.running.1"); }) ==
          "'training.running.1' is not a 2 x 4 tensor");
    CHECK(conv_problem([](File& f) { f.tensors.erase("training.1.observed"); }) ==
          "'training.observed' is there for some layers only");
    CHECK(conv_problem([](File& f) { replace_integer(f, "training.0.observed", 5, 4); }) ==
          "'training.0.observed' is not a permutation in row 1");
    CHECK(conv_problem([](File& f) { f.metadata["training.recalibrated"] = "yes"; }) ==
          "'training.recalibrated' is not a number");
}

TEST_CASE("checkpoint -- files from before copies of chips and noise have neither") {
    const testing::TemporaryDirectory directory;
    save_checkpoint(example(), directory / "x");
    TensorFile file = parse_safetensors(read_bytes(directory / "x"), "x");
    file.metadata.erase("instance");
    file.metadata.erase("noise");
    write_file(directory / "x", to_safetensors(file));
    const Checkpoint old = load_checkpoint(directory / "x");
    CHECK(old.chip_fingerprint == "0123");
    CHECK(old.instance.empty());
    CHECK(old.noise.empty());
}

TEST_CASE("checkpoint -- the same value is the same file") {
    const testing::TemporaryDirectory directory;
    for (const Checkpoint& checkpoint : {example(), conv_example()}) {
        save_checkpoint(checkpoint, directory / "a");
        save_checkpoint(load_checkpoint(directory / "a"), directory / "b");
        CHECK(read_bytes(directory / "a") == read_bytes(directory / "b"));
    }
}

TEST_CASE("checkpoint -- a network without training state is read") {
    Checkpoint checkpoint = example();
    checkpoint.training = {};
    const testing::TemporaryDirectory directory;
    save_checkpoint(checkpoint, directory / "x");
    CHECK(load_checkpoint(directory / "x").training.weights.empty());
}

TEST_CASE("checkpoint -- what does not fit together is refused, each with its own message") {
    using File = TensorFile;
    CHECK(problem([](File&) {}) == "accepted");
    CHECK(problem([](File& f) { f.metadata.erase("format"); }) ==
          "is a safetensors file, but not an intact permloom checkpoint");
    CHECK(problem([](File& f) { f.metadata["format"] = "permloom-checkpoint-7"; }) ==
          "has format 'permloom-checkpoint-7', this version reads 'permloom-checkpoint-2'");
    CHECK(problem([](File& f) { f.metadata["seed"] = "-1"; }) == "'seed' is not a number");
    CHECK(problem([](File& f) { f.metadata["layers.0.alpha"] = "nan"; }) ==
          "'layers.0.alpha' is not finite");
    CHECK(problem([](File& f) { f.metadata["layers.0.act_range"] = "0"; }) ==
          "'layers.0.act_range' is not positive");
    CHECK(problem([](File& f) { f.metadata["classes"] = "4"; }) ==
          "'classes' does not fit the network's outputs");
    CHECK(problem([](File& f) { f.metadata["network_fingerprint"] = "0"; }) ==
          "'network_fingerprint' does not match the network description");
    CHECK(problem([](File& f) { f.metadata.erase("dataset"); }) == "'dataset' is missing");
    CHECK(problem([](File& f) { f.tensors.erase("layers.1.source"); }) ==
          "'layers.1.source' is not a 3 x 10 tensor");
    CHECK(problem([](File& f) {
              f.tensors["layers.1.source"].shape = {10, 3};
          }) == "'layers.1.source' does not have 10 columns");
    CHECK(problem([](File& f) { f.tensors["layers.1.latent"].dtype = "I32"; }) ==
          "'layers.1.latent' has type I32");
    CHECK(problem([](File& f) { replace_integer(f, "layers.0.source", 0, 12); }) ==
          "'layers.0.source' is not a permutation in row 0");
    CHECK(problem([](File& f) { replace_integer(f, "layers.0.source", 12, -1); }) ==
          "'layers.0.source' is not a permutation in row 1");
    CHECK(problem([](File& f) {
              auto& bytes = f.tensors["layers.0.source"].bytes;
              std::copy_n(bytes.begin(), 4, bytes.begin() + 4);
          }) == "'layers.0.source' is not a permutation in row 0");
    CHECK(problem([](File& f) { replace_integer(f, "layers.0.profile_q", 0, 1); }) ==
          "'layers.0.profile_q' does not match the profile");
    CHECK(problem([](File& f) { replace_integer(f, "layers.0.profile", 11, 0); }) ==
          "'layers.0.profile' is not sorted");
    CHECK(problem([](File& f) { replace_integer(f, "layers.0.latent", 3, 0x7f800000); }) ==
          "'layers.0.latent' holds a value that is not finite");
    CHECK(problem([](File& f) { f.tensors.erase("training.1.weights"); }) ==
          "'training.1.weights' is not a 3 x 10 tensor");
}

TEST_CASE("checkpoint -- a run directory leads to its files") {
    const testing::TemporaryDirectory directory;
    CHECK_THROWS_AS(checkpoint_path(directory.path(), "last"), Error);
    write_file(directory / "last.safetensors", std::string_view("x"));
    CHECK(checkpoint_path(directory.path(), "last") == directory / "last.safetensors");
    CHECK_THROWS_AS(checkpoint_path(directory.path(), "best"), Error);
    CHECK(checkpoint_path(directory / "last.safetensors", "best") ==
          directory / "last.safetensors");
}

}  // namespace permloom
