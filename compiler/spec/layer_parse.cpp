#include <fmt/format.h>

#include <algorithm>

#include "compiler/spec/network_readers.h"

namespace permloom {
namespace {

constexpr size_t LAYER_LIMIT = 128;
constexpr int MAX_POOL_LIMIT = 256;

bool read_profile(const MapReader& map) {
    const std::string profile = map.text("profile");
    if (profile != "layer" && profile != "neuron")
        throw Error(map.where("profile"), "'" + profile + "' is not one of layer, neuron" +
                                              did_you_mean(profile, {"layer", "neuron"}));
    return profile == "layer";
}

DeviceSpec read_devices(YamlSource& source, const YAML::Node& node, const std::string& path) {
    const MapReader map(source, node, path,
                        {"values", "bits", "value", "profile", "keep", "pruning"});
    DeviceSpec devices;
    devices.values = read_choice(map, "values", DEVICE_VALUES_NAMES);
    if (const char* other = devices.shared() ? "bits" : "value"; map.has(other))
        throw Error(map.where(other),
                    fmt::format("values: {} take no '{}'", to_string(devices.values), other),
                    devices.shared() ? "the levels of a shared value are 0 and +-value"
                                     : "only the shared kinds have one value");
    if (devices.shared()) {
        devices.value = map.real("value", POSITIVE);
    } else {
        devices.bits = map.integer("bits", 0, 8);
        if (devices.bits == 1)
            throw Error(map.where("bits"), "is 1, must be 2 to 8, or 0 for real values");
    }
    devices.shared_profile = read_profile(map);
    devices.keep = map.real("keep", FRACTION, 1.0);
    devices.pruning =
        map.has("pruning") ? read_choice(map, "pruning", PRUNING_NAMES) : Pruning::exact;
    return devices;
}

/// Extent of a convolution's or pool's output along one axis.
int windows(int extent, int window, int stride, Padding padding) {
    return padding == Padding::same ? (extent + stride - 1) / stride
                                    : (extent - window) / stride + 1;
}

/// `[words]` of the entries of `then`; those that take a value are written as a map of one key.
const std::vector<std::string> OP_WORDS = {"batch_norm", "relu",         "clip",
                                           "flatten",    "dropout",      "max_pool",
                                           "add",        "average_pool", "global_average_pool"};

/// Index of the layer called `name` among those read so far.
int layer_named(const std::string& name, const std::vector<LayerSpec>& layers,
                const std::string& where) {
    std::vector<std::string> names;
    for (size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].name == name) return static_cast<int>(i);
        if (!layers[i].name.empty()) names.push_back(layers[i].name);
    }
    throw Error(where,
                "no layer before this one is named '" + name + "'" + did_you_mean(name, names));
}

class LayerReader {
  public:
    LayerReader(YamlSource& source, const InputSpec& input, const std::vector<LayerSpec>& before)
        : source_(source), input_(input), before_(before) {}

    LayerSpec read(const YAML::Node& node, const std::string& path, bool last);

  private:
    void read_input(const MapReader& map);
    void read_weights(const MapReader& map);
    void read_bias(const MapReader& map);
    void read_then(const MapReader& map);
    OpSpec read_op(const YAML::Node& node, const std::string& path);
    void apply(const OpSpec& op, const std::string& where);
    int read_window(const YAML::Node& value, const std::string& where, int limit) const;

    YamlSource& source_;
    const InputSpec& input_;
    const std::vector<LayerSpec>& before_;
    LayerSpec layer_;
};

void LayerReader::read_input(const MapReader& map) {
    layer_.from = static_cast<int>(before_.size()) - 1;
    if (map.has("name")) {
        layer_.name = map.text("name");
        const bool taken = std::any_of(before_.begin(), before_.end(), [&](const LayerSpec& layer) {
            return layer.name == layer_.name;
        });
        if (taken || layer_.name.empty() || layer_.name == "input")
            throw Error(map.where("name"),
                        "'" + layer_.name + "' is " +
                            (taken ? "the name of an earlier layer" : "not a name for a layer"));
    }
    if (map.has("from")) {
        const std::string name = map.text("from");
        layer_.from =
            name == "input" ? NETWORK_INPUT : layer_named(name, before_, map.where("from"));
    }
    layer_.input = layer_.from == NETWORK_INPUT ? input_.shape
                                                : before_[static_cast<size_t>(layer_.from)].output;
}

