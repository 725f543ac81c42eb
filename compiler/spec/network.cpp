#include "compiler/spec/network.h"

#include <fmt/format.h>

#include "compiler/base/digest.h"
#include "compiler/spec/names.h"

namespace permloom {
namespace {

/// Text as a double-quoted YAML scalar.
std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += fmt::format("\\{}", c);
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            result += c;
    }
    return result + "\"";
}

std::string schedule_text(const Schedule& schedule) {
    std::string text =
        fmt::format("{{schedule: {}, initial: {}", to_string(schedule.kind), schedule.initial);
    switch (schedule.kind) {
        case ScheduleKind::constant:
            break;
        case ScheduleKind::exponential:
            text += fmt::format(", decay: {}", schedule.decay);
            break;
        case ScheduleKind::cosine:
            text += fmt::format(", floor: {}", schedule.floor);
            break;
        case ScheduleKind::step:
            text += fmt::format(", decay: {}, every: {}", schedule.decay, schedule.every);
            break;
        case ScheduleKind::piecewise:
            text += fmt::format(", at: [{}], values: [{}]", fmt::join(schedule.at, ", "),
                                fmt::join(schedule.values, ", "));
            break;
        case ScheduleKind::linear:
            text += fmt::format(", last: {}", schedule.last);
            break;
        case ScheduleKind::learning_rate:
            text += fmt::format(", exponent: {}", schedule.exponent);
            break;
    }
    return text + "}";
}

std::string op_text(const OpSpec& op, const std::vector<LayerSpec>& layers) {
    struct Text {
        const std::vector<LayerSpec>& layers;
        std::string operator()(const BatchNormSpec&) const { return "batch_norm"; }
        std::string operator()(const ActivationSpec& activation) const {
            return std::string(to_string(activation.kind));
        }
        std::string operator()(const DropoutSpec& dropout) const {
            return fmt::format("{{dropout: {}}}", dropout.rate);
        }
        std::string operator()(const MaxPoolSpec& pool) const {
            return fmt::format("{{max_pool: {}}}", pool.window);
        }
        std::string operator()(const AveragePoolSpec& pool) const {
            return pool.window == 0 ? "global_average_pool"
                                    : fmt::format("{{average_pool: {}}}", pool.window);
        }
        std::string operator()(const FlattenSpec&) const { return "flatten"; }
        std::string operator()(const AddSpec& add) const {
            return fmt::format("{{add: {}}}", quoted(layers[static_cast<size_t>(add.layer)].name));
        }
    };
    return std::visit(Text{layers}, op);
}

/// Keys that the earliest descriptions did not have are written only where they say something, so
/// that the fingerprints of those descriptions stay what they were.
std::string layer_text(const std::vector<LayerSpec>& layers, size_t index) {
    const LayerSpec& layer = layers[index];
    const DeviceSpec& devices = layer.devices;
    std::string text = "  - ";
    if (!layer.name.empty()) text += fmt::format("name: {}\n    ", quoted(layer.name));
    if (layer.from != static_cast<int>(index) - 1)
        text += fmt::format("from: {}\n    ",
                            layer.from == NETWORK_INPUT
                                ? "input"
                                : quoted(layers[static_cast<size_t>(layer.from)].name));
    if (layer.convolves)
        text += fmt::format("conv: {{filters: {}, kernel: {}, stride: {}, padding: {}}}\n",
                            layer.outputs, layer.conv.kernel, layer.conv.stride,
                            name_of(PADDING_NAMES, layer.conv.padding));
    else
        text += fmt::format("outputs: {}\n", layer.outputs);
    text += fmt::format("    rail: {}\n", to_string(layer.rail));
    text += fmt::format("    devices: {{values: {}, ", to_string(devices.values));
    text += devices.shared() ? fmt::format("value: {}", devices.value)
                             : fmt::format("bits: {}", devices.bits);
    text += fmt::format(", profile: {}, keep: {}, pruning: {}}}\n",
                        devices.shared_profile ? "layer" : "neuron", devices.keep,
                        to_string(devices.pruning));
    if (layer.has_bias)
        text += fmt::format("    bias: {{initial: {}, permuted: {}}}\n",
                            name_of(BIAS_VALUES_NAMES, layer.bias.values), layer.bias.permuted);
    text += fmt::format("    activation: {}\n", to_string(layer.activation));
    if (!layer.then.empty()) {
        std::vector<std::string> ops;
        for (const OpSpec& op : layer.then)
            ops.push_back(op_text(op, layers));
        text += fmt::format("    then: [{}]\n", fmt::join(ops, ", "));
    }
    if (index + 1 < layers.size()) text += fmt::format("    bits: {}\n", layer.bits);
    return text;
}

