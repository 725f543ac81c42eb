#include "compiler/spec/network_check.h"

#include <fmt/format.h>

#include <algorithm>
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
    if (devices.values == DeviceValues::dissimilar && devices.bits != 0)
        throw Error(where(path + ".devices.bits"),
                    "dissimilar profiles have no common range to divide into levels",
                    "use bits: 0");
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

void check_rail(const NetworkSpec& spec, size_t i, const std::string& path, const Where& where) {
    const LayerSpec& layer = spec.layers[i];
    const LayerSpec* before =
        layer.from == NETWORK_INPUT ? nullptr : &spec.layers[static_cast<size_t>(layer.from)];
    if (layer.rail != Rail::single && layer.convolves)
        throw Error(where(path + ".rail"), "a convolution reads single lines only",
                    "use rail: single");
    if (layer.rail != Rail::single && before && !before->then.empty())
        throw Error(where(path + ".rail"),
                    fmt::format("{} rails need a complement of their inputs, and what follows the "
                                "activation of the layer before has no fixed range",
                                to_string(layer.rail)),
                    "use rail: single");
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
        if (!last && layer.activation == Activation::none && layer.plain(static_cast<int>(i)))
            throw Error(where(path + ".activation"), "a hidden layer needs an activation",
                        "use relu or clip, or say what follows with 'then'");
        if (last && layer.convolves)
            throw Error(where(path + ".conv"), "the last layer gives logits and is dense",
                        "end with a layer of outputs: CLASSES");
        if (last && !layer.then.empty())
            throw Error(where(path + ".then"), "nothing follows the logits", "remove the key");
        if (int64_t{layer.lines()} * layer.outputs > WEIGHT_LIMIT)
            throw Error(where(path + ".outputs"),
                        fmt::format("{} lines x {} neurons are more than {} weights", layer.lines(),
                                    layer.outputs, WEIGHT_LIMIT));
        check_rail(spec, i, path, where);
        check_devices(layer, path, where);
    }
}

bool syncs_periodically(const TrainingSpec& training) {
    return training.algorithm != Algorithm::free && training.algorithm != Algorithm::supermask;
}

/// Keys that mean nothing beside others.
void check_unused(const TrainingSpec& training, const Where& where) {
    const bool sgd = training.optimizer == Optimizer::sgd;
    if (training.momentum != 0.0 && !sgd)
        throw Error(where("training.momentum"), "only sgd has a momentum; adam has beta1");
    if (training.weight_decay != 0.0 && training.optimizer != Optimizer::adamw)
        throw Error(where("training.weight_decay"), "only adamw decays weights on its own",
                    "use l2, or optimizer: adamw");
    if (training.learning_rate.kind == ScheduleKind::learning_rate)
        throw Error(where("training.learning_rate"), "cannot follow itself");
    if (training.frozen_zeros && training.algorithm != Algorithm::free)
        throw Error(where("training.frozen_zeros"),
                    "only free weights have zeros that stay where they are", "use algorithm: free");
    const bool permutes =
        training.algorithm == Algorithm::laperm || training.algorithm == Algorithm::laperm_latent;
    if (training.keep.initial > 0.0 && !permutes)
        throw Error(where("training.keep"), "only devices that are permuted can be given up",
                    "use algorithm: laperm or laperm_latent; devices: {keep: ...} prunes at first");
    if (training.lookahead.every > 0 && training.algorithm == Algorithm::swap)
        throw Error(where("training.lookahead"),
                    "averages weights, and swap never computes with them", "remove the key");
    if (training.augment.any() && training.shift_pixels > 0)
        throw Error(where("training.shift_pixels"), "two kinds of augmentation at once",
                    "use augment: {shift: ...} alone");
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
    const bool syncs = syncs_periodically(training) && !masks;
    if (syncs && training.sync_every.initial < 1.0)
        throw Error(where("training"), "key 'sync_every' is missing",
                    "give the steps between two syncs, 100 for example");
    check_unused(training, where);
    if (training.augment.any() && spec.input.shape.rows == 1)
        throw Error(where("training.augment"), "needs images, and the input has only a size",
                    "give the input's shape: [rows, columns, channels]");
    const bool normalises =
        std::any_of(spec.layers.begin(), spec.layers.end(), [](const LayerSpec& layer) {
            return std::any_of(layer.then.begin(), layer.then.end(), [](const OpSpec& op) {
                return std::holds_alternative<BatchNormSpec>(op);
            });
        });
    if (training.bn_recalibrate > 0 && !normalises)
        throw Error(where("training.bn_recalibrate"), "the network has no batch_norm",
                    "remove the key");
}

}  // namespace

void check_network(const NetworkSpec& spec, const Where& where) {
    check_layers(spec, where);
    check_training(spec, where);
}

}  // namespace permloom
