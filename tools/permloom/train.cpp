/// permloom train: network description + data -> run directory.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "compiler/base/file.h"
#include "compiler/base/version.h"
#include "compiler/nn/kernels.h"
#include "compiler/spec/library.h"
#include "compiler/train/trainer.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/options.h"
#include "tools/permloom/stop_signals.h"
#include "tools/permloom/training_request.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

Options options() {
    return Options("train", "[NETWORK] [--data D] [--out RUN] [options]",
                   "Trains NETWORK by reconnecting: every weight keeps its value, training decides "
                   "only\n"
                   "where it sits. Writes RUN/last.safetensors after every epoch, "
                   "RUN/best.safetensors\n"
                   "where the protocol selects an epoch, and RUN/metrics.jsonl. Ctrl-C saves; "
                   "--resume\n"
                   "goes on to the same bytes as an undisturbed run.",
                   "permloom train digits\n"
                   "permloom train f1 --data mnist --seed 3 --out runs/f1-s3\n"
                   "permloom train digits --set training.learning_rate.initial=0.002 --epochs 40\n"
                   "permloom train digits --data digits-odd --devices digits.chip   # same "
                   "devices, new task\n"
                   "permloom train --from runs/digits-digits-s1 --devices digits.devices   # a "
                   "copy of its chip\n"
                   "permloom train digits --noise ideal --set device.spread.deviation=0.3 --out "
                   "runs/noisy\n"
                   "permloom train digits --out runs/digits-digits-s1 --resume")
        .optional_argument("NETWORK",
                           "a description (.yaml), or the name of one in models/networks; "
                           "default with --from and --resume: the run's")
        .value(
            "data", "D",
            "data set: a name or a directory of IDX or CIFAR-10 files; default: the network's own")
        .value("out", "RUN", "run directory; default: runs/NETWORK-DATA-sSEED")
        .value("epochs", "N",
               "passes over the training set; default: the network's own, 1 on measured devices")
        .value("seed", "S", "seed of every random draw", "1")
        .repeatable(
            "set", "key=value",
            "replace one key of the description, dotted; layers.*.KEY in every layer; device.KEY "
            "of the one that --noise names; repeatable")
        .flag("resume", "continue the run in RUN")
        .value("from", "RUN", "start from the devices and latents of another run")
        .value("shuffled", "RUN",
               "start from the weights of another run, shuffled inside every weight vector")
        .value("devices", "FILE",
               "FILE.chip: train on the frozen devices of an existing chip; NAME.devices: go on "
               "with the run of --from on what the devices of this copy of its chip measure, for "
               "one epoch at learning rate 3e-4, or several from 1e-3 on, halved in each, with a "
               "sync every 100 steps, unless --set says otherwise")
        .value("chip", "FILE.chip", "the chip of NAME.devices; default: found beside it")
        .value("noise", "D",
               "noise-aware training: disturb all weights anew in every step by spread, additive, "
               "read_noise and dead of a device description (.yaml), or of the name of one in "
               "models/devices")
        .value(
            "protocol", "P",
            "final: train on all, test once at the end; held-out: a validation split chooses the "
            "epoch; paper: the best test accuracy is kept",
            "final")
        .flag("paper-protocol", "the same as --protocol paper")
        .value("steps", "N", "save and stop after N steps of the whole run; 0: as it starts")
        .value("log-every", "N", "steps between two lines of metrics.jsonl with the loss; 0: none",
               "0")
        .value("evaluate-every", "N",
               "steps between two more evaluations, of the weights as they are between syncs; "
               "lines of metrics.jsonl that select nothing; 0: none",
               "0")
        .value("threads", "N", "0: one per core; the result does not depend on it", "0")
        .flag("force", "write into an existing RUN")
        .flag("quiet", "no progress")
        .flag("json", "print the result as JSON")
        .exclusive("resume", "from")
        .exclusive("resume", "devices")
        .exclusive("shuffled", "resume")
        .exclusive("shuffled", "from")
        .exclusive("shuffled", "devices")
        .exclusive("resume", "force")
        .exclusive("paper-protocol", "protocol");
}

Protocol read_protocol(const Values& values) {
    if (values.flag("paper-protocol")) return Protocol::paper;
    const std::string name = values.choice("protocol", {"final", "held-out", "paper"});
    return name == "final"   ? Protocol::final
           : name == "paper" ? Protocol::paper
                             : Protocol::held_out;
}

int read_evaluate_every(const Values& values, Protocol protocol) {
    const auto steps = static_cast<int>(values.integer("evaluate-every", 0, 1 << 30));
    if (steps > 0 && protocol == Protocol::final)
        throw Error("--evaluate-every", "protocol final evaluates once, at the end",
                    "choose --protocol held-out or paper", ErrorKind::usage);
    return steps;
}

/// design.md section 12: the same bytes are promised for one binary on one instruction set.
void warn_of_changes(const Checkpoint& resumed, Progress& progress) {
    const auto warn = [&](const std::string& what, const std::string& before,
                          const std::string& now) {
        if (before != now)
            progress.note(
                fmt::format("warning: the run was trained with {} '{}', here it is '{}': "
                            "it will not end in the same bytes",
                            what, before, now));
    };
    warn("instruction set", resumed.instruction_set, instruction_set());
    warn("permloom", resumed.version, VERSION);
}