void LayerReader::read_weights(const MapReader& map) {
    layer_.convolves = map.has("conv");
    if (!layer_.convolves) {
        layer_.outputs = map.integer("outputs", 1, SIZE_LIMIT);
        layer_.inputs = layer_.input.size();
        layer_.map = {1, 1, layer_.outputs};
        return;
    }
    if (map.has("outputs"))
        throw Error(map.where("outputs"), "a convolution's outputs are its filters",
                    "remove the key");
    const MapReader conv(source_, map.at("conv"), map.path("conv"),
                         {"filters", "kernel", "stride", "padding"});
    layer_.outputs = conv.integer("filters", 1, SIZE_LIMIT);
    layer_.conv.kernel = conv.integer("kernel", 1, 64);
    layer_.conv.stride = conv.integer("stride", 1, 64, 1);
    if (conv.has("padding")) layer_.conv.padding = read_choice(conv, "padding", PADDING_NAMES);
    const Shape& in = layer_.input;
    const bool fits = layer_.conv.kernel <= std::min(in.rows, in.columns);
    if (!fits && layer_.conv.padding == Padding::valid)
        throw Error(conv.where("kernel"),
                    fmt::format("{0} x {0} does not fit a map of {1} x {2}", layer_.conv.kernel,
                                in.rows, in.columns),
                    in.rows == 1 ? "give the input's shape: [rows, columns, channels]"
                                 : "use a smaller kernel, or padding: same");
    const auto extent = [&](int n) {
        return windows(n, layer_.conv.kernel, layer_.conv.stride, layer_.conv.padding);
    };
    layer_.inputs = layer_.conv.kernel * layer_.conv.kernel * in.channels;
    layer_.map = {extent(in.rows), extent(in.columns), layer_.outputs};
}

void LayerReader::read_bias(const MapReader& map) {
    layer_.has_bias = map.has("bias");
    if (!layer_.has_bias) return;
    const MapReader bias(source_, map.at("bias"), map.path("bias"), {"initial", "permuted"});
    layer_.bias.values = read_choice(bias, "initial", BIAS_VALUES_NAMES);
    layer_.bias.permuted = bias.flag("permuted", false);
}

int LayerReader::read_window(const YAML::Node& value, const std::string& where, int limit) const {
    const int largest = std::min(layer_.output.rows, layer_.output.columns);
    const int window = read_integer(value, where, 1, limit);
    if (window > largest)
        throw Error(where, fmt::format("a window of {} does not fit a map of {} x {}", window,
                                       layer_.output.rows, layer_.output.columns));
    return window;
}

OpSpec LayerReader::read_op(const YAML::Node& node, const std::string& path) {
    const std::string here = source_.where(path);
    const bool valued = node.IsMap() && node.size() == 1;
    if (!valued && !node.IsScalar())
        throw Error(here, "must be one word, or one word with its value",
                    "for example relu, or {max_pool: 2}");
    const std::string word = valued ? node.begin()->first.Scalar() : node.Scalar();
    const auto takes = [&](bool value) {
        if (value != valued)
            throw Error(here, word + (value ? " needs a value" : " takes no value"));
    };
    if (word == "dropout") {
        takes(true);
        return DropoutSpec{read_real(node.begin()->second, here, BELOW_ONE)};
    }
    if (word == "max_pool") {
        takes(true);
        return MaxPoolSpec{read_window(node.begin()->second, here, MAX_POOL_LIMIT)};
    }
    if (word == "average_pool") {
        takes(true);
        return AveragePoolSpec{read_window(node.begin()->second, here, SIZE_LIMIT)};
    }
    if (word == "add") {
        takes(true);
        return AddSpec{layer_named(read_string(node.begin()->second, here), before_, here)};
    }
    if (std::find(OP_WORDS.begin(), OP_WORDS.end(), word) == OP_WORDS.end())
        throw Error(here, "'" + word + "' is not one of " +
                              fmt::format("{}", fmt::join(OP_WORDS, ", ")) +
                              did_you_mean(word, OP_WORDS));
    takes(false);
    if (word == "batch_norm") return BatchNormSpec{};
    if (word == "relu") return ActivationSpec{Activation::relu};
    if (word == "clip") return ActivationSpec{Activation::clip};
    if (word == "flatten") return FlattenSpec{};
    return AveragePoolSpec{0};
}

