/// The loop as a library user runs it: train, save, compile, save, load, run the reference.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "compiler/base/error.h"
#include "compiler/data/dataset.h"
#include "compiler/passes/pipeline.h"
#include "compiler/program/expand.h"
#include "compiler/spec/library.h"
#include "compiler/train/trainer.h"
#include "sim/reference/reference.h"

namespace permloom {
namespace {

/// Points of accuracy that 8-bit activations and integer sums may cost on 360 images. Three images
/// are 0.84 points.
constexpr double INTEGER_TOLERANCE = 0.0084;

/// A directory of its own for one test, gone afterwards.
class Scratch {
  public:
    explicit Scratch(const std::string& name)
        : path_(std::filesystem::temp_directory_path() /
                ("permloom-e2e-" + name + "-" + std::to_string(getpid()))) {
        std::filesystem::create_directories(path_);
    }
    ~Scratch() { std::filesystem::remove_all(path_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

double integer_accuracy(const Chip& chip, const Configuration& configuration,
                        const Images& images) {
    const auto reference = make_reference(chip, configuration);
    int correct = 0;
    for (int i = 0; i < images.count; ++i)
        if (reference->infer(quantise_pixels(configuration.input, images.image(i))).label ==
            images.labels[static_cast<size_t>(i)])
            ++correct;
    return static_cast<double>(correct) / images.count;
}

/// The checkpoint and the compiled pair, each as its file gives it back.
struct Loop {
    Checkpoint checkpoint;
    CompileResult compiled;
};

Loop run_loop(const NetworkSpec& network, const Dataset& data, TrainOptions options,
              const std::optional<Chip>& onto, const std::filesystem::path& directory) {
    ThreadPool pool(2);
    options.run = directory;
    const Checkpoint trained = train(network, data, options, pool);
    Loop loop;
    loop.checkpoint = load_checkpoint(checkpoint_path(directory, "last"));
    CHECK(loop.checkpoint.test.accuracy == trained.test.accuracy);

    CompileOptions compile_options;
    compile_options.target = load_target("generic");
    compile_options.onto = onto;
    compile_options.name = network.name;
    loop.compiled = compile(loop.checkpoint, compile_options);

    save_chip(loop.compiled.chip, directory / "it.chip");
    save_configuration(loop.compiled.configuration, directory / "it.plc");
    CHECK(load_chip(directory / "it.chip") == loop.compiled.chip);
    CHECK(load_configuration(directory / "it.plc") == loop.compiled.configuration);
    return loop;
}

TrainOptions on_devices_of(const Chip& chip) {
    TrainOptions options;
    for (const ChipLayer& layer : chip.layers)
        options.devices.push_back({layer.shared_profile, layer.devices});
    options.chip_fingerprint = to_hex(fingerprint(chip));
    return options;
}

/// The quickstart's network, in a tenth of its epochs.
NetworkSpec short_digits(std::vector<Override> overrides = {}) {
    overrides.push_back({"training.epochs", "6"});
    return load_network("digits", overrides);
}

/// One shared value, half of the slots, nothing but wiring to train.
NetworkSpec shared_value_network(const std::string& rail, const std::string& activation) {
    const std::string layer = "\n    rail: " + rail +
                              "\n    devices: {values: shared, value: 0.125, profile: layer,"
                              " keep: 0.5, pruning: exact}";
    return parse_network(
        "name: shared\nabout: one value\nexpect: above 80 %\ndata: digits\n"
        "input: {size: 64, bits: 5, div: 16, mean: 0, scale: 1/16, zero: 0}\n"
        "layers:\n  - outputs: 64" +
            layer + "\n    activation: " + activation + "\n    bits: 8\n  - outputs: 10" + layer +
            "\n    activation: none\n" + R"(
training:
  algorithm: laperm_latent
  estimator: mask
  epochs: 10
  batch: 32
  learning_rate: {schedule: cosine, initial: 2e-3, floor: 0}
  refresh_every: 20
  gain: 0.5
  beta: 4
)",
        "shared");
}

}  // namespace

TEST_CASE("loop -- digits: the integer chip is as good as the trained network") {
    const Scratch scratch("digits");
    const Dataset digits = load_dataset("digits");
    const Loop loop = run_loop(short_digits(), digits, {}, {}, scratch.path());
    const double real = loop.checkpoint.test.accuracy;
    const double integer =
        integer_accuracy(loop.compiled.chip, loop.compiled.configuration, digits.test);
    CAPTURE(real, integer);
    CHECK(real >= 0.90);
    CHECK(std::abs(real - integer) <= INTEGER_TOLERANCE);
    CHECK(loop.compiled.chip.layers[0].shared_profile);
    CHECK(loop.compiled.configuration.float_accuracy == real);
    CHECK(loop.compiled.report.wiring_only);
    // 64 and 10 neurons of 64 slots; the stored wiring stays near the bound.
    CHECK(loop.compiled.report.weights == 74 * 64);
    CHECK(static_cast<double>(loop.compiled.report.wiring_bits) <=
          loop.compiled.report.wiring_bound + 74 * 3);
}

TEST_CASE("loop -- a second task on the devices of the first one's chip") {
    const Scratch first_run("first"), second_run("second");
    const Dataset digits = load_dataset("digits"), odd = load_dataset("digits-odd");
    const Loop first = run_loop(short_digits(), digits, {}, {}, first_run.path());
    const Chip& chip = first.compiled.chip;
    const Loop second = run_loop(short_digits(), odd, on_devices_of(chip), chip, second_run.path());

    CHECK(second.compiled.chip == chip);
    CHECK(second.compiled.configuration.chip_fingerprint == fingerprint(chip));
    CHECK(second.compiled.configuration.classes == 2);
    const double real = second.checkpoint.test.accuracy;
    const double integer = integer_accuracy(chip, second.compiled.configuration, odd.test);
    CAPTURE(real, integer);
    CHECK(real >= 0.90);
    CHECK(std::abs(real - integer) <= INTEGER_TOLERANCE);
    // The first function still runs, and neither knows the other's task.
    CHECK(integer_accuracy(chip, first.compiled.configuration, digits.test) >= 0.90);
    CHECK(integer_accuracy(chip, second.compiled.configuration, digits.test) <= 0.30);

    // Devices that were drawn anew are another chip.
    const Scratch other_run("other");
    TrainOptions other_seed;
    other_seed.seed = 2;
    CHECK_THROWS_WITH(run_loop(short_digits(), digits, other_seed, chip, other_run.path()),
                      Catch::Matchers::Contains("neuron 0: other devices"));
}

TEST_CASE("loop -- one shared value on every rail is wiring-only and loses nothing as integers") {
    const Dataset digits = load_dataset("digits");
    // A ReLU has no largest value and so no complement: rails of two kinds read clipped
    // activations.
    const std::vector<std::pair<std::string, std::string>> kinds = {
        {"single", "relu"}, {"single", "clip"}, {"dual", "clip"}, {"split", "clip"}};
    for (const auto& [rail, activation] : kinds) {
        const Scratch scratch(rail + "-" + activation);
        const NetworkSpec network = shared_value_network(rail, activation);
        const Loop loop = run_loop(network, digits, {}, {}, scratch.path());
        const double real = loop.checkpoint.test.accuracy;
        const double integer =
            integer_accuracy(loop.compiled.chip, loop.compiled.configuration, digits.test);
        CAPTURE(rail, activation, real, integer);
        CHECK(real >= 0.80);
        CHECK(std::abs(real - integer) <= INTEGER_TOLERANCE);
        CHECK(loop.compiled.report.wiring_only);
        for (const LayerConfiguration& layer : loop.compiled.configuration.layers)
            for (const NeuronRegisters& neuron : layer.neurons)
                CHECK(neuron == layer.neurons.front());
        for (const LayerReport& layer : loop.compiled.report.layers) {
            const auto per_neuron =
                static_cast<int64_t>(rail == "split" ? 2 * std::lround(0.25 * layer.lines)
                                                     : std::lround(0.5 * layer.lines));
            CHECK(layer.wires == layer.outputs * per_neuron);
        }
    }
}

TEST_CASE("loop -- profiles per neuron, pruned and of any width, compile as trained") {
    const Dataset digits = load_dataset("digits");
    for (const std::string bits : {"2", "3", "8"}) {
        const Scratch scratch("bits" + bits);
        std::vector<Override> overrides;
        for (const std::string layer : {"layers.0.devices.", "layers.1.devices."})
            for (const Override& change : std::vector<Override>{{"bits", bits},
                                                                {"profile", "neuron"},
                                                                {"pruning", "bernoulli"},
                                                                {"keep", "0.8"}})
                overrides.push_back({layer + change.key, change.value});
        const Loop loop = run_loop(short_digits(overrides), digits, {}, {}, scratch.path());
        const double integer =
            integer_accuracy(loop.compiled.chip, loop.compiled.configuration, digits.test);
        CAPTURE(bits, loop.checkpoint.test.accuracy, integer);
        CHECK_FALSE(loop.compiled.chip.layers[0].shared_profile);
        CHECK(loop.compiled.chip.layers[0].device_bits == std::stoi(bits));
        // Six epochs are few for {-1, 0, 1}.
        CHECK(loop.checkpoint.test.accuracy >= (bits == "2" ? 0.60 : 0.80));
        CHECK(std::abs(loop.checkpoint.test.accuracy - integer) <= INTEGER_TOLERANCE);
    }
}

TEST_CASE("loop -- convolutions, batch norm, pools and an addition, as integers") {
    const Scratch scratch("conv");
    const Dataset digits = load_dataset("digits");
    const NetworkSpec network = load_network("digits-conv", {{"training.epochs", "5"}});
    const Loop loop = run_loop(network, digits, {}, {}, scratch.path());
    const double real = loop.checkpoint.test.accuracy;
    const Chip& chip = loop.compiled.chip;
    const double integer = integer_accuracy(chip, loop.compiled.configuration, digits.test);
    CAPTURE(real, integer);
    CHECK(real >= 0.85);
    CHECK(std::abs(real - integer) <= 2 * INTEGER_TOLERANCE);
    CHECK(chip.layers[1].walk->pool == Pool::max);
    CHECK(chip.layers[3].from == 1);
    CHECK(chip.layers[4].walk->skip == 2);
    CHECK(chip.layers[4].walk->pool == Pool::sum);
    CHECK_FALSE(chip.layers[5].walk);
    CHECK(chip.layers[5].in_bits == 10);
}

TEST_CASE("loop -- real-valued devices train, but do not compile") {
    const Scratch scratch("real");
    const Dataset digits = load_dataset("digits");
    std::vector<Override> overrides = {{"layers.1.devices.bits", "0"}};
    try {
        run_loop(short_digits(overrides), digits, {}, {}, scratch.path());
        FAIL("compiled real-valued devices");
    } catch (const Error& error) {
        CHECK(error.where() == "layer 1");
        CHECK(error.hint() == "train with `--set layers.1.devices.bits=8`");
    }
}

}  // namespace permloom
