/// permloom fabricate: a chip -> a copy of it with devices of its own, drawn at random or measured.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "compiler/base/file.h"
#include "compiler/program/measurements.h"
#include "sim/physical/fabricate.h"
#include "tools/permloom/command.h"
#include "tools/permloom/copy_summary.h"
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

    const std::string name = to_hex(instance_id(copy));
    if (values.flag("json")) {
        fmt::print("{}\n", nlohmann::ordered_json{{"devices", out.string()},
                                                  {"instance", name},
                                                  {"chip", to_hex(fingerprint(chip))},
                                                  {"origin", copy.origin},
                                                  {"seed", copy.seed},
                                                  {"layers", copy_json(chip, copy)}}
                               .dump(2));
        return OK;
    }
    fmt::print("copy {} of chip {}, from {}{}\n\n{}\nwrote {}\n", name.substr(0, 16),
               to_hex(fingerprint(chip), 16), copy.origin,
               values.has("measured") ? "" : fmt::format(", seed {}", copy.seed),
               copy_table(chip, copy), out.string());
    fmt::print("next  permloom compile RUN --onto {} --measured {}\n", chip_path.string(),
               out.string());
    return OK;
}

}  // namespace permloom::cli