std::string epoch_text(const EpochReport& report) {
    std::string text =
        fmt::format("epoch {:>{}}/{}  loss {:.4f}", report.epoch,
                    std::to_string(report.epochs).size(), report.epochs, report.train_loss);
    if (!report.split.empty())
        text += fmt::format("  {} accuracy {}", report.split, percent(report.accuracy));
    return text;
}

std::string rate_text(double images_per_second, double seconds_left) {
    return fmt::format("  {} images/s  {} left", grouped(static_cast<int64_t>(images_per_second)),
                       duration(seconds_left));
}

/// Shows epochs as they end: every one on a terminal (rewritten), about twenty lines elsewhere.
void report_progress(TrainOptions& options, Progress& progress, double& images_per_second) {
    auto latest = std::make_shared<std::string>("epoch 1");
    options.on_step = [latest, &progress](int64_t step, int64_t steps, double rate, double left) {
        if (progress.due())
            progress.show(
                fmt::format("{}  step {}/{}{}", *latest, step, steps, rate_text(rate, left)));
    };
    options.on_epoch = [latest, &progress, &images_per_second](const EpochReport& report) {
        *latest = epoch_text(report);
        images_per_second = report.images_per_second;
        const int every = std::max(1, (report.epochs + 19) / 20);
        const bool last = report.epoch == report.epochs;
        if (!progress.on_terminal() && (report.epoch % every == 0 || last))
            progress.note(*latest + rate_text(report.images_per_second, report.seconds_left));
    };
}

std::string command_line(const Arguments& arguments) {
    return fmt::format("permloom train {}", fmt::join(arguments, " "));
}

}  // namespace

int train_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;

    TrainingRequest request = read_training_request(values);
    const NetworkSpec& network = request.network;
    const Dataset& data = request.data;
    TrainOptions& options = request.options;
    options.protocol = read_protocol(values);
    options.evaluate_every = read_evaluate_every(values, options.protocol);
    options.command_line = command_line(arguments);
    if (!options.resume) make_output_directory(options.run, values.flag("force"));
    if (values.has("steps")) options.stop_after = values.integer("steps", 0, INT64_MAX);
    options.log_every = static_cast<int>(values.integer("log-every", 0, 1 << 30));
    options.stop = &stop_on_signals();
    ThreadPool pool(static_cast<int>(values.integer("threads", 0, 1024)));

    Progress progress(values.flag("quiet"));
    progress.note(fmt::format("{} ({}) on {}: {} training images, seed {}, {} threads",
                              network.name, shape_text(network), data.name,
                              grouped(data.train.count), options.seed, pool.size()));
    for (const std::string& note : request.notes)
        progress.note(note);
    if (options.resume) warn_of_changes(*options.resume, progress);
    double images_per_second = 0.0;
    report_progress(options, progress, images_per_second);
    const int first_epoch = options.resume ? options.resume->training.epoch : 0;
    const Stopwatch watch;
    // The epoch that the protocol selected; not measured when it was stopped.
    const Checkpoint result = train(network, data, options, pool);
    const double seconds = watch.seconds();
    progress.clear();
    if (result.test.protocol.empty() && options.stop_after && !*options.stop) {
        fmt::print("stopped after {} steps, saved in {}; the same command with --resume goes on\n",
                   result.training.step, options.run.string());
        return OK;
    }
    if (result.test.protocol.empty())
        throw Error(options.run.string(),
                    fmt::format("stopped in epoch {} of {}; everything is saved",
                                result.training.epoch + 1, network.training.epochs),
                    "go on with the same command and --resume");

    const int held_out =
        options.protocol == Protocol::held_out ? held_out_images(data.train, result.seed).count : 0;
    const int64_t images =
        static_cast<int64_t>(network.training.epochs - first_epoch) * (data.train.count - held_out);
    if (values.flag("json")) {
        const nlohmann::ordered_json json = {
            {"accuracy", result.test.accuracy},
            {"loss", result.test.loss},
            {"images", images},
            {"images_per_second", images_per_second},
            {"protocol", result.test.protocol},
            {"network", network.name},
            {"dataset", data.name},
            {"seed", result.seed},
            {"epochs", network.training.epochs},
            {"seconds", seconds},
            {"run", options.run.string()},
        };
        fmt::print("{}\n", json.dump(2));
        return OK;
    }
    fmt::print("test accuracy {}, loss {:.4f}, protocol {}, seed {}\n",
               percent(result.test.accuracy), result.test.loss, result.test.protocol, result.seed);
    fmt::print("{} images in {}, {} images/s\n", grouped(images), duration(seconds),
               grouped(static_cast<int64_t>(images_per_second)));
    fmt::print("run  {}\nnext permloom compile {}\n", options.run.string(), options.run.string());
    return OK;
}

}  // namespace permloom::cli
