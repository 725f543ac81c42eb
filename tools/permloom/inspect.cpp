/// permloom inspect: any checkpoint, chip, configuration or fabricated copy, in words.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "compiler/base/error.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/code.h"
#include "compiler/program/expand.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/copy_summary.h"
#include "tools/permloom/device_options.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/options.h"

namespace permloom::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Items of a list that a line of text shows; --json gives all.
constexpr size_t SHOWN_ITEMS = 24;

Options options() {
    return Options("inspect", "FILE [--neuron L:J] [--json]",
                   "Says what a file holds. A run directory or checkpoint: network, training, "
                   "accuracy. A\n"
                   "chip: layers, devices, switch networks, fingerprint. A configuration: the chip "
                   "it is\n"
                   "for, codes, bits, registers; with --neuron also the wiring of one neuron, its "
                   "Lehmer\n"
                   "digits and registers.",
                   "permloom inspect runs/digits-digits-s1\n"
                   "permloom inspect digits.chip\n"
                   "permloom inspect digits.plc --neuron 0:5")
        .argument("FILE", "a run directory, .safetensors, .chip, .plc or .devices")
        .value("neuron", "L:J", "neuron J of layer L (from 0) of a configuration")
        .value("chip", "FILE.chip", "chip of a configuration; default: the one beside it")
        .value("checkpoint", "WHICH", "last or best of a run directory", "last")
        .flag("json", "print as JSON; lists are complete");
}

/// "1 2 3 ... (40 more)".
template <class List>
std::string list_text(const List& items) {
    const size_t shown = std::min(items.size(), SHOWN_ITEMS);
    std::string text = fmt::format(
        "{}", fmt::join(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(shown), " "));
    if (shown < items.size()) text += fmt::format(" ... ({} more)", items.size() - shown);
    return text;
}

size_t distinct(std::vector<float> values) {
    std::sort(values.begin(), values.end());
    return static_cast<size_t>(std::unique(values.begin(), values.end()) - values.begin());
}

size_t distinct(const std::vector<int32_t>& values) {
    return distinct(std::vector<float>(values.begin(), values.end()));
}

void show_checkpoint(const Values& values) {
    const auto path =
        checkpoint_path(values.list("FILE").front(), values.choice("checkpoint", {"last", "best"}));
    const Checkpoint checkpoint = load_checkpoint(path);
    const NetworkSpec& network = checkpoint.network;
    Json layers = Json::array();
    Table table({"layer", "rail", "lines", "device bits", "profile", "distinct values", "wires",
                 "activation range"});
    for (size_t i = 0; i < network.layers.size(); ++i) {
        const LayerSpec& spec = network.layers[i];
        const LayerState& state = checkpoint.layers[i];
        const auto non_zero = std::count_if(state.profile.begin(), state.profile.end(),
                                            [](float value) { return value != 0.0F; });
        // A copy may have a bank a neuron where its chip has one a layer.
        const bool shared_profile = state.profile.size() == static_cast<size_t>(spec.lines());
        const int64_t wires = shared_profile ? non_zero * spec.outputs : non_zero;
        table.add(
            {fmt::format("{}: {} -> {}", i, spec.inputs, spec.outputs),
             std::string(to_string(spec.rail)), grouped(spec.lines()),
             state.profile_q.empty() ? "real" : std::to_string(spec.devices.bits),
             shared_profile ? "layer" : "neuron",
             grouped(static_cast<int64_t>(distinct(state.profile))), grouped(wires),
             i + 1 < network.layers.size() ? fmt::format("{:.4g}", state.act_range) : "logits"});
        layers.push_back({{"inputs", spec.inputs},
                          {"outputs", spec.outputs},
                          {"rail", to_string(spec.rail)},
                          {"lines", spec.lines()},
                          {"device_bits", spec.devices.bits},
                          {"shared_profile", shared_profile},
                          {"distinct_values", distinct(state.profile)},
                          {"wires", wires},
                          {"scale", state.scale},
                          {"act_range", state.act_range}});
    }
    const bool scored = !checkpoint.test.protocol.empty();
    if (values.flag("json")) {
        Json json = {{"kind", "checkpoint"},
                     {"file", path.string()},
                     {"network", network.name},
                     {"fingerprint", fingerprint(network)},
                     {"algorithm", to_string(network.training.algorithm)},
                     {"dataset", checkpoint.dataset},
                     {"dataset_checksum", checkpoint.dataset_checksum},
                     {"seed", checkpoint.seed},
                     {"epoch", checkpoint.training.epoch},
                     {"epochs", network.training.epochs},
                     {"accuracy", nullptr},
                     {"loss", nullptr},
                     {"protocol", checkpoint.test.protocol},
                     {"chip_fingerprint", checkpoint.chip_fingerprint},
                     {"instance", checkpoint.instance},
                     {"noise", checkpoint.noise},
                     {"version", checkpoint.version},
                     {"command_line", checkpoint.command_line},
                     {"layers", layers}};
        if (scored) {
            json["accuracy"] = checkpoint.test.accuracy;
            json["loss"] = checkpoint.test.loss;
        }
        fmt::print("{}\n", json.dump(2));
        return;
    }
    fmt::print("checkpoint {}\n", path.string());
    fmt::print("  network      {} ({}), description {}\n", network.name, shape_text(network),
               fingerprint(network).substr(0, 16));
    if (checkpoint.training.protocol == IMPORTED)
        fmt::print("  imported     weights of another program, measured on {}\n",
                   checkpoint.dataset);
    else
        fmt::print("  trained on   {}, by {}, seed {}, epoch {} of {}\n", checkpoint.dataset,
                   to_string(network.training.algorithm), checkpoint.seed,
                   checkpoint.training.epoch, network.training.epochs);
    if (scored)
        fmt::print("  accuracy     {}, loss {:.4f}, protocol {}\n",
                   percent(checkpoint.test.accuracy), checkpoint.test.loss,
                   checkpoint.test.protocol);
    if (!checkpoint.chip_fingerprint.empty())
        fmt::print("  devices of   {}chip {}\n",
                   checkpoint.instance.empty()
                       ? ""
                       : fmt::format("copy {} of ", checkpoint.instance.substr(0, 16)),
                   checkpoint.chip_fingerprint.substr(0, 16));
    if (!checkpoint.noise.empty())
        fmt::print("  noise        {} in every step of training\n", checkpoint.noise);
    fmt::print("  made by      permloom {}: {}\n\n{}", checkpoint.version, checkpoint.command_line,
               table.text());
}

