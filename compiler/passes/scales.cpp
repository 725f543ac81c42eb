#include "compiler/passes/scales.h"

#include <fmt/format.h>

#include <cmath>

#include "compiler/base/error.h"

namespace permloom {
namespace {

constexpr int MAX_BITS = 16;  ///< quantise_pixels and the clamp registers carry 16-bit codes

void check_scale(const ActivationScale& scale, const std::string& where, const std::string& what) {
    if (!std::isfinite(scale.step) || scale.step <= 0.0)
        throw Error(where, fmt::format("{} is {}, not a positive number", what, scale.step),
                    "the checkpoint is not the result of a finished calibration");
    if (scale.bits < 1 || scale.bits > MAX_BITS)
        throw Error(where,
                    fmt::format("{} bits per activation, expected 1 to {}", scale.bits, MAX_BITS));
}

}  // namespace

std::vector<ActivationScale> activation_scales(const Checkpoint& checkpoint) {
    const NetworkSpec& network = checkpoint.network;
    if (network.layers.empty() || checkpoint.layers.size() != network.layers.size())
        throw Error("checkpoint", fmt::format("{} trained layers for a network description of {}",
                                              checkpoint.layers.size(), network.layers.size()));

    std::vector<ActivationScale> scales;
    scales.push_back({network.input.scale, network.input.zero, network.input.bits});
    check_scale(scales.back(), "input", "scale");
    if (network.input.zero < 0 || network.input.zero > scales.back().hi())
        throw Error("input", fmt::format("zero point {} is not a code of {} bits",
                                         network.input.zero, network.input.bits));

    for (size_t l = 0; l < network.layers.size(); ++l)
        if (!network.layers[l].plain(static_cast<int>(l)))
            throw Error(fmt::format("layer {}", l),
                        "only dense layers without bias, each after the other, can be compiled",
                        "train and evaluate it in floating point");
    for (size_t l = 0; l + 1 < network.layers.size(); ++l) {
        const LayerSpec& layer = network.layers[l];
        const std::string where = fmt::format("layer {}", l);
        if (layer.activation == Activation::none)
            throw Error(where, "a hidden layer without an activation",
                        fmt::format("set layers.{}.activation to relu or clip", l));
        const bool relu = layer.activation == Activation::relu;
        const double range = relu ? checkpoint.layers[l].act_range : 1.0;
        scales.push_back({range, 0, layer.bits});
        check_scale(scales.back(), where, "activation range");
        scales.back().step = range / scales.back().hi();
    }
    if (network.layers.back().activation != Activation::none)
        throw Error(fmt::format("layer {}", network.layers.size() - 1),
                    "the last layer has an activation; its sums are the logits",
                    "set its activation to none");
    return scales;
}

}  // namespace permloom
