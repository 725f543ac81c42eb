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
    }
    return text + "}";
}

std::string layer_text(const LayerSpec& layer, bool last) {
    const DeviceSpec& devices = layer.devices;
    std::string text =
        fmt::format("  - outputs: {}\n    rail: {}\n", layer.outputs, to_string(layer.rail));
    text += fmt::format("    devices: {{values: {}, ", to_string(devices.values));
    text += devices.shared() ? fmt::format("value: {}", devices.value)
                             : fmt::format("bits: {}", devices.bits);
    text += fmt::format(", profile: {}, keep: {}, pruning: {}}}\n",
                        devices.shared_profile ? "layer" : "neuron", devices.keep,
                        to_string(devices.pruning));
    text += fmt::format("    activation: {}\n", to_string(layer.activation));
    if (!last) text += fmt::format("    bits: {}\n", layer.bits);
    return text;
}

/// Everything that decides what is trained and built: all but name, about and expect.
std::string content_text(const NetworkSpec& spec) {
    const InputSpec& input = spec.input;
    const TrainingSpec& training = spec.training;
    std::string text = fmt::format("data: {}\n", quoted(spec.data));
    // fmt writes the shortest decimal that reads back as the same double.
    text += fmt::format("input: {{size: {}, bits: {}, div: {}, mean: {}, scale: {}, zero: {}}}\n",
                        input.size, input.bits, input.div, input.mean, input.scale, input.zero);
    text += "layers:\n";
    for (const LayerSpec& layer : spec.layers)
        text += layer_text(layer, &layer == &spec.layers.back());
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
    return text;
}

}  // namespace

std::string to_yaml(const NetworkSpec& spec) {
    return fmt::format("name: {}\nabout: {}\nexpect: {}\n{}", quoted(spec.name), quoted(spec.about),
                       quoted(spec.expect), content_text(spec));
}

std::string fingerprint(const NetworkSpec& spec) {
    return to_hex(sha256(content_text(spec)));
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