Json walk_json(const Walk& walk) {
    constexpr const char* POOLS[] = {"none", "max", "sum"};
    Json json = {{"map", {walk.map.rows, walk.map.columns, walk.map.channels}},
                 {"kernel", walk.kernel},
                 {"stride", walk.stride},
                 {"top", walk.top},
                 {"left", walk.left},
                 {"positions", {walk.rows, walk.columns}},
                 {"pool", POOLS[static_cast<size_t>(walk.pool)]},
                 {"window", walk.window}};
    if (walk.skip) json["adds"] = *walk.skip;
    return json;
}

void show_chip(const Values& values) {
    const std::string path = values.list("FILE").front();
    const Chip chip = load_chip(path);
    Json layers = Json::array();
    Table table({"layer", "engine", "rail", "lines", "switches", "stages", "device bits", "profile",
                 "distinct values", "wires", "acc bits"});
    for (size_t i = 0; i < chip.layers.size(); ++i) {
        const ChipLayer& layer = chip.layers[i];
        const bool has_network = layer.has_network();
        const Topology topology = has_network ? as_waksman_topology(layer.lines()) : Topology{};
        const auto non_zero = std::count_if(layer.devices.begin(), layer.devices.end(),
                                            [](int32_t device) { return device != 0; });
        const int64_t wires = layer.shared_profile ? non_zero * layer.outputs : non_zero;
        table.add({layer_text(chip, i), engine_text(layer), std::string(to_string(layer.rail)),
                   grouped(layer.lines()), has_network ? grouped(topology.switch_count()) : "-",
                   has_network ? std::to_string(topology.stage_count()) : "-",
                   std::to_string(layer.device_bits), layer.shared_profile ? "layer" : "neuron",
                   grouped(static_cast<int64_t>(distinct(layer.devices))), grouped(wires),
                   std::to_string(layer.accumulator_bits())});
        layers.push_back({{"engine", to_string(layer.engine)},
                          {"lanes", layer.lanes},
                          {"bit_serial", layer.bit_serial},
                          {"decoder", to_string(layer.decoder)},
                          {"inputs", layer.inputs},
                          {"outputs", layer.outputs},
                          {"rail", to_string(layer.rail)},
                          {"lines", layer.lines()},
                          {"in_bits", layer.in_bits},
                          {"in_zero", layer.in_zero},
                          {"out_bits", layer.out_bits},
                          {"device_bits", layer.device_bits},
                          {"shared_profile", layer.shared_profile},
                          {"switches", topology.switch_count()},
                          {"stages", topology.stage_count()},
                          {"distinct_values", distinct(layer.devices)},
                          {"wires", wires},
                          {"accumulator_bits", layer.accumulator_bits()},
                          {"reads", chip.source(i)},
                          {"devices", layer.devices}});
        if (layer.walk) layers.back()["walk"] = walk_json(*layer.walk);
    }
    if (values.flag("json")) {
        const Json json = {{"kind", "chip"},
                           {"file", path},
                           {"name", chip.name},
                           {"fingerprint", to_hex(fingerprint(chip))},
                           {"target", chip.target},
                           {"circuit", chip.circuit},
                           {"contexts", chip.contexts},
                           {"pixel_stream_bits", chip.pixel_stream_bits},
                           {"layers", layers}};
        fmt::print("{}\n", json.dump(2));
        return;
    }
    fmt::print("chip {}: {} ({})\n", path, chip.name, shape_text(chip));
    fmt::print("  fingerprint  {}\n", to_hex(fingerprint(chip)));
    fmt::print("  target       {}, circuit {}\n", chip.target, chip.circuit);
    fmt::print("  contexts     {}\n", chip.contexts);
    fmt::print("  pixels       {} of {} bits, {} in a beat of {} bits\n\n{}", chip.inputs(),
               chip.in_bits(), chip.pixels_per_beat(), chip.pixel_stream_bits, table.text());
}

