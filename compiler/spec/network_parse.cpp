#include <fmt/format.h>

#include "compiler/spec/names.h"
#include "compiler/spec/network_check.h"
#include "compiler/spec/yaml_reader.h"

namespace permloom {
namespace {

constexpr int SIZE_LIMIT = 1 << 20;  ///< of an image and of a layer
constexpr int LAYER_LIMIT = 64;
constexpr int COUNT_LIMIT = 1 << 24;  ///< of epochs, batches and steps

template <class Enum, size_t N>
Enum choice(const MapReader& map, const std::string& key, const Name<Enum> (&names)[N]) {
    return value_of(names, map.text(key), map.where(key));
}

InputSpec read_input(const MapReader& map) {
    InputSpec input;
    input.size = map.integer("size", 1, SIZE_LIMIT);
    input.bits = map.integer("bits", 1, 8);
    input.div = map.real("div", POSITIVE);
    input.mean = map.real("mean", ANY_REAL, 0.0);
    input.scale = map.real("scale", POSITIVE);
    input.zero = map.integer("zero", 0, (1 << input.bits) - 1, 0);
    return input;
}

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
    devices.values = choice(map, "values", DEVICE_VALUES_NAMES);
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
    devices.pruning = map.has("pruning") ? choice(map, "pruning", PRUNING_NAMES) : Pruning::exact;
    return devices;
}

LayerSpec read_layer(YamlSource& source, const YAML::Node& node, const std::string& path,
                     int inputs, bool last) {
    const MapReader map(source, node, path, {"outputs", "rail", "devices", "activation", "bits"});
    LayerSpec layer;
    layer.inputs = inputs;
    layer.outputs = map.integer("outputs", 1, SIZE_LIMIT);
    layer.rail = choice(map, "rail", RAIL_NAMES);
    layer.devices = read_devices(source, map.at("devices"), map.path("devices"));
    layer.activation = choice(map, "activation", ACTIVATION_NAMES);
    if (!last) layer.bits = map.integer("bits", 1, 8, layer.bits);
    if (last && map.has("bits"))
        throw Error(map.where("bits"), "the last layer gives logits and has no activation bits",
                    "remove the key");
    return layer;
}

std::vector<LayerSpec> read_layers(YamlSource& source, const MapReader& network, int inputs) {
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
        layers.push_back(read_layer(source, list[i], path, inputs, i + 1 == list.size()));
        inputs = layers.back().outputs;
    }
    return layers;
}

/// A map, or one number: the constant schedule. `initial` bounds the value at the start.
Schedule read_schedule(const MapReader& parent, const std::string& key, const RealRange& initial) {
    Schedule schedule;
    const YAML::Node node = parent.at(key);
    if (!node.IsMap()) {
        schedule.initial = read_real(node, parent.where(key), initial);
        return schedule;
    }
    const MapReader map(parent.source(), node, parent.path(key),
                        {"schedule", "initial", "decay", "floor", "every"});
    schedule.kind = choice(map, "schedule", SCHEDULE_NAMES);
    schedule.initial = map.real("initial", initial);
    const auto applies = [&](const char* other, bool used) {
        if (!used && map.has(other))
            throw Error(map.where(other),
                        fmt::format("schedule: {} has no '{}'", to_string(schedule.kind), other));
        return used;
    };
    const bool steps = schedule.kind == ScheduleKind::step;
    if (applies("decay", steps || schedule.kind == ScheduleKind::exponential))
        schedule.decay = map.real("decay", POSITIVE);
    if (applies("floor", schedule.kind == ScheduleKind::cosine))
        schedule.floor = map.real("floor", NOT_NEGATIVE, 0.0);
    if (applies("every", steps)) schedule.every = map.integer("every", 1, COUNT_LIMIT);
    return schedule;
}

TrainingSpec read_training(const MapReader& map, int input_size) {
    TrainingSpec training;
    training.algorithm = choice(map, "algorithm", ALGORITHM_NAMES);
    if (map.has("estimator")) training.estimator = choice(map, "estimator", ESTIMATOR_NAMES);
    training.epochs = map.integer("epochs", 1, COUNT_LIMIT);
    training.batch = map.integer("batch", 1, COUNT_LIMIT);
    training.learning_rate = read_schedule(map, "learning_rate", POSITIVE);
    if (map.has("sync_every")) training.sync_every = read_schedule(map, "sync_every", {.low = 1.0});
    training.refresh_every = map.integer("refresh_every", 1, COUNT_LIMIT, training.refresh_every);
    training.beta1 = map.real("beta1", BELOW_ONE, training.beta1);
    training.beta2 = map.real("beta2", BELOW_ONE, training.beta2);
    training.epsilon = map.real("epsilon", POSITIVE, training.epsilon);
    training.gain = map.real("gain", POSITIVE, training.gain);
    training.beta = map.real("beta", POSITIVE, training.beta);
    training.l2 = map.real("l2", NOT_NEGATIVE, training.l2);
    training.shift_pixels = map.integer("shift_pixels", 0, input_size, training.shift_pixels);
    return training;
}

NetworkSpec read_network(YamlSource& source) {
    const MapReader map(source, source.root(), "",
                        {"name", "about", "expect", "data", "input", "layers", "training"});
    NetworkSpec spec;
    spec.name = map.text("name");
    spec.about = map.text("about");
    spec.expect = map.text("expect");
    spec.data = map.text("data");
    spec.input = read_input(MapReader(source, map.at("input"), "input",
                                      {"size", "bits", "div", "mean", "scale", "zero"}));
    spec.layers = read_layers(source, map, spec.input.size);
    spec.training =
        read_training(MapReader(source, map.at("training"), "training",
                                {"algorithm", "estimator", "epochs", "batch", "learning_rate",
                                 "sync_every", "refresh_every", "beta1", "beta2", "epsilon", "gain",
                                 "beta", "l2", "shift_pixels"}),
                      spec.input.size);
    check_network(spec, [&](const std::string& path) { return source.where(path); });
    return spec;
}

void collect_paths(const YAML::Node& node, const std::string& path,
                   std::vector<std::string>& paths) {
    if (!path.empty()) paths.push_back(path);
    const std::string prefix = path.empty() ? "" : path + ".";
    if (node.IsMap())
        for (const auto& entry : node)
            collect_paths(entry.second, prefix + entry.first.Scalar(), paths);
    if (node.IsSequence())
        for (size_t i = 0; i < node.size(); ++i)
            collect_paths(node[i], prefix + std::to_string(i), paths);
}

}  // namespace

NetworkSpec parse_network(std::string_view yaml, const std::string& origin,
                          const std::vector<Override>& overrides) {
    YamlSource source(yaml, origin);
    NetworkSpec spec = read_network(source);
    if (overrides.empty()) return spec;
    std::vector<std::string> known;
    collect_paths(YAML::Load(to_yaml(spec)), "", known);
    source.apply(overrides, std::move(known));
    return read_network(source);
}

}  // namespace permloom
