/// permloom import: weights of another program -> run directory.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "compiler/base/file.h"
#include "compiler/checkpoint/import.h"
#include "compiler/spec/library.h"
#include "compiler/spec/names.h"
#include "compiler/train/imported.h"
#include "compiler/train/rule_check.h"
#include "compiler/train/trainer.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/layer_measures.h"
#include "tools/permloom/options.h"
#include "tools/permloom/weight_files.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

Options options() {
    return Options("import", "FILE --network NAME [--data D] [--out RUN] [options]",
                   "Reads the weights of a network that another program trained (Keras .h5, NumPy "
                   ".npz,\n"
                   ".safetensors) and recovers devices and wiring: the sorted weights of each "
                   "vector are its\n"
                   "devices. A layer takes the first weights of its shape; array names tell biases "
                   "and batch\n"
                   "norms. Activation ranges, and input means that the file lacks, are measured on "
                   "the training\n"
                   "set. Writes RUN/last.safetensors and RUN/best.safetensors, for evaluate, "
                   "compile, study and\n"
                   "train --from.",
                   "permloom import F1.h5 --network f1-notebook --require-rule shared\n"
                   "permloom import conv7.h5 --network conv7 --out runs/conv7-published\n"
                   "permloom import mlp.safetensors --network mlp-100-100-float --shared-profile\n"
                   "permloom import digits.npz --network digits --chip digits.chip")
        .argument("FILE", ".h5, .npz or .safetensors; the first bytes tell, not the name")
        .value("network", "NAME",
               "what the weights are of: a description (.yaml), or the name of one in "
               "models/networks (required)")
        .value("data", "D", "data set; default: the network's own")
        .value("out", "RUN", "run directory; default: runs/NETWORK-DATA-imported")
        .repeatable("set", "key=value", "replace one key of the description, dotted; repeatable")
        .value("layout", "keras|pytorch",
               "axes of the arrays; default: pytorch for .safetensors, else keras")
        .value("order", "A,B,...",
               "take these modules (names of arrays before their last part), in the order of the "
               "network")
        .value("epsilon", "E",
               "of the file's batch norms; default: 1e-5 in layout pytorch, 1e-3 in keras")
        .value("require-rule", "RULE",
               "refuse weights that this rule of devices would hardly draw: he_uniform, ..., "
               "shared, signed_shared")
        .value("chip", "FILE.chip", "refuse weights that are not the very devices of this chip")
        .flag("shared-profile",
              "give all neurons of a layer one profile, the mean of theirs, and say what it costs")
        .flag("force", "write into an existing RUN")
        .value("threads", "N", "0: one per core; the result does not depend on it", "0")
        .flag("json", "print the result as JSON")
        .exclusive("chip", "shared-profile");
}

NetworkSpec read_network(const Values& values) {
    if (!values.has("network"))
        throw Error("--network", "missing: the network that the weights are of",
                    "permloom import --help", ErrorKind::usage);
    std::vector<Override> overrides;
    for (const std::string& text : values.list("set"))
        overrides.push_back(parse_override(text));
    NetworkSpec network = load_network(values.text("network"), overrides);
    if (!values.flag("shared-profile")) return network;
    for (size_t l = 0; l < network.layers.size(); ++l) {
        DeviceSpec& devices = network.layers[l].devices;
        if (devices.largest_level() > 0)
            throw Error(
                "--shared-profile",
                fmt::format("a mean of profiles has no levels, and {} has devices of {}",
                            network.layer_title(l),
                            devices.shared() ? "one value" : fmt::format("{} bits", devices.bits)),
                fmt::format("--set layers.{}.devices.bits=0 takes real values", l),
                ErrorKind::usage);
        // Of the file every neuron keeps its own, until they are joined.
        devices.shared_profile = false;
    }
    return network;
}