struct NeuronAddress {
    int layer = 0, neuron = 0;
};

NeuronAddress parse_neuron(const std::string& text, const Chip& chip) {
    const auto number = [&](std::string_view digits, size_t bound, const char* what) {
        int value = -1;
        const char* end = digits.data() + digits.size();
        const auto [stop, code] = std::from_chars(digits.data(), end, value);
        if (code != std::errc{} || stop != end || value < 0 || static_cast<size_t>(value) >= bound)
            throw Error("--neuron",
                        fmt::format("'{}': {} is not one of 0..{}", text, what, bound - 1),
                        "write L:J, for example 0:5", ErrorKind::usage);
        return value;
    };
    const size_t colon = text.find(':');
    if (colon == std::string::npos)
        throw Error("--neuron", "'" + text + "' is not L:J", "for example --neuron 0:5",
                    ErrorKind::usage);
    NeuronAddress address;
    address.layer = number(std::string_view(text).substr(0, colon), chip.layers.size(), "layer");
    address.neuron = number(
        std::string_view(text).substr(colon + 1),
        static_cast<size_t>(chip.layers[static_cast<size_t>(address.layer)].outputs), "neuron");
    return address;
}

Json neuron_json(const Program& program, const NeuronAddress& address) {
    const auto layer = static_cast<size_t>(address.layer);
    const auto neuron = static_cast<size_t>(address.neuron);
    const Permutation source = decode_sources(program.chip, program.configuration)[layer][neuron];
    const auto bank = program.chip.layers[layer].bank(address.neuron);
    const NeuronRegisters& registers = program.configuration.layers[layer].neurons[neuron];
    return {{"layer", address.layer},
            {"neuron", address.neuron},
            {"source", std::vector<int32_t>(source.values().begin(), source.values().end())},
            {"devices", std::vector<int32_t>(bank.begin(), bank.end())},
            {"lehmer_digits", lehmer_digits(source)},
            {"wiring_bound", wiring_bound_bits(classes_of(bank))},
            {"registers", {{"b", registers.b}, {"m", registers.m}, {"c", registers.c}}}};
}

void print_neuron(const Json& neuron) {
    const auto list = [&](const char* key) {
        return list_text(neuron[key].get<std::vector<int32_t>>());
    };
    fmt::print("\nneuron {} of layer {}\n", neuron["neuron"].get<int>(),
               neuron["layer"].get<int>());
    fmt::print("  devices        {}\n", list("devices"));
    fmt::print("  source         {}    (slot r is wired to line source[r])\n", list("source"));
    fmt::print("  Lehmer digits  {}\n", list("lehmer_digits"));
    fmt::print("  bound          {:.1f} bits\n", neuron["wiring_bound"].get<double>());
    fmt::print("  registers      b {}, m {}, c {}\n", neuron["registers"]["b"].get<int64_t>(),
               neuron["registers"]["m"].get<int64_t>(), neuron["registers"]["c"].get<int64_t>());
}

