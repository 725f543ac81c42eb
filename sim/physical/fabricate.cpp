#include "sim/physical/fabricate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "compiler/base/error.h"

namespace permloom {
namespace {

double largest_value(const ChipLayer& layer) {
    int32_t largest = 0;
    for (const int32_t device : layer.devices)
        largest = std::max(largest, std::abs(device));
    return largest;
}

/// What the conductances of a layer lie between: value 0 has `smallest`.
struct Range {
    double span = 0.0;      ///< of the values
    double smallest = 0.0;  ///< conductance of the least value
};

/// One device a slot that has to hold values of both signs: value v is conductance v + largest.
bool is_shifted(const ChipLayer& layer, SignScheme sign) {
    return sign == SignScheme::offset && layer.rail != Rail::split &&
           std::ranges::any_of(layer.devices, [](int32_t device) { return device < 0; });
}

Range range_of(const ChipLayer& layer, const DeviceModel& model) {
    Range range;
    range.span = largest_value(layer) * (is_shifted(layer, model.device.sign) ? 2.0 : 1.0);
    if (std::isfinite(model.device.on_off_ratio))
        range.smallest = range.span / (model.device.on_off_ratio - 1.0);
    return range;
}

DeviceArray array_of(const ChipLayer& layer, size_t index, const DeviceModel& model,
                     const FabricateOptions& options) {
    const Range range = range_of(layer, model);
    return {model,
            layer,
            {CounterRng(options.seed), static_cast<uint32_t>(index), options.trial},
            range.span + range.smallest,
            range.smallest};
}

}  // namespace

int bank_count(const ChipLayer& layer, size_t index, Sharing sharing) {
    if (sharing == Sharing::layer && !layer.shared_profile)
        throw Error(fmt::format("layer {}", index),
                    "its neurons have devices of their own, they cannot share a bank",
                    "use --banks neuron");
    const bool one =
        sharing == Sharing::layer || (sharing == Sharing::engine && layer.engine == Engine::folded);
    return layer.shared_profile && one ? 1 : layer.outputs;
}

LayerInstance nominal_layer(const ChipLayer& layer, const DeviceModel& model, int banks) {
    if (layer.engine == Engine::programmable)
        throw Error("engine programmable", "has a weight memory and no fixed devices",
                    "compile for folded, spatial, serial or level");
    const Range range = range_of(layer, model);
    const SignScheme sign = model.device.sign;
    const bool pairs = has_pairs(layer, sign), shifted = is_shifted(layer, sign);
    LayerInstance result;
    result.banks = banks;
    if (!pairs && sign != SignScheme::carried)
        result.reference = range.smallest + (shifted ? largest_value(layer) : 0.0);
    for (int bank = 0; bank < banks; ++bank)
        for (const int32_t device : layer.bank(bank)) {
            const double value =
                layer.rail == Rail::split ? std::abs(device) : static_cast<double>(device);
            if (pairs) {
                result.plus.push_back(static_cast<float>(range.smallest + std::max(value, 0.0)));
                result.minus.push_back(static_cast<float>(range.smallest + std::max(-value, 0.0)));
            } else {
                result.plus.push_back(static_cast<float>(value + result.reference));
            }
        }
    return result;
}

DeviceInstance nominal_instance(const Chip& chip, const DeviceModel& model, Sharing sharing) {
    DeviceInstance instance;
    instance.chip_fingerprint = fingerprint(chip);
    instance.sign = model.device.sign;
    instance.origin = model.name;
    for (size_t l = 0; l < chip.layers.size(); ++l)
        instance.layers.push_back(
            nominal_layer(chip.layers[l], model, bank_count(chip.layers[l], l, sharing)));
    return instance;
}

DeviceInstance fabricate(const Chip& chip, const DeviceModel& model,
                         const FabricateOptions& options) {
    DeviceInstance instance = nominal_instance(chip, model, options.sharing);
    instance.seed = options.seed;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const DeviceArray array = array_of(chip.layers[l], l, model, options);
        for (const auto& effect : all_effects())
            if (effect->present(model)) effect->make(array, instance.layers[l]);
    }
    return instance;
}

DeviceInstance in_use(const Chip& chip, DeviceInstance instance, const DeviceModel& model,
                      const FabricateOptions& options) {
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        LayerInstance& layer = instance.layers[l];
        if (layer.missing() > 0) {
            const LayerInstance nominal = nominal_layer(chip.layers[l], model, layer.banks);
            for (size_t cell = 0; cell < layer.plus.size(); ++cell) {
                if (!std::isnan(layer.plus[cell]) &&
                    (layer.minus.empty() || !std::isnan(layer.minus[cell])))
                    continue;
                layer.plus[cell] = static_cast<float>(static_cast<double>(nominal.plus[cell]) -
                                                      nominal.reference + layer.reference);
                if (!layer.minus.empty()) layer.minus[cell] = nominal.minus[cell];
            }
        }
        const DeviceArray array = array_of(chip.layers[l], l, model, options);
        for (const auto& effect : all_effects())
            if (effect->present(model)) effect->use(array, layer);
    }
    return instance;
}

}  // namespace permloom
