/// permloom emit: chip + configuration -> a directory of Verilog that checks itself.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "compiler/base/file.h"
#include "compiler/emit/generic.h"
#include "sim/reference/reference.h"
#include "tools/permloom/command.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/integer_run.h"
#include "tools/permloom/options.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

Options options() {
    return Options(
               "emit", "FILE.plc --out DIR [--target generic] [options]",
               "Writes the chip as Verilog: cells, top, memory images, the load stream of the\n"
               "configuration, and a testbench with test images and the answers of the integer\n"
               "reference. `make` in DIR lints (Verilator), simulates (Icarus) and counts cells "
               "(Yosys).",
               "permloom emit digits.plc --out design && make -C design\n"
               "permloom emit f1.plc --out design --count 3 --data mnist")
        .argument("FILE.plc", "a configuration")
        .value("target", "T", "generic", "generic")
        .value("out", "DIR", "output directory (required)")
        .value("count", "N", "test images stored with the testbench", "10")
        .value("data", "D", "data set of those images; default: the one it was trained on")
        .value("chip", "FILE.chip",
               "default: FILE.chip beside FILE.plc, or the chip in its directory that FILE.plc was "
               "made for")
        .flag("force", "write into an existing DIR");
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

}  // namespace

int emit_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    values.choice("target", {"generic"});
    if (!values.has("out"))
        throw Error("--out", "missing: the directory to write", "permloom emit --help",
                    ErrorKind::usage);
    const int count = static_cast<int>(values.integer("count", 1, 1'000'000));

    const Program program = load_program(values.list("FILE.plc").front(), values.text("chip"));
    const Dataset data = load_data(values.text("data"), needs_of(program));
    const std::vector<EmittedFile> files =
        emit_generic(program.chip, program.configuration, make_vectors(program, data.test, count));

    const fs::path out = values.text("out");
    make_output_directory(out, values.flag("force"));
    for (const EmittedFile& file : files) {
        const fs::path path = out / file.name;
        if (path.has_parent_path()) make_output_directory(path.parent_path(), true);
        write_file(path, file.text);
    }
    fmt::print("wrote {} files to {}\nnext  make -C {}\n", files.size(), out.string(),
               out.string());
    return OK;
}

}  // namespace permloom::cli