void show_configuration(const Values& values) {
    const std::string path = values.list("FILE").front();
    const Configuration configuration = load_configuration(path);
    std::optional<Json> neuron;
    if (values.has("neuron")) {
        const Program program = load_program(path, values.text("chip"));
        neuron = neuron_json(program, parse_neuron(values.text("neuron"), program.chip));
    }
    uint64_t wiring_bits = 0;
    bool wiring_only = true;
    Json layers = Json::array();
    Table table({"layer", "neurons", "code", "wiring bits", "shift s", "z", "lo", "hi", "relu"});
    for (size_t i = 0; i < configuration.layers.size(); ++i) {
        const LayerConfiguration& layer = configuration.layers[i];
        const LayerRegisters& registers = layer.registers;
        wiring_bits += layer.wiring_bits;
        for (const NeuronRegisters& one : layer.neurons)
            wiring_only &= one == layer.neurons.front();
        table.add({std::to_string(i), grouped(static_cast<int64_t>(layer.neurons.size())),
                   layer.code, grouped(static_cast<int64_t>(layer.wiring_bits)),
                   std::to_string(registers.s), std::to_string(registers.z),
                   std::to_string(registers.lo), std::to_string(registers.hi),
                   registers.relu ? "yes" : "no"});
        layers.push_back({{"neurons", layer.neurons.size()},
                          {"code", layer.code},
                          {"wiring_bits", layer.wiring_bits},
                          {"s", registers.s},
                          {"z", registers.z},
                          {"lo", registers.lo},
                          {"hi", registers.hi},
                          {"relu", registers.relu}});
    }
    const InputSpec& input = configuration.input;
    if (values.flag("json")) {
        Json json = {{"kind", "configuration"},
                     {"file", path},
                     {"chip_fingerprint", to_hex(configuration.chip_fingerprint)},
                     {"instance", nullptr},
                     {"network", configuration.network},
                     {"dataset", configuration.dataset},
                     {"dataset_checksum", configuration.dataset_checksum},
                     {"classes", configuration.classes},
                     {"wiring_bits", wiring_bits},
                     {"wiring_only", wiring_only},
                     {"float_accuracy", nullptr},
                     {"protocol", configuration.protocol},
                     {"version", configuration.version},
                     {"layers", layers}};
        if (configuration.instance) json["instance"] = to_hex(*configuration.instance);
        if (configuration.float_accuracy >= 0.0)
            json["float_accuracy"] = configuration.float_accuracy;
        if (neuron) json["neuron"] = *neuron;
        fmt::print("{}\n", json.dump(2));
        return;
    }
    fmt::print("configuration {}\n", path);
    fmt::print("  for chip     {}\n", to_hex(configuration.chip_fingerprint));
    if (configuration.instance)
        fmt::print("  re-ranked    for copy {} alone\n", to_hex(*configuration.instance));
    fmt::print("  function     network {} trained on {}, {} classes\n", configuration.network,
               configuration.dataset, configuration.classes);
    if (configuration.float_accuracy >= 0.0)
        fmt::print("  accuracy     {} in floating point, protocol {}\n",
                   percent(configuration.float_accuracy), configuration.protocol);
    fmt::print(
        "  input        {} pixels of {} bits: clamp(round((x / {:.6g} - {:.6g}) / {:.6g}) + {})\n",
        input.size, input.bits, input.div, input.mean, input.scale, input.zero);
    fmt::print("  wiring       {} bits{}\n", grouped(static_cast<int64_t>(wiring_bits)),
               wiring_only ? "; wiring-only (no register differs between neurons of a layer)" : "");
    fmt::print("  made by      permloom {}\n\n{}", configuration.version, table.text());
    if (neuron) print_neuron(*neuron);
}

void show_copy(const Values& values) {
    const ChipCopy copy = load_chip_copy(values.list("FILE").front(), values.text("chip"), 1.0);
    const std::string name = to_hex(instance_id(copy.instance));
    if (values.flag("json")) {
        fmt::print("{}\n", Json{{"kind", "devices"},
                                {"file", copy.path.string()},
                                {"instance", name},
                                {"chip_fingerprint", to_hex(copy.instance.chip_fingerprint)},
                                {"sign", to_string(copy.instance.sign)},
                                {"origin", copy.instance.origin},
                                {"seed", copy.instance.seed},
                                {"layers", copy_json(copy.chip, copy.instance)}}
                               .dump(2));
        return;
    }
    fmt::print("devices {}\n", copy.path.string());
    fmt::print("  copy         {}\n", name);
    fmt::print("  of chip      {}, {}\n", to_hex(copy.instance.chip_fingerprint),
               copy.chip_path.string());
    fmt::print("  signs        {}\n", to_string(copy.instance.sign));
    fmt::print("  from         {}{}\n\n{}", copy.instance.origin,
               copy.instance.seed > 0 ? fmt::format(", seed {}", copy.instance.seed) : "",
               copy_table(copy.chip, copy.instance));
}

}  // namespace

int inspect_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const std::string file = values->list("FILE").front();
    const FileKind kind = kind_of(file);
    if (kind != FileKind::configuration && values->has("neuron"))
        throw Error("--neuron", file + " is not a configuration", "give a .plc", ErrorKind::usage);
    switch (kind) {
        case FileKind::checkpoint:
            show_checkpoint(*values);
            break;
        case FileKind::chip:
            show_chip(*values);
            break;
        case FileKind::configuration:
            show_configuration(*values);
            break;
        case FileKind::devices:
            show_copy(*values);
            break;
    }
    return OK;
}

}  // namespace permloom::cli
