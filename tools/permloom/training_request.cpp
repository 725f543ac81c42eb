#include "tools/permloom/training_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "compiler/base/error.h"
#include "compiler/spec/library.h"
#include "compiler/train/measured.h"
#include "compiler/train/schedule.h"
#include "sim/physical/disturb.h"
#include "sim/physical/effects.h"
#include "tools/permloom/device_options.h"
#include "tools/permloom/inputs.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

constexpr char DEVICE_KEYS[] = "device.";
/// Effects that training draws anew in every step.
constexpr std::string_view DRAWN[] = {"spread", "additive", "read_noise", "dead"};

/// `--set` of the network, with --epochs, and of the noise.
struct Settings {
    std::vector<Override> network, noise;
};

Settings read_settings(const Values& values) {
    Settings settings;
    for (const std::string& text : values.list("set")) {
        const Override setting = parse_override(text);
        const bool of_noise = values.has("noise") && setting.key.starts_with(DEVICE_KEYS);
        (of_noise ? settings.noise : settings.network).push_back(setting);
    }
    if (values.has("epochs"))
        settings.network.push_back(
            {"training.epochs", std::to_string(values.integer("epochs", 1, 1'000'000))});
    return settings;
}

/// Whether --devices names a copy of a chip, which is gone on with, and not a chip.
bool on_copy(const Values& values) {
    return fs::path(values.text("devices")).extension() == ".devices";
}

void check_together(const Values& values) {
    const bool copy = on_copy(values);
    if (values.has("from") && values.has("devices") && !copy)
        throw Error("--from", "cannot be combined with --devices FILE.chip",
                    "the run has devices of its own; a copy of its chip is a file .devices",
                    ErrorKind::usage);
    if (copy && !values.has("from"))
        throw Error("--devices",
                    values.text("devices") + " is a copy of a chip, to go on with a trained run on",
                    "name the run with --from RUN", ErrorKind::usage);
    if (values.has("chip") && !copy)
        throw Error("--chip", "is the chip of --devices NAME.devices, which is not given",
                    "to train on the devices of a chip, use --devices FILE.chip", ErrorKind::usage);
    if (values.list("NETWORK").empty() && !values.has("from") && !values.flag("resume"))
        throw Error("NETWORK", "missing: a description (.yaml), or the name of one",
                    "only --from RUN and --resume go on with the network of a run",
                    ErrorKind::usage);
    if (values.list("NETWORK").empty() && values.flag("resume") && !values.has("out"))
        throw Error("--out", "missing: the run to resume", "or name its NETWORK", ErrorKind::usage);
}

/// The named description, else that of the run that is gone on with.
NetworkSpec read_network(const Values& values, const TrainOptions& options,
                         const std::vector<Override>& settings) {
    if (!values.list("NETWORK").empty())
        return load_network(values.list("NETWORK").front(), settings);
    const NetworkSpec& own = (options.from ? options.from : options.resume)->network;
    return parse_network(to_yaml(own), own.name, settings);
}

/// The named data, else the description's, or those of the run whose description it is.
Dataset read_data(const Values& values, const TrainOptions& options, const NetworkSpec& network) {
    DataNeeds needs{network.input.size, network.outputs(), network.data, {}};
    if (values.list("NETWORK").empty()) {
        const Checkpoint& run = options.from ? *options.from : *options.resume;
        needs.dataset = run.dataset;
        needs.checksum = run.dataset_checksum;
    }
    return load_data(values.text("data"), needs);
}

/// The settings of a run on measured devices, where the user did not set them.
NetworkSpec for_measured_devices(NetworkSpec network, const std::vector<Override>& settings) {
    const auto with = [&](int epochs) {
        network.training = measured_training(network.training, epochs);
        return parse_network(to_yaml(network), network.name, settings);
    };
    return with(with(1).training.epochs);
}

void freeze_devices(const Chip& chip, TrainOptions& options) {
    for (const ChipLayer& layer : chip.layers)
        options.devices.push_back({layer.shared_profile, layer.devices});
    options.chip_fingerprint = to_hex(fingerprint(chip));
}

/// Throws Error unless the run was trained on this chip's devices, or on those of a copy of it.
void require_devices_of(const Chip& chip, const Checkpoint& run, const std::string& where) {
    const auto other = [&](const std::string& what) {
        throw Error(where, what, "name the chip that the run was compiled to, and a copy of it");
    };
    if (!run.instance.empty()) {
        if (run.chip_fingerprint != to_hex(fingerprint(chip)))
            other("the run's devices are a copy of another chip, " +
                  run.chip_fingerprint.substr(0, 16));
        return;
    }
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const std::vector<int32_t>& devices = run.layers[l].profile_q;
        const auto lines = static_cast<size_t>(chip.layers[l].lines());
        for (int j = 0; j < chip.layers[l].outputs && !devices.empty(); ++j) {
            const size_t first = devices.size() == lines ? 0 : static_cast<size_t>(j) * lines;
            if (!std::ranges::equal(std::span(devices).subspan(first, lines),
                                    chip.layers[l].bank(j)))
                other(fmt::format("layer {}: the run was trained on other devices than the chip's",
                                  l));
        }
    }
}