std::string input_text(const InputSpec& input) {
    std::string text = input.shape.rows == 1 && input.shape.columns == 1
                           ? fmt::format("input: {{size: {}", input.size)
                           : fmt::format("input: {{shape: [{}, {}, {}]", input.shape.rows,
                                         input.shape.columns, input.shape.channels);
    text += fmt::format(", bits: {}, div: {}, mean: ", input.bits, input.div);
    text += input.per_pixel_mean ? PER_PIXEL : fmt::format("{}", input.mean);
    if (input.bits > 0) text += fmt::format(", scale: {}, zero: {}", input.scale, input.zero);
    return text + "}\n";
}

/// The keys of training that came later, where they are not at their defaults.
std::string more_training_text(const TrainingSpec& training) {
    std::string text;
    const auto add = [&](bool written, const char* key, const auto& value) {
        if (written) text += fmt::format("  {}: {}\n", key, value);
    };
    add(training.optimizer != Optimizer::adam, "optimizer",
        name_of(OPTIMIZER_NAMES, training.optimizer));
    add(training.momentum != 0.0, "momentum", training.momentum);
    add(training.weight_decay != 0.0, "weight_decay", training.weight_decay);
    add(training.lookahead.every > 0, "lookahead",
        fmt::format("{{every: {}, rate: {}}}", training.lookahead.every, training.lookahead.rate));
    add(training.frozen_zeros, "frozen_zeros", true);
    add(training.keep.initial > 0.0, "keep", schedule_text(training.keep));
    const AugmentSpec& augment = training.augment;
    add(augment.any(), "augment",
        fmt::format("{{rotation: {}, zoom: {}, shift: {}, flip: {}}}", augment.rotation,
                    augment.zoom, augment.shift, augment.flip));
    add(training.algorithm == Algorithm::supermask, "mask_keep", training.mask_keep);
    add(training.algorithm == Algorithm::swap, "swap_share", training.swap_share);
    add(training.bn_recalibrate > 0, "bn_recalibrate", training.bn_recalibrate);
    return text;
}

/// Everything that decides what is trained and built: all but name, about and expect.
std::string content_text(const NetworkSpec& spec) {
    const TrainingSpec& training = spec.training;
    std::string text = fmt::format("data: {}\n", quoted(spec.data));
    // fmt writes the shortest decimal that reads back as the same double.
    text += input_text(spec.input);
    text += "layers:\n";
    for (size_t i = 0; i < spec.layers.size(); ++i)
        text += layer_text(spec.layers, i);
    text += fmt::format("training:\n  algorithm: {}\n  estimator: {}\n  epochs: {}\n  batch: {}\n",
                        to_string(training.algorithm), to_string(training.estimator),
                        training.epochs, training.batch);
    text += fmt::format("  learning_rate: {}\n", schedule_text(training.learning_rate));
    if (training.sync_every.initial > 0.0)
        text += fmt::format("  sync_every: {}\n", schedule_text(training.sync_every));
    text += fmt::format("  refresh_every: {}\n  beta1: {}\n  beta2: {}\n  epsilon: {}\n",
                        training.refresh_every, training.beta1, training.beta2, training.epsilon);
    text += fmt::format("  gain: {}\n  beta: {}\n  l2: {}\n  shift_pixels: {}\n", training.gain,
                        training.beta, training.l2, training.shift_pixels);
    return text + more_training_text(training);
}

}  // namespace

std::string to_yaml(const NetworkSpec& spec) {
    return fmt::format("name: {}\nabout: {}\nexpect: {}\n{}", quoted(spec.name), quoted(spec.about),
                       quoted(spec.expect), content_text(spec));
}

std::string fingerprint(const NetworkSpec& spec) {
    return to_hex(sha256(content_text(spec)));
}

std::string NetworkSpec::layer_name(size_t l) const {
    return layers[l].name.empty() ? fmt::format("layers.{}", l) : layers[l].name;
}

std::string NetworkSpec::layer_title(size_t l) const {
    return layers[l].name.empty() ? fmt::format("layer {}", l) : "layer " + layers[l].name;
}

std::string_view to_string(Rail rail) {
    return name_of(RAIL_NAMES, rail);
}
std::string_view to_string(DeviceValues values) {
    return name_of(DEVICE_VALUES_NAMES, values);
}
std::string_view to_string(Pruning pruning) {
    return name_of(PRUNING_NAMES, pruning);
}
std::string_view to_string(Activation activation) {
    return name_of(ACTIVATION_NAMES, activation);
}
std::string_view to_string(Algorithm algorithm) {
    return name_of(ALGORITHM_NAMES, algorithm);
}
std::string_view to_string(Estimator estimator) {
    return name_of(ESTIMATOR_NAMES, estimator);
}
std::string_view to_string(ScheduleKind kind) {
    return name_of(SCHEDULE_NAMES, kind);
}

Rail rail_from_string(std::string_view name, const std::string& where) {
    return value_of(RAIL_NAMES, std::string(name), where);
}

}  // namespace permloom
