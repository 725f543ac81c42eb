/// permloom plot: runs and sweeps -> one SVG.
#include "tools/permloom/plot/plot.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <filesystem>

#include "compiler/base/file.h"
#include "tools/permloom/command.h"
#include "tools/permloom/options.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

Options options() {
    return Options("plot", "RUN... [--kind K] [--out FILE.svg] [options]",
                   "Draws what training left behind, as an SVG that browsers and editors open.\n"
                   "  accuracy   accuracy and loss over the epochs of several runs; seeds of one "
                   "setting become a band\n"
                   "  ranking    how far weights move through their ranking, and the test loss\n"
                   "  k-sweep    a measure over one axis of a sweep, the sync period for example\n"
                   "  moved      one weight vector as an image before and after training, arrows "
                   "where weights went\n"
                   "  graph      a network of one layer: pixels, outputs and the wires between "
                   "them\n"
                   "RUN is a run directory or, of accuracy, ranking and k-sweep, the directory of "
                   "a sweep; moved takes\n"
                   "one or two runs or checkpoints (before, after).",
                   "permloom plot runs/digits-digits-s1 runs/digits-digits-s2\n"
                   "permloom plot runs/fig06-reduced --kind k-sweep --out fig06.svg\n"
                   "permloom plot runs/fig09-reduced --kind k-sweep --x layers.1+.devices.keep\n"
                   "permloom plot runs/mlp-100-100-float-mnist-s1 --kind moved --neuron 0:7\n"
                   "permloom plot runs/f1-mnist-s1 --kind graph --out -")
        .arguments("RUN", "run directories, the directory of a sweep, or checkpoints")
        .value("kind", "K",
               "accuracy, ranking, k-sweep, moved or graph; default: accuracy, of a "
               ".csv k-sweep")
        .value("out", "FILE.svg", "where to write; - prints; default: KIND.svg in the first RUN")
        .value("layer", "L", "of ranking: the layer drawn", "0")
        .value("neuron", "L:J", "of moved: layer and neuron drawn", "0:0")
        .value("arrows", "N", "of moved: at most so many arrows", "32")
        .value("x", "COLUMN",
               "of k-sweep: column of sweep.csv along x; default: the first axis "
               "whose values are numbers")
        .value("y", "COLUMN", "of k-sweep: default accuracy_final")
        .value("lines", "COLUMN", "of k-sweep: a line for each value; default: the other axes");
}

/// Options that one kind alone has.
void check_kind(const Values& values, const std::string& kind) {
    const std::pair<const char*, const char*> OF_KIND[] = {
        {"layer", "ranking"}, {"neuron", "moved"}, {"arrows", "moved"},
        {"x", "k-sweep"},     {"y", "k-sweep"},    {"lines", "k-sweep"}};
    for (const auto& [option, its_kind] : OF_KIND)
        if (values.given(option) && kind != its_kind)
            throw Error(std::string("--") + option,
                        fmt::format("has no meaning for --kind {}, only for {}", kind, its_kind),
                        {}, ErrorKind::usage);
}

std::pair<int, int> read_neuron(const std::string& text) {
    int layer = -1, neuron = -1;
    const char* end = text.data() + text.size();
    const auto [colon, first] = std::from_chars(text.data(), end, layer);
    if (first == std::errc{} && colon != end && *colon == ':') {
        const auto [stop, second] = std::from_chars(colon + 1, end, neuron);
        if (second == std::errc{} && stop == end && layer >= 0 && neuron >= 0)
            return {layer, neuron};
    }
    throw Error("--neuron", "'" + text + "' is not L:J", "for example --neuron 0:5",
                ErrorKind::usage);
}

/// The one argument of kinds that draw one thing.
std::string only_one(const std::vector<std::string>& runs, const std::string& kind) {
    if (runs.size() > 1)
        throw Error(runs[1], "one at a time with --kind " + kind, {}, ErrorKind::usage);
    return runs.front();
}

std::string draw_kind(const std::string& kind, const std::vector<std::string>& runs,
                      const Values& values) {
    if (kind == "accuracy") return plot_accuracy(runs);
    if (kind == "ranking")
        return plot_ranking(runs, static_cast<int>(values.integer("layer", 0, 1000)));
    if (kind == "k-sweep")
        return plot_k_sweep(only_one(runs, kind),
                            {values.text("x"), values.text("y"), values.text("lines")});
    if (kind == "graph") return plot_graph(only_one(runs, kind));
    if (runs.size() > 2) throw Error(runs[2], "moved compares two at most", {}, ErrorKind::usage);
    const auto [layer, neuron] = read_neuron(values.text("neuron"));
    return plot_moved(runs.back(), runs.size() == 2 ? runs.front() : "", layer, neuron,
                      static_cast<int>(values.integer("arrows", 0, 100'000)));
}

}  // namespace

int plot_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    const std::vector<std::string> runs = values.list("RUN");
    const fs::path first = runs.front();
    const std::string kind =
        values.has("kind")
            ? values.choice("kind", {"accuracy", "ranking", "k-sweep", "moved", "graph"})
            : (first.extension() == ".csv" ? "k-sweep" : "accuracy");
    check_kind(values, kind);

    const std::string picture = draw_kind(kind, runs, values);
    const fs::path directory = fs::is_directory(first) ? first : first.parent_path();
    const std::string out = values.text("out", (directory / (kind + ".svg")).string());
    if (out == "-") {
        std::fputs(picture.c_str(), stdout);
        return OK;
    }
    write_file(out, std::string_view(picture));
    fmt::print("{}\n", out);
    return OK;
}

}  // namespace permloom::cli