void read_copy(const Values& values, const NetworkSpec& network, TrainOptions& options) {
    const ChipCopy copy = load_chip_copy(values.text("devices"), values.text("chip"));
    require_fit(network, copy.chip, copy.chip_path);
    require_devices_of(copy.chip, *options.from, copy.chip_path.string());
    options.measured = measured_layers(copy.chip, copy.instance);
    options.chip_fingerprint = to_hex(fingerprint(copy.chip));
    options.instance = to_hex(instance_id(copy.instance));
}

/// The checkpoint of the run in `options.run`, and its seed.
void read_resumed(const Values& values, TrainOptions& options) {
    const std::string run = options.run.string();
    if (!fs::is_directory(options.run))
        throw Error(run, "there is no such run to resume", "start it without --resume");
    if (!fs::exists(options.run / "last.safetensors"))
        throw Error(run, "has no checkpoint yet: the run ended before its first one",
                    "start it again with --force in place of --resume");
    options.resume = load_checkpoint(options.run / "last.safetensors");
    const uint64_t seed = options.resume->seed;
    if (values.given("seed") && options.seed != seed)
        throw Error("--seed", fmt::format("the run in {} has seed {}", run, seed),
                    "leave --seed out, or start another run with --out", ErrorKind::usage);
    options.seed = seed;
}

std::string measured_note(const TrainOptions& options, const TrainingSpec& training) {
    return fmt::format(
        "on copy {} of chip {}: laperm_latent, {} epochs, learning rate {} at first, {} at last, a "
        "sync every {} steps",
        options.instance.substr(0, 16), options.chip_fingerprint.substr(0, 16), training.epochs,
        rate_at(training, 0.0), rate_at(training, training.epochs - 1.0), period_at(training, 0.0));
}

/// Returns what is to be said about it.
std::string read_noise(const Values& values, const std::vector<Override>& settings,
                       TrainOptions& options) {
    const DeviceModel model = load_device_model(values.text("noise"), settings);
    options.noise = disturbance_text(model);
    if (!options.noise.empty())
        options.disturb = [model, seed = options.seed](const ForwardWeights& seen) {
            disturb(model, seen.largest, seed, seen.step, seen.layer, seen.weights, seen.first);
        };
    std::vector<std::string_view> left_out;
    for (const auto& effect : all_effects())
        if (effect->present(model) && std::ranges::find(DRAWN, effect->name()) == std::end(DRAWN))
            left_out.push_back(effect->name());
    return fmt::format(
        "noise in every step: {}{}", options.noise.empty() ? "none" : options.noise,
        left_out.empty() ? "" : fmt::format("; not in training: {}", fmt::join(left_out, ", ")));
}

}  // namespace

TrainingRequest read_training_request(const Values& values) {
    check_together(values);
    const Settings settings = read_settings(values);
    const bool resumes = values.flag("resume"), copy = on_copy(values);
    TrainingRequest request;
    TrainOptions& options = request.options;
    options.seed = static_cast<uint64_t>(values.integer("seed", 0, INT64_MAX));
    options.run = values.text("out");
    if (values.has("from"))
        options.from = load_checkpoint(checkpoint_path(values.text("from"), "last"));
    if (resumes && values.has("out")) read_resumed(values, options);

    request.network = read_network(values, options, settings.network);
    if (copy) request.network = for_measured_devices(request.network, settings.network);
    request.data = read_data(values, options, request.network);
    if (!values.has("out")) {
        options.run =
            fmt::format("runs/{}-{}-s{}", request.network.name, request.data.name, options.seed);
        if (copy) options.run += "-" + fs::path(values.text("devices")).stem().string();
        if (resumes) read_resumed(values, options);
    }
    if (values.has("shuffled"))
        options.shuffled = load_checkpoint(checkpoint_path(values.text("shuffled"), "best"));
    if (copy) {
        read_copy(values, request.network, options);
        request.notes.push_back(measured_note(options, request.network.training));
    } else if (values.has("devices")) {
        freeze_devices(load_chip_for(request.network, values.text("devices")), options);
    }
    if (values.has("noise")) request.notes.push_back(read_noise(values, settings.noise, options));
    return request;
}

}  // namespace permloom::cli
