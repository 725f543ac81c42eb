/// permloom profile: the weight profiles of a file, as a table and as a picture.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/layer_measures.h"
#include "tools/permloom/options.h"
#include "tools/permloom/profile_picture.h"
#include "tools/permloom/weight_files.h"

namespace permloom::cli {
namespace {

using Json = nlohmann::ordered_json;

/// More layers than this in one picture are too small to read.
constexpr size_t MAX_DRAWN_LAYERS = 4;
constexpr size_t MAX_VIEWS = 4;
const std::vector<View> USUAL_VIEWS = {{12, 18}, {58, 30}};

Options options() {
    return Options("profile", "FILE [--layer L]... [--out FILE.svg] [options]",
                   "Shows the weight profiles of a file: the values of each weight vector (the "
                   "fan-in of one\n"
                   "output), as they are and sorted. FILE is a run, a checkpoint, or weights of "
                   "another\n"
                   "program: Keras .h5, NumPy .npz, .safetensors; arrays with 2 axes are dense "
                   "layers, with 4\n"
                   "convolutions. Prints a line a layer; --out draws the vectors stacked in depth. "
                   "Similarity\n"
                   "is 1 where all vectors of a layer hold the same values; wirings is the number "
                   "of\n"
                   "arrangements of the same values.",
                   "permloom profile runs/digits-digits-s1\n"
                   "permloom profile F1.h5 --out f1.svg\n"
                   "permloom profile vgg16.npz --layer 3 --out conv.svg --view 0,10 --view 70,35\n"
                   "permloom profile resnet.safetensors --layer layer1.0.conv1.weight --json")
        .argument("FILE", "a run directory, .safetensors, .h5 or .npz")
        .repeatable("layer", "NAME|INDEX", "only this layer; may be given several times")
        .value("out", "FILE.svg",
               fmt::format("draws the layers (at most {}, evenly spaced)", MAX_DRAWN_LAYERS))
        .repeatable("view", "AZIMUTH,ELEVATION",
                    "a side to draw from, in degrees; default: 12,18 and 58,30")
        .value("layout", "keras|pytorch",
               "axes of foreign arrays: (inputs, outputs), (rows, columns, inputs, outputs) or "
               "(outputs, inputs), (outputs, inputs, rows, columns); default: pytorch for "
               ".safetensors, else keras")
        .value("checkpoint", "WHICH", "last or best of a run directory", "last")
        .flag("json", "print as JSON");
}

const WeightVectors& chosen_layer(const WeightFile& file, const std::string& wanted) {
    const auto named = std::ranges::find(file.layers, wanted, &WeightVectors::name);
    if (named != file.layers.end()) return *named;
    size_t index = file.layers.size();
    const auto [end, code] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
    if (code == std::errc{} && end == wanted.data() + wanted.size() && index < file.layers.size())
        return file.layers[index];
    std::vector<std::string> names;
    for (const WeightVectors& layer : file.layers)
        names.push_back(layer.name);
    throw Error(
        "--layer",
        fmt::format("'{}' is no layer of {}{}", wanted, file.path.string(),
                    did_you_mean(wanted, names)),
        fmt::format("a name as in the table without --layer, or one of 0..{}", names.size() - 1),
        ErrorKind::usage);
}

View parse_view(const std::string& text) {
    View view;
    const auto number = [](std::string_view digits, double low, double high, double& value) {
        const char* end = digits.data() + digits.size();
        const auto [stop, code] = std::from_chars(digits.data(), end, value);
        return code == std::errc{} && stop == end && value >= low && value <= high;
    };
    const size_t comma = std::min(text.find(','), text.size() - 1);
    const std::string_view whole = text;
    if (!number(whole.substr(0, comma), -360.0, 360.0, view.azimuth) ||
        !number(whole.substr(comma + 1), 0.0, 90.0, view.elevation))
        throw Error("--view",
                    "'" + text + "' is not AZIMUTH,ELEVATION with -360 to 360 and 0 to 90 degrees",
                    "for example --view 58,30", ErrorKind::usage);
    return view;
}

std::vector<View> chosen_views(const Values& values) {
    std::vector<View> views;
    for (const std::string& text : values.list("view"))
        views.push_back(parse_view(text));
    if (views.size() > MAX_VIEWS)
        throw Error("--view", fmt::format("given {} times, {} views fit", views.size(), MAX_VIEWS),
                    {}, ErrorKind::usage);
    return views.empty() ? USUAL_VIEWS : views;
}

/// How many layers the picture shows.
size_t draw(const std::vector<const WeightVectors*>& layers, const std::vector<Measures>& measures,
            const std::vector<View>& views, const std::string& out) {
    const size_t count = std::min(layers.size(), MAX_DRAWN_LAYERS);
    std::vector<LayerPicture> pictures;
    for (size_t k = 0; k < count; ++k) {
        const size_t l = count == 1 ? 0 : k * (layers.size() - 1) / (count - 1);
        const WeightVectors& layer = *layers[l];
        pictures.push_back(
            {&layer, fmt::format("{}: {} weight vectors of {}, similarity {}", layer.name,
                                 grouped(layer.outputs), grouped(layer.length),
                                 similarity_text(measures[l].similarity))});
    }
    write_file(out, draw_profiles(pictures, views));
    return count;
}

void print_json(const WeightFile& file, const std::vector<const WeightVectors*>& layers,
                const std::vector<Measures>& measures, const std::string& out) {
    Json list = Json::array();
    for (size_t l = 0; l < layers.size(); ++l) {
        const Measures& m = measures[l];
        list.push_back({{"name", layers[l]->name},
                        {"vectors", layers[l]->outputs},
                        {"length", layers[l]->length},
                        {"min", m.low},
                        {"max", m.high},
                        {"mean", m.mean},
                        {"sd", m.sd},
                        {"zero_fraction", m.zeros},
                        {"distinct_values", m.distinct},
                        {"similarity", std::isnan(m.similarity) ? Json() : Json(m.similarity)},
                        {"wirings_log10", m.wirings_log10}});
    }
    const Json json = {{"file", file.path.string()},
                       {"kind", file.kind},
                       {"layers", list},
                       {"skipped_arrays", file.skipped},
                       {"picture", out.empty() ? Json() : Json(out)}};
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

int profile_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    const std::vector<View> views = chosen_views(values);
    std::optional<WeightLayout> layout;
    if (values.has("layout"))
        layout = values.choice("layout", {"keras", "pytorch"}) == "keras" ? WeightLayout::keras
                                                                          : WeightLayout::pytorch;
    const WeightFile file = load_weight_file(values.list("FILE").front(),
                                             values.choice("checkpoint", {"last", "best"}), layout);
    std::vector<const WeightVectors*> layers;
    for (const std::string& wanted : values.list("layer"))
        layers.push_back(&chosen_layer(file, wanted));
    if (layers.empty())
        for (const WeightVectors& layer : file.layers)
            layers.push_back(&layer);
    std::vector<Measures> measures;
    for (const WeightVectors* layer : layers)
        measures.push_back(measure(*layer));

    const std::string out = values.text("out");
    const size_t drawn = out.empty() ? 0 : draw(layers, measures, views, out);
    if (values.flag("json")) {
        print_json(file, layers, measures, out);
        return OK;
    }
    fmt::print("{}: {}\n\n", file.path.string(), file.kind);
    Table table({"layer", "vectors", "length", "min", "max", "mean", "sd", "zeros",
                 "distinct values", "similarity", "wirings"});
    for (size_t l = 0; l < layers.size(); ++l) {
        const Measures& m = measures[l];
        table.add({layers[l]->name, grouped(layers[l]->outputs), grouped(layers[l]->length),
                   fmt::format("{:.4g}", m.low), fmt::format("{:.4g}", m.high),
                   fmt::format("{:.3g}", m.mean), fmt::format("{:.4g}", m.sd), percent(m.zeros),
                   grouped(m.distinct), similarity_text(m.similarity),
                   fmt::format("10^{}", grouped(std::llround(m.wirings_log10)))});
    }
    fmt::print("{}", table.text());
    if (file.skipped > 0)
        fmt::print("  {} other arrays (biases and the like) are left out\n", file.skipped);
    if (drawn > 0)
        fmt::print("\nwrote {}{}\n", out,
                   drawn < layers.size()
                       ? fmt::format(": {} of {} layers, evenly spaced; choose with --layer", drawn,
                                     layers.size())
                       : "");
    return OK;
}

}  // namespace permloom::cli
