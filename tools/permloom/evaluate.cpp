/// permloom evaluate: accuracy of a checkpoint (float) or of a configuration (integer reference).
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/train/trainer.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/integer_run.h"
#include "tools/permloom/options.h"

namespace permloom::cli {
namespace {

Options options() {
    return Options("evaluate", "RUN|FILE [--data D] [options]",
                   "Accuracy on a data set. A run directory or checkpoint is evaluated in floating "
                   "point on\n"
                   "its projected weights (a permutation of the devices); a configuration (.plc) "
                   "by the\n"
                   "integer reference, bit for bit what the chip computes.",
                   "permloom evaluate runs/digits-digits-s1\n"
                   "permloom evaluate runs/f1-s3 --data mnist --checkpoint best --split train\n"
                   "permloom evaluate digits.plc --json")
        .argument("FILE", "a run directory, a checkpoint (.safetensors) or a configuration (.plc)")
        .value("data", "D", "data set; default: the one it was trained on")
        .value("checkpoint", "WHICH", "last or best of a run directory", "last")
        .value("split", "S",
               "train, val (the part of the training set that --protocol held-out keeps "
               "back) or test",
               "test")
        .value("chip", "FILE.chip", "chip of a configuration; default: the one beside it")
        .value("threads", "N", "0: one per core; the result does not depend on it", "0")
        .flag("json", "print the result as JSON");
}

struct Outcome {
    std::string what, network, dataset;
    double accuracy = 0.0;
    std::optional<double> loss;  ///< integer inference has none
    int64_t images = 0;
    double seconds = 0.0;
};

Images split_of(const Dataset& data, const std::string& split, uint64_t seed) {
    if (split == "test") return data.test;
    return split == "train" ? data.train : held_out_images(data.train, seed);
}

Outcome evaluate_checkpoint(const Values& values, const std::string& split, ThreadPool& pool) {
    const std::string which = values.choice("checkpoint", {"last", "best"});
    const Checkpoint checkpoint =
        load_checkpoint(checkpoint_path(values.list("FILE").front(), which));
    const Dataset data =
        load_data(values.text("data"), {checkpoint.network.input.size, checkpoint.network.outputs(),
                                        checkpoint.dataset, checkpoint.dataset_checksum});
    const Images images = split_of(data, split, checkpoint.seed);
    const Stopwatch watch;
    const Score score = evaluate_float(checkpoint, images, pool);
    return {"float, projected weights",
            checkpoint.network.name,
            data.name,
            score.accuracy,
            score.loss,
            images.count,
            watch.seconds()};
}

Outcome evaluate_configuration(const Values& values, const std::string& split, ThreadPool& pool) {
    if (split == "val")
        throw Error("--split", "a configuration does not say which images its training kept back",
                    "evaluate the run directory, or use --split test", ErrorKind::usage);
    const Program program = load_program(values.list("FILE").front(), values.text("chip"));
    const Dataset data = load_data(values.text("data"), needs_of(program));
    const Images& images = split == "train" ? data.train : data.test;
    const Stopwatch watch;
    const auto codes = codes_of(images, images.count, program.configuration.input);
    const int64_t correct = count_correct(images, reference_labels(program, codes, pool));
    return {"integer reference",
            program.configuration.network,
            data.name,
            static_cast<double>(correct) / images.count,
            {},
            images.count,
            watch.seconds()};
}

}  // namespace

int evaluate_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    const std::string file = values.list("FILE").front();
    const std::string split = values.choice("split", {"train", "val", "test"});
    ThreadPool pool(static_cast<int>(values.integer("threads", 0, 1024)));

    Outcome outcome;
    switch (kind_of(file)) {
        case FileKind::checkpoint:
            outcome = evaluate_checkpoint(values, split, pool);
            break;
        case FileKind::configuration:
            outcome = evaluate_configuration(values, split, pool);
            break;
        case FileKind::devices:
            throw Error(file, "are the devices of a fabricated copy: they compute nothing alone",
                        "permloom simulate FILE.plc --dut physical --devices " + file);
        case FileKind::chip:
            throw Error(file, "is a chip: it computes nothing before a configuration is loaded",
                        "give a configuration (.plc) or a run directory");
    }
    const double rate = static_cast<double>(outcome.images) / std::max(outcome.seconds, 1e-9);
    if (values.flag("json")) {
        nlohmann::ordered_json json = {
            {"accuracy", outcome.accuracy},
            {"loss", nullptr},
            {"images", outcome.images},
            {"images_per_second", rate},
            {"network", outcome.network},
            {"dataset", outcome.dataset},
            {"split", split},
            {"arithmetic", outcome.what},
        };
        if (outcome.loss) json["loss"] = *outcome.loss;
        fmt::print("{}\n", json.dump(2));
        return OK;
    }
    fmt::print("{} accuracy {}{} ({} images of {}, {})\n", split, percent(outcome.accuracy),
               outcome.loss ? fmt::format(", loss {:.4f}", *outcome.loss) : "",
               grouped(outcome.images), outcome.dataset, outcome.what);
    fmt::print("{} images/s\n", grouped(static_cast<int64_t>(rate)));
    return OK;
}

}  // namespace permloom::cli
