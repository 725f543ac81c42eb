/// permloom emit: chip + configuration -> a directory of Verilog that checks itself.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "compiler/base/digest.h"
#include "compiler/base/file.h"
#include "compiler/emit/boot_images.h"
#include "compiler/emit/generic.h"
#include "compiler/emit/ice40.h"
#include "compiler/emit/xilinx.h"
#include "sim/reference/reference.h"
#include "tools/permloom/chip_picture.h"
#include "tools/permloom/command.h"
#include "tools/permloom/emit_report.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/integer_run.h"
#include "tools/permloom/options.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> targets() {
    std::vector<std::string> names = {"generic"};
    for (const std::string& name : ice40_targets())
        names.push_back(name);
    names.emplace_back("xilinx");
    return names;
}

Options options() {
    return Options(
               "emit",
               "FILE.plc --out DIR [--target T] [options] | FILE.plc --svg FILE.svg | --report DIR",
               "Writes the chip as Verilog: cells, top, memory images, the load stream of the\n"
               "configuration, and a testbench with test images and the answers of the integer\n"
               "reference. `make` in DIR says what it can do: target generic lints (Verilator),\n"
               "simulates (Icarus) and counts cells (Yosys); the ice40 targets also make a "
               "bitstream for\n"
               "a board with a serial line, with the configuration in it (Yosys, nextpnr, "
               "icepack);\n"
               "target xilinx counts LUTs (Yosys) and brings constraints and an untested script "
               "for "
               "Vivado.\n"
               "The estimate of what the chip costs is printed and written to report.json; "
               "--report "
               "shows\n"
               "beside it what the tools have counted in the meantime.",
               "permloom emit digits.plc --out design && make -C design\n"
               "permloom emit f1.plc --out design --count 3 --data mnist\n"
               "permloom emit f1.plc --target ice40-hx8k --out board && make -C board bitstream\n"
               "permloom emit --report board\n"
               "permloom emit f1.plc --svg f1.svg")
        .optional_argument("FILE.plc", "a configuration")
        .value("target", "T", fmt::format("{}", fmt::join(targets(), ", ")), "generic")
        .value("out", "DIR", "output directory")
        .value("svg", "FILE.svg", "draw the chip as a block diagram")
        .value("report", "DIR", "the results in a directory that was written before")
        .value("count", "N", "test images stored with the testbench", "10")
        .value("data", "D", "data set of those images; default: the one it was trained on")
        .value("chip", "FILE.chip",
               "default: FILE.chip beside FILE.plc, or the chip in its directory that FILE.plc was "
               "made for")
        .flag("images-only",
              "ice40: only the memory images of the configuration, for a bitstream that exists")
        .flag(
            "no-boot",
            "ice40: no configuration in the bitstream, which saves its memory; the chip waits for "
            "a load over the serial line")
        .value(
            "clock", "MHZ",
            "ice40: clock of the board, a multiple of 3; default: one that chips like this reach")
        .flag("force", "write into an existing DIR")
        .flag("json", "print the estimate, or the report, as JSON")
        .exclusive("no-boot", "images-only")
        .exclusive("json", "images-only")
        .exclusive("report", "out")
        .exclusive("report", "svg");
}

EmitVectors make_vectors(const Program& program, const Images& images, int count) {
    EmitVectors vectors;
    vectors.codes = codes_of(images, std::min(count, images.count), program.configuration.input);
    const auto model = make_reference(program.chip, program.configuration);
    for (const auto& codes : vectors.codes) {
        Inference inference = model->infer(codes);
        vectors.logits.push_back(std::move(inference.logits));
        vectors.labels.push_back(inference.label);
    }
    return vectors;
}

