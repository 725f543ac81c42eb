// Whole runs of small convolutional networks: the promises about bytes.
#include <catch2/catch.hpp>

#include "compiler/train/inputs.h"
#include "tests/unit/train/examples.h"
#include "tests/unit/train/runs.h"

namespace permloom {
namespace {

using testing::best;
using testing::last;
using testing::metrics;
using testing::run;
using testing::stop_after;
using testing::TemporaryDirectory;
using testing::untimed_metrics;

}  // namespace

TEST_CASE("conv run -- the same bytes for any number of threads") {
    const Dataset data = testing::striped_data(100, 20);
    for (const NetworkSpec& network : testing::conv_kinds()) {
        CAPTURE(to_yaml(network));
        const TemporaryDirectory one, two, three;
        run(network, data, {}, one.path(), 1);
        run(network, data, {}, two.path(), 2);
        run(network, data, {}, three.path(), 3);
        CHECK(last(one) == last(two));
        CHECK(last(one) == last(three));
        CHECK(untimed_metrics(one) == untimed_metrics(three));
    }
}

TEST_CASE("conv run -- sparse images give the same bytes for any number of threads") {
    Dataset data = testing::striped_data(100, 20);
    for (uint8_t& pixel : data.train.pixels)
        pixel = pixel < 120 ? 0 : pixel;
    const NetworkSpec network = testing::small_network(
        Algorithm::laperm, Rail::single,
        testing::devices_of(DeviceValues::he_uniform, 0, 1.0, false), Activation::relu);
    REQUIRE(Inputs(network.input, data.train, data.name).is_sparse());
    const TemporaryDirectory one, two, three;
    run(network, data, {}, one.path(), 1);
    run(network, data, {}, two.path(), 2);
    run(network, data, {}, three.path(), 3);
    CHECK(last(one) == last(two));
    CHECK(last(one) == last(three));
}

TEST_CASE("conv run -- stopped anywhere and resumed, it leaves the same files") {
    const Dataset data = testing::striped_data(100, 20);
    TrainOptions first;
    for (const NetworkSpec& network : testing::conv_kinds()) {
        CAPTURE(to_yaml(network));
        first.protocol = first.protocol == Protocol::final ? Protocol::paper : Protocol::final;
        first.log_every = 4;
        first.command_line = "train";
        TrainOptions options = first;
        const TemporaryDirectory whole, pieces;
        run(network, data, options, whole.path());
        // 7 steps an epoch: inside, at its end, right after it.
        for (const int64_t step : {0, 4, 7, 8}) {
            options.stop_after = step;
            CHECK(run(network, data, options, pieces.path()).training.step == step);
            options.resume = load_checkpoint(pieces / "last.safetensors");
            options.command_line = "train --resume";
        }
        options.stop_after.reset();
        run(network, data, options, pieces.path());
        CHECK(last(whole) == last(pieces));
        CHECK(best(whole) == best(pieces));
        CHECK(untimed_metrics(whole) == untimed_metrics(pieces));
    }
}

TEST_CASE("conv run -- what a killed run left behind does not show in the resumed one") {
    const Dataset data = testing::striped_data(100, 20);
    const NetworkSpec network = testing::conv_network();
    TrainOptions options;
    options.protocol = Protocol::paper;
    const TemporaryDirectory whole, killed;
    run(network, data, options, whole.path());
    // As killed in epoch 3: the files but the checkpoint are of later steps.
    options.stop_after = 14;
    run(network, data, options, killed.path());
    std::filesystem::copy_file(whole / "best.safetensors", killed / "best.safetensors",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(whole / "metrics.jsonl", killed / "metrics.jsonl",
                               std::filesystem::copy_options::overwrite_existing);
    write_file(killed / "last.safetensors.tmp-aB3xY9", std::string_view("half"));
    options.stop_after.reset();
    options.resume = load_checkpoint(killed / "last.safetensors");
    run(network, data, options, killed.path());
    CHECK(last(whole) == last(killed));
    CHECK(best(whole) == best(killed));
    CHECK(untimed_metrics(whole) == untimed_metrics(killed));
    CHECK_FALSE(std::filesystem::exists(killed / "last.safetensors.tmp-aB3xY9"));
}

TEST_CASE("conv run -- metrics go on after a line that was cut off, and grow line by line") {
    const Dataset data = testing::striped_data(100, 20);
    const NetworkSpec network = testing::conv_network();
    const TemporaryDirectory whole, cut;
    TrainOptions options;
    options.log_every = 1;
    // The file at the end is the one that was there after the first epoch, and not a new one.
    const auto early = whole / "early";
    options.on_epoch = [&](const EpochReport& report) {
        if (report.epoch == 1) std::filesystem::create_hard_link(whole / "metrics.jsonl", early);
    };
    run(network, data, options, whole.path());
    CHECK(std::filesystem::equivalent(whole / "metrics.jsonl", early));
    options.on_epoch = nullptr;
    options.stop_after = 10;
    run(network, data, options, cut.path());
    const auto lines = untimed_metrics(whole);
    std::string text = read_text(cut / "metrics.jsonl");
    REQUIRE(text.back() == '\n');
    // As killed in step 11, with all of a line but its end, and with half of it.
    for (const std::string more : {R"({"step":11,"step_loss":1.5})", R"({"step":11,"st)"}) {
        write_file(cut / "metrics.jsonl", std::string_view(text + more));
        options.resume = load_checkpoint(cut / "last.safetensors");
        options.stop_after = 13;
        const TemporaryDirectory resumed;
        for (const char* name : {"last.safetensors", "metrics.jsonl"})
            std::filesystem::copy_file(cut / name, resumed / name);
        run(network, data, options, resumed.path());
        CHECK(untimed_metrics(resumed) ==
              std::vector(lines.begin(), lines.begin() + 14));  // 13 losses and an epoch
    }
}

TEST_CASE("conv run -- a new run leaves nothing of an earlier one to resume") {
    const Dataset data = testing::striped_data(100, 20);
    const TemporaryDirectory directory;
    run(testing::conv_network(), data, {}, directory.path());
    const std::atomic<bool> stop{true};
    TrainOptions options;
    options.stop = &stop;
    run(testing::conv_network(), data, options, directory.path());
    CHECK(load_checkpoint(directory / "last.safetensors").training.step == 1);
    CHECK_FALSE(std::filesystem::exists(directory / "best.safetensors"));
    CHECK_FALSE(std::filesystem::exists(directory / "metrics.jsonl"));
}

TEST_CASE("conv run -- stops after so many steps, and logs every few losses") {
    const Dataset data = testing::striped_data(100, 20);
    const TemporaryDirectory directory;
    TrainOptions options = stop_after(0);
    options.log_every = 3;
    const NetworkSpec network = testing::conv_network();
    CHECK(run(network, data, options, directory.path()).training.step == 0);
    options.resume = load_checkpoint(directory / "last.safetensors");
    options.stop_after = 10;
    const Checkpoint stopped = run(network, data, options, directory.path());
    CHECK(stopped.training.step == 10);
    CHECK(stopped.test.protocol.empty());
    std::vector<std::pair<int, bool>> lines;  // step, whether it is the loss of a step
    double sum = 0.0;
    for (const auto& line : metrics(directory)) {
        lines.emplace_back(line["step"], line.contains("step_loss"));
        if (lines.back().second) sum += line["step_loss"].get<double>();
    }
    CHECK(lines == std::vector<std::pair<int, bool>>{{3, true}, {6, true}, {7, false}, {9, true}});
    CHECK(sum / 3.0 == Approx(metrics(directory)[2]["train_loss"].get<double>()).margin(0.5));
}

TEST_CASE("conv run -- learns, whatever the optimiser and the algorithm") {
    const Dataset data = testing::striped_data(300, 100);
    for (NetworkSpec network : testing::conv_kinds()) {
        CAPTURE(to_yaml(network));
        network.training.epochs = 10;
        network.training.augment = {};
        const TemporaryDirectory directory;
        // A guess is right in a third of the cases.
        CHECK(run(network, data, {}, directory.path()).test.accuracy > 0.5);
        const auto lines = metrics(directory);
        CHECK(lines.back()["train_loss"] < lines.front()["train_loss"]);
    }
}

TEST_CASE("conv run -- the measures of the wiring are on every line of an epoch") {
    const Dataset data = testing::striped_data(100, 20);
    const TemporaryDirectory directory;
    run(testing::conv_network({{"learning_rate: 0.01", "learning_rate: 0.1"}}), data, {},
        directory.path());
    for (const auto& line : metrics(directory)) {
        REQUIRE(line["layers"].size() == 2);
        for (const auto& layer : line["layers"]) {
            CHECK(layer["ranking_distance_mean"] > 0.0);
            CHECK(layer["ranking_distance_sd"] > 0.0);
            CHECK(layer["moved"] > 0.0);
            CHECK(layer["similarity"] > 0.3);
            CHECK(layer["similarity"] < 1.0);
        }
    }
}

}  // namespace permloom
