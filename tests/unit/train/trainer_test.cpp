#include "compiler/train/trainer.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/train/evaluate.h"
#include "compiler/train/net.h"
#include "tests/unit/train/examples.h"
#include "tests/unit/train/runs.h"

namespace permloom {
namespace {

using testing::best;
using testing::devices_of;
using testing::Json;
using testing::last;
using testing::metrics;
using testing::run;
using testing::small_network;
using testing::TemporaryDirectory;

const NetworkSpec MASK =
    small_network(Algorithm::laperm_latent, Rail::split,
                  devices_of(DeviceValues::shared, 0, 0.5, true), Activation::clip);
const NetworkSpec DRIFT =
    small_network(Algorithm::laperm_latent, Rail::single,
                  devices_of(DeviceValues::he_uniform, 4, 1.0, true), Activation::relu);

/// The weights that the devices give under the checkpoint's wiring, sorted per neuron.
std::vector<int32_t> banks(const Checkpoint& checkpoint, size_t l) {
    return checkpoint.layers[l].profile_q;
}

}  // namespace

TEST_CASE("trainer -- learns, with every algorithm, rail and kind of device") {
    const Dataset data = testing::striped_data(300, 100);
    for (NetworkSpec network : testing::all_kinds()) {
        CAPTURE(to_yaml(network));
        const TemporaryDirectory directory;
        network.training.epochs = 10;
        // Algorithm 1 forgets what did not change a rank since the last sync, which hurts where
        // many devices are equal; a guess is right in a third of the cases.
        const bool forgets = network.training.algorithm == Algorithm::laperm;
        if (forgets) network.training.sync_every.initial = 40;
        const Checkpoint checkpoint = run(network, data, {}, directory.path());
        CHECK(checkpoint.test.accuracy > (forgets ? 0.5 : 0.8));
        CHECK(checkpoint.test.protocol == "final");
        CHECK(checkpoint.training.step == 10 * 19);
        // The file says the same.
        ThreadPool pool(1);
        const Checkpoint file = load_checkpoint(directory / "last.safetensors");
        CHECK(evaluate_float(file, data.test, pool).accuracy == checkpoint.test.accuracy);
        CHECK(file.test.accuracy == checkpoint.test.accuracy);
        CHECK(read_bytes(directory / "best.safetensors") == last(directory));
    }
}

TEST_CASE("trainer -- digits reach a sane accuracy in a second") {
    const Dataset data = load_dataset("digits");
    NetworkSpec network = DRIFT;
    network.input = {64, 5, 16.0, 0.0, 1.0 / 16.0, 0};
    network.layers[0].inputs = 64;
    network.layers[0].outputs = network.layers[1].inputs = 32;
    network.layers[1].outputs = 10;
    network.training.epochs = 20;
    network.training.learning_rate = {ScheduleKind::cosine, 3e-3, 1.0, 0.0, 1};
    network.training.sync_every.initial = 50;
    network = parse_network(to_yaml(network), "digits");
    const TemporaryDirectory directory;
    CHECK(run(network, data, {}, directory.path(), 2).test.accuracy >= 0.9);
}

TEST_CASE("trainer -- the same seed gives the same bytes for any number of threads") {
    const Dataset data = testing::striped_data(100, 20);
    for (const NetworkSpec& network : testing::all_kinds()) {
        const TemporaryDirectory one, two, three, other;
        run(network, data, {}, one.path(), 1);
        run(network, data, {}, two.path(), 2);
        run(network, data, {}, three.path(), 3);
        CHECK(last(one) == last(two));
        CHECK(last(one) == last(three));
        TrainOptions options;
        options.seed = 2;
        run(network, data, options, other.path(), 1);
        CHECK(last(one) != last(other));
    }
}

TEST_CASE("trainer -- a run of fewer epochs, resumed, ends in the same bytes") {
    const Dataset data = testing::striped_data(100, 20);
    for (NetworkSpec network : testing::all_kinds()) {
        network.training.shift_pixels = 1;
        const TemporaryDirectory whole, halves;
        run(network, data, {}, whole.path());
        NetworkSpec half = network;
        half.training.epochs = 2;
        run(half, data, {}, halves.path());
        CHECK(last(whole) != last(halves));
        TrainOptions options;
        options.resume = load_checkpoint(halves / "last.safetensors");
        run(network, data, options, halves.path());
        CHECK(last(whole) == last(halves));
        CHECK(metrics(halves).size() == 4);
    }
}

TEST_CASE("trainer -- a run stopped anywhere, resumed, ends in the same bytes") {
    const Dataset data = testing::striped_data(100, 20);
    for (const NetworkSpec& network : testing::all_kinds()) {
        const TemporaryDirectory whole;
        run(network, data, {}, whole.path());
        // Stopped after its first step, then after one more, ...: every point of an epoch.
        const TemporaryDirectory pieces;
        const std::atomic<bool> stop{true};
        TrainOptions options;
        options.stop = &stop;
        for (int step = 1; step <= 9; ++step) {
            const Checkpoint stopped = run(network, data, options, pieces.path());
            CHECK(stopped.training.step == step);
            CHECK(stopped.test.protocol.empty());
            options.resume = load_checkpoint(pieces / "last.safetensors");
        }
        options.stop = nullptr;
        run(network, data, options, pieces.path());
        CHECK(last(whole) == last(pieces));
        REQUIRE(metrics(pieces).size() == 4);
        for (size_t i = 0; i < 4; ++i)
            CHECK(metrics(pieces)[i]["train_loss"] == metrics(whole)[i]["train_loss"]);
    }
}

TEST_CASE("trainer -- resuming a finished run changes nothing") {
    const Dataset data = testing::striped_data(60, 20);
    for (const Protocol protocol : {Protocol::final, Protocol::held_out}) {
        const TemporaryDirectory directory;
        TrainOptions options;
        options.protocol = protocol;
        const Checkpoint first = run(DRIFT, data, options, directory.path());
        const auto before = last(directory);
        options.resume = load_checkpoint(directory / "last.safetensors");
        CHECK(run(DRIFT, data, options, directory.path()).test.accuracy == first.test.accuracy);
        CHECK(last(directory) == before);
    }
}

TEST_CASE("trainer -- held-out selects by validation images and tests once") {
    const Dataset data = testing::striped_data(200, 50);
    const TemporaryDirectory directory;
    TrainOptions options;
    options.protocol = Protocol::held_out;
    std::vector<EpochReport> reports;
    options.on_epoch = [&](const EpochReport& report) { reports.push_back(report); };
    const Checkpoint best = run(DRIFT, data, options, directory.path());
    REQUIRE(reports.size() == 4);
    double highest = 0.0;
    for (const EpochReport& report : reports) {
        CHECK(report.split == "val");
        highest = std::max(highest, report.accuracy);
    }
    CHECK(best.training.best_accuracy == highest);
    CHECK(best.test.protocol == "held-out");
    CHECK(best.training.step % 10 ==
          0);  // 160 images in batches of 16: the validation fifth is out
    CHECK(read_bytes(directory / "best.safetensors") != std::vector<uint8_t>{});
    CHECK(load_checkpoint(directory / "last.safetensors").test.protocol.empty());
    CHECK(load_checkpoint(directory / "best.safetensors").test.accuracy == best.test.accuracy);
}

TEST_CASE("trainer -- paper keeps the best test accuracy over sync points") {
    const Dataset data = testing::striped_data(1600, 50);
    NetworkSpec network =
        small_network(Algorithm::laperm, Rail::single,
                      devices_of(DeviceValues::he_uniform, 0, 1.0, false), Activation::relu);
    network.training.sync_every.initial = 25;  // 100 steps an epoch
    network.training.batch = 8;                // 200 steps an epoch
    const TemporaryDirectory directory;
    TrainOptions options;
    options.protocol = Protocol::paper;
    const Checkpoint best = run(network, data, options, directory.path());
    double highest = 0.0;
    std::vector<int64_t> steps;
    for (const Json& line : metrics(directory)) {
        CHECK(line["split"] == "test");
        highest = std::max(highest, line["accuracy"].get<double>());
        steps.push_back(line["step"]);
    }
    CHECK(steps == std::vector<int64_t>{100, 200, 300, 400, 500, 600, 700, 800});
    CHECK(best.test.accuracy == highest);
    CHECK(best.test.protocol == "paper");
}

TEST_CASE(
    "trainer -- evaluations between syncs are of the weights as they are, and select nothing") {
    const Dataset data = testing::striped_data(1600, 200);
    NetworkSpec network =
        small_network(Algorithm::laperm, Rail::single,
                      devices_of(DeviceValues::he_uniform, 0, 1.0, false), Activation::relu);
    network.training.sync_every.initial = 150;
    network.training.batch = 8;  // 200 steps an epoch
    network.training.epochs = 2;
    TrainOptions options;
    options.protocol = Protocol::paper;
    const TemporaryDirectory plain, between, cut;
    const Checkpoint best_plain = run(network, data, options, plain.path());
    options.evaluate_every = 50;
    const Checkpoint best_between = run(network, data, options, between.path());
    CHECK(last(plain) == last(between));
    CHECK(best(plain) == best(between));

    struct Line {
        int64_t step;
        bool synced, projected;
        bool operator==(const Line&) const = default;
    };
    std::vector<Line> lines;
    double highest = 0.0;
    for (const Json& line : metrics(between)) {
        lines.push_back({line["step"], line["synced"], line.value("projected", true)});
        CHECK(line["split"] == "test");
        if (lines.back().projected) highest = std::max(highest, line["accuracy"].get<double>());
    }
    CHECK(lines == std::vector<Line>{{50, false, false},
                                     {100, false, false},
                                     {150, true, true},
                                     {200, false, true},
                                     {250, false, false},
                                     {300, true, true},
                                     {350, false, false},
                                     {400, false, true}});
    CHECK(best_between.test.accuracy == highest);

    // The weights of step 50 in the optimiser's hands, and not their devices in its ranking.
    options.evaluate_every = 0;
    options.stop_after = 50;
    run(network, data, options, cut.path());
    Checkpoint here = load_checkpoint(cut / "last.safetensors");
    ThreadPool pool(1);
    const double projected = evaluate_float(here, data.test, pool).loss;
    std::vector<LayerWeights> weights = projected_weights(network, here.layers);
    for (size_t l = 0; l < weights.size(); ++l)
        weights[l].weights = here.training.weights[l];
    const Inputs inputs(network.input, data.test, data.name);
    const double as_is =
        evaluate_weights(network, weights, inputs, all_images(data.test.count), data.classes, pool)
            .loss;
    CHECK(metrics(between)[0]["loss"] == as_is);
    CHECK(as_is != projected);
}

TEST_CASE("trainer -- metrics have a line an epoch, progress is reported") {
    const Dataset data = testing::striped_data(64, 20);
    const TemporaryDirectory directory;
    TrainOptions options;
    std::vector<EpochReport> reports;
    options.on_epoch = [&](const EpochReport& report) { reports.push_back(report); };
    run(MASK, data, options, directory.path());
    const auto lines = metrics(directory);
    REQUIRE(lines.size() == 4);
    REQUIRE(reports.size() == 4);
    for (size_t i = 0; i < 4; ++i) {
        CHECK(lines[i]["epoch"] == i + 1);
        CHECK(lines[i]["step"] == 4 * (i + 1));
        CHECK(lines[i]["train_loss"] == reports[i].train_loss);
        CHECK(lines[i]["learning_rate"] == 0.01);
        CHECK_FALSE(lines[i].contains("accuracy"));
        CHECK(reports[i].accuracy == -1.0);
        CHECK(reports[i].epochs == 4);
        CHECK(reports[i].images_per_second > 0.0);
    }
    CHECK(reports[3].seconds_left == 0.0);
}

TEST_CASE("trainer -- another task on the same devices, by chip or by checkpoint") {
    const Dataset data = testing::striped_data(200, 50), other = testing::striped_data(200, 50, 2);
    for (NetworkSpec network : {MASK, DRIFT}) {
        network.training.epochs = 10;
        const TemporaryDirectory first_run, chip_run, from_run;
        const Checkpoint first = run(network, data, {}, first_run.path());
        TrainOptions options;
        for (const LayerState& layer : first.layers)
            options.devices.push_back(
                {layer.profile_q.size() < layer.source.size(), layer.profile_q});
        options.chip_fingerprint = "cafe";
        options.seed = 9;
        const Checkpoint second = run(network, other, options, chip_run.path());
        CHECK(second.chip_fingerprint == "cafe");
        CHECK(second.classes == 2);
        CHECK(second.test.accuracy > 0.8);
        TrainOptions from;
        from.from = first;
        const Checkpoint third = run(network, other, from, from_run.path());
        CHECK(third.test.accuracy > 0.8);
        for (size_t l = 0; l < 2; ++l) {
            CHECK(banks(second, l) == banks(first, l));
            CHECK(banks(third, l) == banks(first, l));
            CHECK(second.layers[l].scale == first.layers[l].scale);
            CHECK(second.layers[l].source != first.layers[l].source);
            CHECK(third.layers[l].alpha == first.layers[l].alpha);
        }
    }
}

TEST_CASE("trainer -- a network from a checkpoint starts where that one ended") {
    const Dataset data = testing::striped_data(200, 50);
    for (NetworkSpec network : testing::all_kinds()) {
        const TemporaryDirectory first_run, again_run;
        const Checkpoint first = run(network, data, {}, first_run.path());
        TrainOptions options;
        options.from = first;
        network.training.epochs = 1;
        network.training.learning_rate.initial = 1e-9;
        const Checkpoint again = run(network, data, options, again_run.path());
        CHECK(again.test.accuracy == Approx(first.test.accuracy).margin(0.021));
    }
}

TEST_CASE("trainer -- requests that do not fit are refused") {
    const Dataset data = testing::striped_data(64, 20);
    const TemporaryDirectory directory;
    const auto problem = [&](const NetworkSpec& network, const Dataset& set, TrainOptions options) {
        try {
            run(network, set, std::move(options), directory.path());
        } catch (const Error& error) {
            return error.problem();
        }
        return std::string("accepted");
    };
    NetworkSpec narrow = DRIFT;
    narrow.layers[1].outputs = 2;
    CHECK(problem(narrow, data, {}) == "has 3 classes, the network has 2 outputs");
    Dataset wrong = data;
    wrong.train.labels[3] = 3;
    CHECK(problem(DRIFT, wrong, {}) == "a label is 3, it has 3 classes");
    wrong = data;
    wrong.test = {};
    CHECK(problem(DRIFT, wrong, {}) == "holds no images");
    TrainOptions options;
    options.devices.resize(1);
    CHECK(problem(DRIFT, data, options) == "the chip has 1 layers, the network 2");

    TrainOptions resume;
    resume.resume = run(DRIFT, data, {}, directory.path());
    NetworkSpec changed = DRIFT;
    changed.training.batch = 8;
    CHECK(problem(changed, data, resume) ==
          "the network description is not the one that the run began with");
    wrong = data;
    wrong.checksum = "other";
    CHECK(problem(DRIFT, wrong, resume) == "the run was trained on 'stripes', not on these data");
    TrainOptions paper = resume;
    paper.protocol = Protocol::paper;
    CHECK(problem(DRIFT, data, paper) == "the run follows protocol 'final'");
    TrainOptions torn = resume;
    torn.resume->training.auxiliary[0].pop_back();
    CHECK(problem(DRIFT, data, torn) == "the training state does not fit the network's algorithm");
    torn = resume;
    torn.resume->training.slow[1] = torn.resume->training.weights[1];
    CHECK(problem(DRIFT, data, torn) == "the training state does not fit the network's algorithm");
    resume.resume->training.weights.clear();
    CHECK(problem(DRIFT, data, resume) == "the checkpoint holds no training state");
    TrainOptions from;
    from.from = run(DRIFT, data, {}, directory.path());
    CHECK(problem(MASK, data, from) ==
          "the checkpoint is of a network with other layers or inputs");
}

}  // namespace permloom
