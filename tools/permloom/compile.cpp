/// permloom compile: checkpoint -> chip, configuration and report.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "compiler/base/file.h"
#include "compiler/emit/choose_engines.h"
#include "compiler/passes/measured.h"
#include "compiler/passes/pipeline.h"
#include "compiler/perm/code.h"
#include "compiler/spec/library.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/device_options.h"
#include "tools/permloom/input_statistics.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/integer_run.h"
#include "tools/permloom/options.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

Options options() {
    return Options("compile",
                   "RUN [--target T | --onto FILE.chip [--measured FILE.devices]] [--code C] "
                   "[--out NAME]",
                   "Turns a checkpoint into a chip (everything frozen at manufacture: shapes, "
                   "devices,\n"
                   "permutation circuits) and a configuration for it (everything loadable: wiring "
                   "codes,\n"
                   "post-op registers). Writes NAME.chip, NAME.plc and NAME.report.json. With "
                   "--onto the\n"
                   "chip is an existing one and only the configuration is made. With --measured it "
                   "is made for\n"
                   "one fabricated copy of that chip: every permutation is re-derived so that the "
                   "measured\n"
                   "devices follow the trained ranking, stuck switches are routed round, the "
                   "post-op is\n"
                   "calibrated again. With --data, too, what the inputs are like decides which of "
                   "them get the\n"
                   "devices that are dead or far off.",
                   "permloom compile runs/digits-digits-s1 --out digits\n"
                   "permloom compile runs/digits-odd --onto digits.chip --out odd\n"
                   "permloom compile runs/digits-digits-s1 --onto digits.chip --measured "
                   "lab.devices --data digits --out lab\n"
                   "permloom compile runs/f1-s3 --set engine=serial --set lanes=2 --out f1\n"
                   "permloom compile runs/f1-s3 --target ice40-hx8k --out f1\n"
                   "permloom compile runs/f1-s3 --set engine=auto --set budget.luts=3000\n"
                   "permloom compile runs/f1-s3 --code lehmer --json")
        .argument("RUN", "a run directory, or a checkpoint (.safetensors)")
        .value("target", "T", "what to build: a description (.yaml), or a name in models/targets",
               "generic")
        .repeatable("set", "key=value",
                    "replace one key of the target, for example engine=level; repeatable")
        .value("onto", "FILE.chip", "compile for this chip")
        .value("measured", "FILE.devices", "of --onto, compile for this fabricated copy")
        .value("data", "D", "of --measured: training images of this data set say what inputs are")
        .value("images", "N", "of --data: the first so many", "2000")
        .value("placement", "P",
               "of --measured: nominal (the chip's own wiring), rank, or refined (needs --data); "
               "default: rank, with --data refined")
        .value("calibration", "C",
               "of --measured: none, constants (what the devices alone say) or inputs (needs "
               "--data); default: constants, with --data inputs")
        .value("missing-limit", "P", "of --measured: part of a layer's cells that may be missing",
               "0.05")
        .value("code", "C",
               "wiring code, as listed by `permloom perm cost --n 8`; auto takes the smallest but "
               "index",
               "auto")
        .value("checkpoint", "WHICH", "last or best", "last")
        .value("out", "NAME", "path without suffix of what is written; default: the network's name")
        .flag("force", "replace a NAME.chip that is another chip")
        .flag("json", "print the report as JSON")
        .exclusive("target", "onto")
        .exclusive("set", "onto");
}

/// Configurations made for the chip that `path` holds now would become orphans.
void require_replaceable(const fs::path& path, const Chip& chip, bool force) {
    if (force || !fs::exists(path) || fingerprint(load_chip(path)) == fingerprint(chip)) return;
    throw Error(path.string(), "holds another chip, whose configurations would lose it",
                "choose another --out, or give --force to replace it");
}

TargetSpec read_target(const Values& values) {
    std::vector<Override> overrides;
    for (const std::string& text : values.list("set"))
        overrides.push_back(parse_override(text));
    return load_target(values.text("target"), overrides);
}