/// The estimate of what is to be built for the target.
ChipReport make_report(const Program& program, const std::string& target, bool boots) {
    ChipReport report{program.chip.name, target, to_hex(fingerprint(program.chip)), {}, {}, {}};
    EstimateOptions options;
    if (target != "generic") {
        options = {.probes = false, .board = true};
        if (boots && target != "xilinx")
            options.boot_words =
                static_cast<int>(boot_stream(expand(program.chip, program.configuration)).size());
    }
    report.estimate = estimate(program.chip, options);
    return report;
}

int show_report(const fs::path& directory, bool json) {
    const ChipReport report = collect_results(directory);
    fmt::print("{}", json ? report.to_json() : results_text(report, directory));
    return OK;
}

}  // namespace

int emit_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    if (values.has("report")) {
        if (!values.list("FILE.plc").empty())
            throw Error("--report", "takes no FILE.plc", "permloom emit --help", ErrorKind::usage);
        return show_report(values.text("report"), values.flag("json"));
    }
    if (values.list("FILE.plc").empty())
        throw Error("FILE.plc", "missing: a configuration", "permloom emit --help",
                    ErrorKind::usage);
    const std::string target = values.choice("target", targets());
    const bool board = std::ranges::count(ice40_targets(), target) > 0;
    if (!values.has("out") && !values.has("svg"))
        throw Error("--out", "missing: the directory to write", "permloom emit --help",
                    ErrorKind::usage);
    if (values.flag("images-only") && !board)
        throw Error("--images-only", "is for the ice40 targets", {}, ErrorKind::usage);
    if (values.flag("no-boot") && !board)
        throw Error("--no-boot", "is for the ice40 targets", {}, ErrorKind::usage);
    if (values.has("clock") && !board)
        throw Error("--clock", "is for the ice40 targets", {}, ErrorKind::usage);

    const Program program = load_program(values.list("FILE.plc").front(), values.text("chip"));
    if (values.has("svg")) {
        const ChipReport report = make_report(program, target, !values.flag("no-boot"));
        write_file(values.text("svg"), draw_chip(program.chip, report.estimate));
        if (!values.flag("json")) fmt::print("wrote {}\n", values.text("svg"));
        if (!values.has("out")) return OK;
    }
    std::vector<EmittedFile> files;
    if (values.flag("images-only")) {
        files = boot_images(program.chip, expand(program.chip, program.configuration));
    } else {
        const int count = static_cast<int>(values.integer("count", 1, 1'000'000));
        const Dataset data = load_data(values.text("data"), needs_of(program));
        const EmitVectors vectors = make_vectors(program, data.test, count);
        files = board
                    ? emit_ice40(target, program.chip, program.configuration, vectors,
                                 {.boots = !values.flag("no-boot"),
                                  .clock_mhz = values.has("clock")
                                                   ? static_cast<int>(values.integer(
                                                         "clock", ICE40_CLOCK_MIN, ICE40_CLOCK_MAX))
                                                   : 0})
                : target == "xilinx" ? emit_xilinx(program.chip, program.configuration, vectors)
                                     : emit_generic(program.chip, program.configuration, vectors);
    }

    const bool whole = !values.flag("images-only");
    std::optional<ChipReport> report;
    if (whole) {
        report = make_report(program, target, !values.flag("no-boot"));
        files.push_back({CHIP_REPORT_FILE, report->to_json()});
    }

    const fs::path out = values.text("out");
    make_output_directory(out, values.flag("force"));
    for (const EmittedFile& file : files) {
        const fs::path path = out / file.name;
        if (path.has_parent_path()) make_output_directory(path.parent_path(), true);
        write_file(path, file.text);
    }
    // `make reload` checks a configuration against it.
    if (board && whole) save_chip(program.chip, out / "chip.chip");
    if (values.flag("json")) {
        fmt::print("{}", report->to_json());
        return OK;
    }
    if (whole) fmt::print("{}", estimate_text(program.chip, report->estimate));
    fmt::print("wrote {} files to {}\n", files.size(), out.string());
    if (whole) fmt::print("next  make -C {}{}\n", out.string(), board ? " bitstream" : "");
    return OK;
}

}  // namespace permloom::cli