/// Carries the map's shape through one operation.
void LayerReader::apply(const OpSpec& op, const std::string& where) {
    Shape& map = layer_.output;
    const auto pool = [&](int window) {
        map.rows = window == 0 ? 1 : map.rows / window;
        map.columns = window == 0 ? 1 : map.columns / window;
    };
    if (const auto* max = std::get_if<MaxPoolSpec>(&op)) pool(max->window);
    if (const auto* average = std::get_if<AveragePoolSpec>(&op)) pool(average->window);
    if (std::holds_alternative<FlattenSpec>(op)) map = {1, 1, map.size()};
    if (const auto* add = std::get_if<AddSpec>(&op)) {
        const Shape& other = before_[static_cast<size_t>(add->layer)].output;
        if (other != map)
            throw Error(where,
                        fmt::format("adds {} x {} x {} to {} x {} x {}", other.rows, other.columns,
                                    other.channels, map.rows, map.columns, map.channels));
    }
}

void LayerReader::read_then(const MapReader& map) {
    layer_.output = layer_.map;
    if (!map.has("then")) return;
    const YAML::Node list = map.at("then");
    if (!list.IsSequence()) throw Error(map.where("then"), "must be a list of operations");
    for (size_t i = 0; i < list.size(); ++i) {
        const std::string path = fmt::format("{}.{}", map.path("then"), i);
        source_.note(path, list[i]);
        layer_.then.push_back(read_op(list[i], path));
        apply(layer_.then.back(), source_.where(path));
    }
}

LayerSpec LayerReader::read(const YAML::Node& node, const std::string& path, bool last) {
    const MapReader map(source_, node, path,
                        {"name", "from", "outputs", "conv", "rail", "devices", "bias", "activation",
                         "then", "bits"});
    read_input(map);
    read_weights(map);
    layer_.rail = read_choice(map, "rail", RAIL_NAMES);
    layer_.devices = read_devices(source_, map.at("devices"), map.path("devices"));
    read_bias(map);
    layer_.activation = read_choice(map, "activation", ACTIVATION_NAMES);
    read_then(map);
    if (!last) layer_.bits = map.integer("bits", 1, 8, layer_.bits);
    if (last && map.has("bits"))
        throw Error(map.where("bits"), "the last layer gives logits and has no activation bits",
                    "remove the key");
    return layer_;
}

}  // namespace

std::vector<LayerSpec> read_layers(YamlSource& source, const MapReader& network,
                                   const InputSpec& input) {
    const YAML::Node list = network.at("layers");
    if (!list.IsSequence() || list.size() == 0)
        throw Error(network.where("layers"), "must be a list of at least one layer");
    if (list.size() > LAYER_LIMIT)
        throw Error(network.where("layers"),
                    fmt::format("has {} layers, at most {} are allowed", list.size(), LAYER_LIMIT));
    std::vector<LayerSpec> layers;
    for (size_t i = 0; i < list.size(); ++i) {
        const std::string path = fmt::format("layers.{}", i);
        source.note(path, list[i]);
        layers.push_back(
            LayerReader(source, input, layers).read(list[i], path, i + 1 == list.size()));
    }
    return layers;
}

}  // namespace permloom
