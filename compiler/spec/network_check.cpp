#include "compiler/spec/network_check.h"

#include <fmt/format.h>

#include <cmath>

#include "compiler/base/error.h"

namespace permloom {
namespace {

using Where = std::function<std::string(const std::string&)>;

/// 2^28 weights: what one layer may hold before indices and memory become the limit.
constexpr int64_t WEIGHT_LIMIT = int64_t{1} << 28;

void check_devices(const LayerSpec& layer, const std::string& path, const Where& where) {
    const DeviceSpec& devices = layer.devices;
    const int lines = layer.lines();
    const bool two_signs =
        devices.values == DeviceValues::signed_shared || layer.rail == Rail::split;
    if (devices.pruning == Pruning::exact) {
        const double kept = std::round(devices.keep * lines / (two_signs ? 2.0 : 1.0));
        if (kept < 1.0)
            throw Error(
                where(path + ".devices.keep"),
                fmt::format("{} of {} lines leaves a neuron without devices", devices.keep, lines));
        if (devices.values == DeviceValues::shared && !two_signs && kept >= lines && lines > 1)
            throw Error(where(path + ".devices.keep"),
                        "keeps every device, and all have one value: every wiring is the same",
                        "keep fewer, 0.5 for example");
    }
    if (devices.shared() && devices.pruning == Pruning::bernoulli && devices.shared_profile)
        throw Error(where(path + ".devices.profile"),
                    "bernoulli pruning gives every neuron its own number of devices",
                    "use profile: neuron, or pruning: exact");
}

void check_rail(const LayerSpec& layer, const LayerSpec* before, const std::string& path,
                const Where& where) {
    if (layer.rail != Rail::single && before && before->activation != Activation::clip)
        throw Error(
            where(path + ".rail"),
            fmt::format("{} rails need a complement of their inputs, and {} has no upper bound",
                        to_string(layer.rail), to_string(before->activation)),
            "use activation: clip in the layer before, or rail: single");
    if (layer.rail == Rail::split && layer.devices.values != DeviceValues::shared)
        throw Error(where(path + ".devices.values"),
                    fmt::format("split rails carry one shared value, not {}",
                                to_string(layer.devices.values)),
                    "use values: shared; its sign comes from the rail");
    if (layer.rail == Rail::dual && layer.devices.values == DeviceValues::signed_shared)
        throw Error(where(path + ".devices.values"), "signed devices need no complement lines",
                    "use rail: single, or values: shared");
}

void check_layers(const NetworkSpec& spec, const Where& where) {
    for (size_t i = 0; i < spec.layers.size(); ++i) {
        const LayerSpec& layer = spec.layers[i];
        const std::string path = fmt::format("layers.{}", i);
        const bool last = i + 1 == spec.layers.size();
        if (last && layer.activation != Activation::none)
            throw Error(where(path + ".activation"),
                        fmt::format("the last layer gives logits and has no {}",
                                    to_string(layer.activation)),
                        "use activation: none");
        if (!last && layer.activation == Activation::none)
            throw Error(where(path + ".activation"), "a hidden layer needs an activation",
                        "use relu or clip");
        if (int64_t{layer.lines()} * layer.outputs > WEIGHT_LIMIT)
            throw Error(where(path + ".outputs"),
                        fmt::format("{} lines x {} neurons are more than {} weights", layer.lines(),
                                    layer.outputs, WEIGHT_LIMIT));
        check_rail(layer, i == 0 ? nullptr : &spec.layers[i - 1], path, where);
        check_devices(layer, path, where);
    }
}

void check_training(const NetworkSpec& spec, const Where& where) {
    const TrainingSpec& training = spec.training;
    if (training.algorithm == Algorithm::laperm_latent && training.estimator == Estimator::mask)
        for (size_t i = 0; i < spec.layers.size(); ++i)
            if (!spec.layers[i].devices.shared())
                throw Error(where("training.estimator"),
                            fmt::format("mask is for shared values, and layers.{} has {}", i,
                                        to_string(spec.layers[i].devices.values)),
                            "use estimator: drift or auto");
    const bool masks =
        training.algorithm == Algorithm::laperm_latent && training.estimator == Estimator::mask;
    const bool syncs = training.algorithm != Algorithm::adam && !masks;
    if (syncs && training.sync_every.initial < 1.0)
        throw Error(where("training"), "key 'sync_every' is missing",
                    "give the steps between two syncs, 100 for example");
}

}  // namespace

void check_network(const NetworkSpec& spec, const Where& where) {
    check_layers(spec, where);
    check_training(spec, where);
}

}  // namespace permloom