std::string bits(uint64_t count) {
    return grouped(static_cast<int64_t>(count));
}

void print_report(const CompileResult& result) {
    const CompileReport& report = result.report;
    Table table({"layer", "engine", "lines", "switches", "stages", "code", "wiring bits", "bound",
                 "register bits", "framing", "load bits", "wires", "cycles", "acc bits"});
    int64_t switches = 0, left_out = 0;
    for (size_t i = 0; i < report.layers.size(); ++i) {
        const LayerReport& layer = report.layers[i];
        switches += layer.switches;
        left_out += layer.switches_left_out;
        table.add({layer_text(result.chip, i),
                   engine_text(layer.engine, layer.lanes, layer.bit_serial, layer.decoder),
                   grouped(layer.lines), layer.switches > 0 ? grouped(layer.switches) : "-",
                   layer.stages > 0 ? std::to_string(layer.stages) : "-", layer.code,
                   bits(layer.wiring_bits), fmt::format("{:.1f}", layer.wiring_bound),
                   bits(layer.register_bits), bits(layer.framing_bits), bits(layer.load_bits),
                   grouped(layer.wires), grouped(layer.cycles),
                   std::to_string(layer.accumulator_bits)});
    }
    table.add({"total", "", "", switches > 0 ? grouped(switches) : "-", "", "",
               bits(report.wiring_bits), fmt::format("{:.1f}", report.wiring_bound),
               bits(report.register_bits), bits(report.framing_bits), bits(report.load_bits),
               grouped(report.wires), grouped(report.interval_cycles), ""});
    fmt::print("{}", table.text());
    fmt::print(
        "\n{} weights, {} wires{}; one image every {} cycles, latency {} cycles\n",
        grouped(report.weights), grouped(report.wires),
        report.wiring_only ? "; wiring-only (no register differs between neurons of a layer)" : "",
        grouped(report.interval_cycles), grouped(report.latency_cycles));
    if (left_out > 0)
        fmt::print("{} of {} switches lead to devices of 0 only and are not built\n",
                   grouped(left_out), grouped(switches));
    int64_t rom_bits = 0;
    for (const LayerReport& layer : report.layers)
        rom_bits += layer.weight_rom_bits;
    if (rom_bits > 0)
        fmt::print("a profile per neuron: the devices are a memory of {} bits\n",
                   grouped(rom_bits));
}

/// What `engine: auto` chose, and why.
void print_choice(const Chip& chip, const EngineChoice& choice) {
    Table table({"chosen", "engine", "cycles", "LUT4", "flip-flops", "block RAMs",
                 "cheapest of so many in time, of all"});
    const auto count = [](double luts) { return grouped(std::llround(luts)); };
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const PartEstimate& part = choice.estimate.layers[l];
        const ChipLayer& layer = chip.layers[l];
        table.add({layer_text(chip, l), engine_text(layer), grouped(part.interval),
                   count(part.cost.luts), grouped(part.cost.flip_flops), grouped(part.cost.rams),
                   fmt::format("{} of {}", choice.layers[l].in_time, choice.layers[l].built)});
    }
    const Cost total = choice.estimate.total();
    table.add({"chip", "", grouped(choice.estimate.interval), count(total.luts),
               grouped(total.flip_flops), grouped(total.rams), ""});
    if (choice.faster_interval > 0)
        table.add({"next faster, does not fit", "", grouped(choice.faster_interval),
                   count(choice.faster_cost.luts), grouped(choice.faster_cost.flip_flops),
                   grouped(choice.faster_cost.rams), ""});
    fmt::print("{}\n", table.text());
}