std::optional<DeviceValues> read_rule(const Values& values) {
    if (!values.has("require-rule")) return {};
    std::vector<std::string> rules;
    for (const auto& [value, name] : DEVICE_VALUES_NAMES)
        if (value != DeviceValues::dissimilar) rules.emplace_back(name);
    return value_of(DEVICE_VALUES_NAMES, values.choice("require-rule", rules), "--require-rule");
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
        end = text.find(',', begin);
        parts.push_back(text.substr(begin, end - begin));
    }
    return parts;
}

ImportOptions read_options(const Values& values, const std::optional<Chip>& chip) {
    ImportOptions options;
    if (values.has("layout"))
        options.layout = values.choice("layout", {"keras", "pytorch"}) == "keras"
                             ? WeightLayout::keras
                             : WeightLayout::pytorch;
    if (values.has("order")) options.order = split(values.text("order"));
    if (values.has("epsilon")) options.epsilon = values.real("epsilon", 1e-12, 1.0);
    if (chip)
        for (const ChipLayer& layer : chip->layers)
            options.devices.push_back(layer.devices);
    return options;
}

ForeignWeights read_weights(const fs::path& path) {
    std::error_code code;
    if (!fs::is_directory(path, code) && is_checkpoint(path))
        throw Error(path.string(), "is a checkpoint of permloom already",
                    "permloom train --from goes on from it");
    ForeignWeights weights = read_foreign(path);
    for (ForeignArray& array : weights.arrays)
        array.name = printable(array.name);
    return weights;
}

void require_rule(const std::string& file, const NetworkSpec& network,
                  const std::vector<LayerState>& layers, DeviceValues rule) {
    const std::vector<RuleVerdict> verdicts = check_rule(network, layers, rule);
    std::string objections;
    for (size_t l = 0; l < verdicts.size(); ++l)
        if (!verdicts[l].consistent())
            objections += fmt::format("{} {}: {}", objections.empty() ? "" : ";",
                                      network.layer_title(l), verdicts[l].objection);
    if (!objections.empty())
        throw Error(file, fmt::format("not consistent with {}:{}", to_string(rule), objections),
                    "keep, pruning, bits and value are those of the network's devices; --set "
                    "changes them");
}

/// Whether `compile` takes it: a chain of dense layers on integer devices.
bool compiles(const Checkpoint& checkpoint) {
    for (size_t l = 0; l < checkpoint.layers.size(); ++l)
        if (!checkpoint.network.layers[l].plain(static_cast<int>(l)) ||
            checkpoint.layers[l].profile_q.empty())
            return false;
    return checkpoint.network.input.bits > 0;
}

struct Outcome {
    std::string file, kind, run;
    Checkpoint checkpoint;
    std::vector<std::string> arrays, left_out;
    std::vector<Measures> measures;  ///< of the weights as they were in the file
    std::optional<DeviceValues> rule;
    std::optional<double> own_profiles;  ///< accuracy before profiles were shared
};

