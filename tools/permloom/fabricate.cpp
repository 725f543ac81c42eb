/// permloom fabricate: a chip -> a copy of it with devices of its own, drawn at random or measured.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "compiler/base/file.h"
#include "compiler/program/measurements.h"
#include "sim/physical/fabricate.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/device_options.h"
#include "tools/permloom/inputs.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

Options options() {
    Options options(
        "fabricate", "FILE.chip [--device D | --measured FILE.csv] [--out NAME.devices]",
        "Makes one copy of a chip. Its devices are drawn by a description of how devices differ "
        "from\n"
        "what they should be, or read from laboratory measurements. The copy is given to\n"
        "`compile --measured`, which re-derives the wiring for it, to `simulate --dut physical\n"
        "--devices`, and to `train --devices`.\n"
        "Measurements are lines `layer,neuron,slot,plus,minus` under a header of these names: "
        "slots\n"
        "count from 0 in the order of the chip's sorted bank, minus is empty where a slot has one\n"
        "device, plus where nothing was measured.",
        "permloom fabricate digits.chip --device resistor-array --seed 3\n"
        "permloom fabricate digits.chip --set device.dead=0.3 --banks neuron --out dead.devices\n"
        "permloom fabricate digits.chip --measured lab.csv --sign pair --out lab.devices\n"
        "permloom fabricate digits.chip --device resistor-array --csv copy.csv");
    options.argument("FILE.chip", "a chip");
    add_device_options(options, "ideal");
    options
        .repeatable("set", "key=value",
                    "replace one key of the device description, dotted; repeatable")
        .value("seed", "S", "seed of the copies", "1")
        .value("trial", "N",
               "number of the copy among those of the seed, as simulate and study count them", "0")
        .value("measured", "FILE.csv", "measurements in place of --device")
        .value("sign", "SCHEME", "of measured devices: pair, offset or carried", "pair")
        .value("unit", "G",
               "of measured devices: conductance of one step; 0: what fits the chip's values best",
               "0")
        .value("missing-limit", "P", "part of a layer's cells that need not be measured", "0.05")
        .value("out", "NAME.devices", "default: the chip's name")
        .value("csv", "FILE.csv", "write the copy as measurements, too")
        .flag("json", "print the result as JSON")
        .exclusive("measured", "set")
        .exclusive("measured", "csv");
    return options;
}

/// Of a layer: how many devices there are and how far they are from what they should be.
struct LayerSummary {
    int banks = 0;
    size_t cells = 0, missing = 0, stuck = 0;
    double error = 0.0;  ///< root mean square of measured - nominal, in steps
};

LayerSummary summary_of(const ChipLayer& layer, const LayerInstance& copy) {
    LayerSummary summary{copy.banks, copy.plus.size(), copy.missing(), copy.stuck.size(), 0.0};
    double squares = 0.0;
    for (int bank = 0; bank < copy.banks; ++bank) {
        const std::vector<double> measured = measured_bank(layer, copy, bank);
        for (size_t slot = 0; slot < measured.size(); ++slot) {
            const double difference = measured[slot] - layer.bank(bank)[slot];
            squares += difference * difference;
        }
    }
    summary.error = std::sqrt(squares / static_cast<double>(summary.cells));
    return summary;
}

DeviceInstance make(const Values& values, const Chip& chip) {
    if (values.has("measured"))
        return read_measurements(values.text("measured"), chip,
                                 sign_scheme_from_string(values.text("sign"), "--sign"),
                                 values.real("unit", 0.0, 1e30));
    FabricateOptions how;
    how.seed = static_cast<uint64_t>(values.integer("seed", 0, INT64_MAX));
    how.trial = static_cast<uint32_t>(values.integer("trial", 0, INT32_MAX));
    how.sharing = read_sharing(values);
    return fabricate(chip, read_device_model(values), how);
}

}  // namespace

int fabricate_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    const fs::path chip_path = values.list("FILE.chip").front();
    const Chip chip = load_chip(chip_path);
    const DeviceInstance copy = make(values, chip);
    const fs::path out =
        values.text("out", fs::path(chip_path).replace_extension(".devices").string());
    check(copy, chip, values.text("measured", out.string()),
          values.real("missing-limit", 0.0, 1.0));
    save_instance(copy, out);
    if (values.has("csv")) write_file(values.text("csv"), measurements_csv(copy, chip));

    Table table({"layer", "banks", "slots", "missing", "stuck switches", "rms error, steps"});
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const LayerSummary summary = summary_of(chip.layers[l], copy.layers[l]);
        table.add({layer_text(chip, l), grouped(summary.banks),
                   grouped(static_cast<int64_t>(summary.cells)),
                   grouped(static_cast<int64_t>(summary.missing)),
                   grouped(static_cast<int64_t>(summary.stuck)),
                   fmt::format("{:.4f}", summary.error)});
        layers.push_back({{"banks", summary.banks},
                          {"slots", summary.cells},
                          {"missing", summary.missing},
                          {"stuck_switches", summary.stuck},
                          {"rms_error", summary.error}});
    }
    const std::string name = to_hex(instance_id(copy));
    if (values.flag("json")) {
        fmt::print("{}\n", nlohmann::ordered_json{{"devices", out.string()},
                                                  {"instance", name},
                                                  {"chip", to_hex(fingerprint(chip))},
                                                  {"origin", copy.origin},
                                                  {"seed", copy.seed},
                                                  {"layers", layers}}
                               .dump(2));
        return OK;
    }
    fmt::print("copy {} of chip {}, from {}{}\n\n{}\nwrote {}\n", name.substr(0, 16),
               to_hex(fingerprint(chip), 16), copy.origin,
               values.has("measured") ? "" : fmt::format(", seed {}", copy.seed), table.text(),
               out.string());
    fmt::print("next  permloom compile RUN --onto {} --measured {}\n", chip_path.string(),
               out.string());
    return OK;
}

}  // namespace permloom::cli
