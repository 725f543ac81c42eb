/// permloom export: a trained network in the formats of other programs.
#include <fmt/format.h>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/checkpoint/npz_export.h"
#include "compiler/checkpoint/onnx_export.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/options.h"

namespace permloom::cli {
namespace {

Options options() {
    return Options("export", "RUN --format npz|onnx --out FILE",
                   "Writes a trained network for other programs, with its projected weights: each "
                   "weight vector\n"
                   "a permutation of its devices.\n"
                   "npz: arrays for NumPy; per layer kernel as Keras lays it out, bias, batch "
                   "norms, alpha and\n"
                   "offset, and the wiring behind the kernel: source and profile.\n"
                   "onnx: a model from pixels, as the data set has them, to logits, with the "
                   "arithmetic of\n"
                   "permloom evaluate on the run.",
                   "permloom export runs/digits-digits-s1 --format npz --out digits.npz\n"
                   "permloom export runs/digits-digits-s1 --format onnx --out digits.onnx")
        .argument("RUN", "a run directory, or a checkpoint file")
        .value("format", "F", "npz or onnx (required)")
        .value("out", "FILE", "the file to write (required)")
        .value("checkpoint", "WHICH", "last or best of a run directory", "last")
        .flag("compress", "deflate the arrays of npz");
}

void require(const Values& values, const char* name, const char* what) {
    if (!values.has(name))
        throw Error(std::string("--") + name, std::string("missing: ") + what,
                    "permloom export --help", ErrorKind::usage);
}

}  // namespace

int export_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    require(values, "format", "npz or onnx");
    require(values, "out", "the file to write");
    const bool npz = values.choice("format", {"npz", "onnx"}) == "npz";
    if (!npz && values.flag("compress"))
        throw Error("--compress", "is for --format npz", {}, ErrorKind::usage);
    const Checkpoint checkpoint = load_checkpoint(
        checkpoint_path(values.list("RUN").front(), values.choice("checkpoint", {"last", "best"})));
    const std::vector<uint8_t> bytes =
        npz ? to_npz(checkpoint, values.flag("compress")) : to_onnx(checkpoint);
    write_file(values.text("out"), bytes);
    fmt::print("wrote {} ({} bytes)\n", values.text("out"),
               grouped(static_cast<int64_t>(bytes.size())));
    return OK;
}

}  // namespace permloom::cli