void print_json(const Outcome& outcome) {
    const Checkpoint& checkpoint = outcome.checkpoint;
    Json layers = Json::array();
    for (size_t l = 0; l < outcome.arrays.size(); ++l) {
        const Measures& m = outcome.measures[l];
        layers.push_back({{"name", checkpoint.network.layer_name(l)},
                          {"array", outcome.arrays[l]},
                          {"vectors", checkpoint.network.layers[l].outputs},
                          {"length", checkpoint.network.layers[l].inputs},
                          {"distinct_values", m.distinct},
                          {"zero_fraction", m.zeros},
                          {"similarity", std::isnan(m.similarity) ? Json() : Json(m.similarity)}});
    }
    const Json json = {
        {"accuracy", checkpoint.test.accuracy},
        {"loss", checkpoint.test.loss},
        {"protocol", checkpoint.test.protocol},
        {"network", checkpoint.network.name},
        {"dataset", checkpoint.dataset},
        {"file", outcome.file},
        {"kind", outcome.kind},
        {"layers", layers},
        {"left_out", outcome.left_out},
        {"consistent_with", outcome.rule ? Json(to_string(*outcome.rule)) : Json()},
        {"accuracy_of_own_profiles", outcome.own_profiles ? Json(*outcome.own_profiles) : Json()},
        {"run", outcome.run},
    };
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_text(const Outcome& outcome) {
    const Checkpoint& checkpoint = outcome.checkpoint;
    const NetworkSpec& network = checkpoint.network;
    fmt::print("{}: {}, as {} ({})\n\n", outcome.file, outcome.kind, network.name,
               shape_text(network));
    Table table({"layer", "array", "vectors", "length", "distinct values", "zeros", "similarity"});
    for (size_t l = 0; l < outcome.arrays.size(); ++l) {
        const Measures& m = outcome.measures[l];
        table.add({network.layer_name(l), outcome.arrays[l], grouped(network.layers[l].outputs),
                   grouped(network.layers[l].inputs), grouped(m.distinct), percent(m.zeros),
                   similarity_text(m.similarity)});
    }
    fmt::print("{}\n", table.text());
    if (!outcome.left_out.empty()) fmt::print("left out: {}\n", fmt::join(outcome.left_out, ", "));
    if (outcome.rule)
        fmt::print("consistent with {} (tests of significance {})\n", to_string(*outcome.rule),
                   RULE_SIGNIFICANCE);
    if (!checkpoint.chip_fingerprint.empty())
        fmt::print("the devices of chip {}\n", checkpoint.chip_fingerprint.substr(0, 16));
    if (outcome.own_profiles)
        fmt::print("one profile a layer costs {:.2f} points of {}\n",
                   100.0 * (*outcome.own_profiles - checkpoint.test.accuracy),
                   percent(*outcome.own_profiles));
    fmt::print("test accuracy {}, loss {:.4f}, protocol {}\n", percent(checkpoint.test.accuracy),
               checkpoint.test.loss, checkpoint.test.protocol);
    fmt::print("run  {}\nnext permloom {} {}\n", outcome.run,
               compiles(checkpoint) ? "compile" : "profile", outcome.run);
}

}  // namespace

int import_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    Outcome outcome;
    outcome.file = values.list("FILE").front();
    outcome.rule = read_rule(values);
    const NetworkSpec network = read_network(values);
    std::optional<Chip> chip;
    if (values.has("chip")) chip = load_chip_for(network, values.text("chip"));
    const ImportOptions import_options = read_options(values, chip);
    ThreadPool pool(static_cast<int>(values.integer("threads", 0, 1024)));

    const ForeignWeights weights = read_weights(outcome.file);
    outcome.kind = to_string(weights.format);
    ImportedWeights imported = import_weights(network, weights, outcome.file, import_options);
    outcome.arrays = imported.arrays;
    outcome.left_out = imported.left_out;
    if (outcome.rule) require_rule(outcome.file, network, imported.layers, *outcome.rule);
    const Dataset data =
        load_data(values.text("data"), {network.input.size, network.outputs(), network.data, {}});
    outcome.run = values.text("out", fmt::format("runs/{}-{}-imported", network.name, data.name));
    make_output_directory(outcome.run, values.flag("force"));

    Checkpoint& checkpoint = outcome.checkpoint;
    checkpoint = imported_checkpoint(network, std::move(imported), data, pool);
    checkpoint.command_line = fmt::format("permloom import {}", fmt::join(arguments, " "));
    if (chip) checkpoint.chip_fingerprint = to_hex(fingerprint(*chip));
    for (const WeightVectors& layer : projected_layers(checkpoint))
        outcome.measures.push_back(measure(layer));
    if (values.flag("shared-profile")) {
        outcome.own_profiles = checkpoint.test.accuracy;
        share_profiles(checkpoint, data, pool);
    }
    clear_run(outcome.run, false);
    for (const char* name : {"last.safetensors", "best.safetensors"})
        save_checkpoint(checkpoint, fs::path(outcome.run) / name);

    values.flag("json") ? print_json(outcome) : print_text(outcome);
    return OK;
}

}  // namespace permloom::cli