/// The chip beside one with an ordinary weight memory, as many lanes and the same post-op.
void print_yardstick(const CompileResult& result) {
    const CompileReport& report = result.report;
    Table table({"ours / a weight memory", "bits to load", "memory bits", "cycles", "multipliers"});
    const auto add = [&](const std::string& name, const LayerCost& ours, const LayerCost& theirs) {
        const auto pair = [](int64_t one, int64_t other) {
            return fmt::format("{} / {}", grouped(one), grouped(other));
        };
        table.add(
            {name,
             pair(static_cast<int64_t>(ours.load_bits), static_cast<int64_t>(theirs.load_bits)),
             pair(static_cast<int64_t>(ours.memory_bits), static_cast<int64_t>(theirs.memory_bits)),
             pair(ours.cycles, theirs.cycles), pair(ours.multipliers, theirs.multipliers)});
    };
    for (size_t l = 0; l < report.layers.size(); ++l)
        add(layer_text(result.chip, l), report.layers[l].permuted, report.layers[l].programmable);
    add("total", report.permuted, report.programmable);
    fmt::print("\n{}\n", table.text());
}

void require_options_of_measured(const Values& values) {
    const bool measured = values.has("measured");
    if (measured && !values.has("onto"))
        throw Error("--measured", "needs --onto, the chip that was fabricated", {},
                    ErrorKind::usage);
    for (const char* option : {"data", "placement", "calibration", "images", "missing-limit"})
        if (values.given(option) && !measured)
            throw Error(fmt::format("--{}", option), "needs --measured", {}, ErrorKind::usage);
    for (const auto& [option, choice] :
         {std::pair("placement", "refined"), std::pair("calibration", "inputs")})
        if (values.text(option) == choice && !values.has("data"))
            throw Error(fmt::format("--{}", option), fmt::format("{} needs --data", choice), {},
                        ErrorKind::usage);
}

/// The moments of the inputs of every layer on the chip's own devices.
std::vector<InputMoments> moments_of(const Checkpoint& checkpoint, const Chip& chip,
                                     const Values& values) {
    CompileOptions nominal;
    nominal.onto = chip;
    const CompileResult ideal = compile(on_nominal_devices(checkpoint, chip), nominal);
    const Dataset data =
        load_data(values.text("data"),
                  {ideal.configuration.input.size, chip.outputs(), checkpoint.dataset, {}});
    const int count =
        std::min(static_cast<int>(values.integer("images", 1, INT32_MAX)), data.train.count);
    return input_moments(chip, ideal.configuration,
                         codes_of(data.train, count, ideal.configuration.input));
}

MeasuredOptions measured_options(const Checkpoint& checkpoint, const Chip& chip,
                                 const Values& values) {
    MeasuredOptions options;
    const bool data = values.has("data");
    if (data) options.moments = moments_of(checkpoint, chip, values);
    const std::string placement = values.has("placement")
                                      ? values.choice("placement", {"nominal", "rank", "refined"})
                                  : data ? "refined"
                                         : "rank";
    options.rerank = placement != "nominal";
    options.refine = placement == "refined";
    const std::string calibration =
        values.has("calibration") ? values.choice("calibration", {"none", "constants", "inputs"})
        : data                    ? "inputs"
                                  : "constants";
    options.calibration = calibration == "none"        ? Calibration::none
                          : calibration == "constants" ? Calibration::constants
                                                       : Calibration::inputs;
    return options;
}

void print_recovery(const Chip& chip, const MeasuredResult& result) {
    if (result.layers.front().as_built < 0.0) return;
    Table table(
        {"not as trained, of the variance of the sums", "as built", "re-ranked", "as compiled"});
    for (size_t l = 0; l < result.layers.size(); ++l) {
        const RecoveredLayer& layer = result.layers[l];
        table.add({layer_text(chip, l), percent(layer.as_built), percent(layer.reranked),
                   percent(layer.refined)});
    }
    fmt::print("{}\n", table.text());
}

