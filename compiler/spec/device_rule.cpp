#include "compiler/spec/device_rule.h"

#include <algorithm>
#include <cmath>

namespace permloom {
namespace {

/// The paper's pruning keeps at least this much of the first kernel.
constexpr double FIRST_LAYER_KEEP = 0.8;

}  // namespace

bool is_normal(DeviceValues values) {
    return values == DeviceValues::he_normal || values == DeviceValues::glorot_normal;
}

double device_limit(const LayerSpec& layer) {
    const double fan_in = layer.lines();
    const int window = layer.convolves ? layer.conv.kernel * layer.conv.kernel : 1;
    const double fan_both = fan_in + static_cast<double>(window) * layer.outputs;
    switch (layer.devices.values) {
        case DeviceValues::he_uniform:
            return std::sqrt(6.0 / fan_in);
        case DeviceValues::glorot_uniform:
            return std::sqrt(6.0 / fan_both);
        case DeviceValues::he_normal:
            return 2.0 * std::sqrt(2.0 / fan_in);
        case DeviceValues::glorot_normal:
            return 2.0 * std::sqrt(2.0 / fan_both);
        default:
            return layer.devices.value;
    }
}

double kept_fraction(const LayerSpec& layer, int index) {
    const DeviceSpec& devices = layer.devices;
    // As in the paper's notebooks: `random_prune` spares the first kernel, `agnosticize` does not.
    const bool spared = index == 0 && devices.pruning == Pruning::bernoulli && !devices.shared() &&
                        devices.keep < 1.0;
    return spared ? std::max(devices.keep, FIRST_LAYER_KEEP) : devices.keep;
}

int exactly_kept(double keep, int lines) {
    return static_cast<int>(std::round(keep * lines));
}

int exactly_kept_of_each_sign(double keep, int lines) {
    return std::min(static_cast<int>(std::round(keep * lines / 2.0)), lines / 2);
}

}  // namespace permloom