/// `--onto --measured`: the configuration of one fabricated copy.
int compile_for_copy(const Checkpoint& checkpoint, const fs::path& out, const std::string& code,
                     const Values& values) {
    const ChipCopy copy = load_chip_copy(values.text("measured"), values.text("onto"),
                                         values.real("missing-limit", 0.0, 1.0));
    ThreadPool pool;
    MeasuredOptions options = measured_options(checkpoint, copy.chip, values);
    options.code = code;
    const MeasuredResult result =
        compile_measured(checkpoint, copy.chip, copy.instance, options, pool);
    const fs::path plc = out.string() + ".plc", report = out.string() + ".report.json";
    save_configuration(result.configuration, plc);
    nlohmann::ordered_json json = nlohmann::ordered_json::parse(result.report.to_json());
    json["instance"] = to_hex(instance_id(copy.instance));
    json["neurons_given_way"] = result.given_way;
    json["neurons_lost"] = result.lost;
    if (!options.moments.empty())
        for (size_t l = 0; l < result.layers.size(); ++l)
            json["layers"][l]["error"] = {{"as_built", result.layers[l].as_built},
                                          {"reranked", result.layers[l].reranked},
                                          {"compiled", result.layers[l].refined}};
    write_file(report, json.dump(2) + "\n");
    if (values.flag("json")) {
        fmt::print("{}\n", json.dump(2));
        return OK;
    }
    fmt::print("{} ({}) for copy {} of chip {}\n\n", checkpoint.network.name,
               shape_text(checkpoint.network), to_hex(instance_id(copy.instance), 16),
               to_hex(fingerprint(copy.chip), 16));
    print_recovery(copy.chip, result);
    if (result.given_way > 0)
        fmt::print("{} neurons gave way to stuck switches, {} of them found no way\n",
                   result.given_way, result.lost);
    fmt::print("wrote {}, {}\nnext  permloom simulate {} --chip {} --dut physical --devices {}\n",
               plc.string(), report.string(), plc.string(), copy.chip_path.string(),
               copy.path.string());
    return OK;
}

}  // namespace

int compile_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;

    const std::string which = values.choice("checkpoint", {"last", "best"});
    const Checkpoint checkpoint =
        load_checkpoint(checkpoint_path(values.list("RUN").front(), which));
    const fs::path out = values.text("out", checkpoint.network.name);
    CompileOptions options;
    std::vector<std::string> codes = {"auto"};
    for (const auto& code : all_codes())
        codes.emplace_back(code->name());
    options.code = values.choice("code", codes);
    options.name = out.filename().string();
    require_options_of_measured(values);
    if (values.has("measured")) return compile_for_copy(checkpoint, out, options.code, values);
    if (values.has("onto"))
        options.onto = load_chip(values.text("onto"));
    else
        options.target = read_target(values);
    std::optional<EngineChoice> choice;
    options.choose_engines = [&](Chip& chip) {
        choice = choose_engines(chip, options.target.budget);
    };

    const CompileResult result = compile(checkpoint, options);
    const auto path = [&](const char* suffix) { return fs::path(out.string() + suffix); };
    std::vector<std::string> written;
    if (!options.onto) {
        require_replaceable(path(".chip"), result.chip, values.flag("force"));
        save_chip(result.chip, path(".chip"));
        written.push_back(path(".chip").string());
    }
    save_configuration(result.configuration, path(".plc"));
    const std::string report = result.report.to_json();
    write_file(path(".report.json"), report);
    written.push_back(path(".plc").string());
    written.push_back(path(".report.json").string());

    if (values.flag("json")) {
        fmt::print("{}\n", report);
        return OK;
    }
    fmt::print("{} ({}) for chip {}\n\n", checkpoint.network.name, shape_text(checkpoint.network),
               to_hex(fingerprint(result.chip), 16));
    if (choice) print_choice(result.chip, *choice);
    print_report(result);
    print_yardstick(result);
    fmt::print("wrote {}\n", fmt::join(written, ", "));
    // A chip in the same directory is found by its fingerprint.
    const bool beside =
        !options.onto || fs::path(values.text("onto")).parent_path() == out.parent_path();
    fmt::print("next  permloom simulate {}{}\n", path(".plc").string(),
               beside ? "" : " --chip " + values.text("onto"));
    return OK;
}

}  // namespace permloom::cli
