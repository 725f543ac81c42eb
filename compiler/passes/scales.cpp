#include "compiler/passes/scales.h"

#include <fmt/format.h>

#include <cmath>

#include "compiler/base/bits.h"
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

ActivationScale image_scale(const InputSpec& input) {
    if (input.bits == 0)
        throw Error("input", "real values go into this network; a chip takes codes",
                    "train with `--set input.bits=8 --set input.mean=0 --set input.scale=1/255`");
    const ActivationScale scale{input.scale, input.zero, input.bits};
    check_scale(scale, "input", "scale");
    if (input.zero < 0 || input.zero > scale.hi())
        throw Error("input",
                    fmt::format("zero point {} is not a code of {} bits", input.zero, input.bits));
    return scale;
}

/// Of the pool's results, from that of the codes.
ActivationScale behind_pool(ActivationScale scale, const PostOpForm& form) {
    if (form.pool != Pool::sum) return scale;
    const int values = form.window * form.window;
    scale.step /= values;
    scale.zero *= values;
    scale.bits += ceil_log2(static_cast<uint64_t>(values));
    return scale;
}

}  // namespace

std::vector<PostOpForm> post_op_forms(const Checkpoint& checkpoint) {
    const NetworkSpec& network = checkpoint.network;
    if (network.layers.empty() || checkpoint.layers.size() != network.layers.size())
        throw Error("checkpoint", fmt::format("{} trained layers for a network description of {}",
                                              checkpoint.layers.size(), network.layers.size()));
    std::vector<PostOpForm> forms;
    for (size_t l = 0; l < network.layers.size(); ++l)
        forms.push_back(
            post_op_form(network.layers[l], checkpoint.layers[l], network.layer_title(l)));
    return forms;
}

std::vector<ActivationScale> code_scales(const Checkpoint& checkpoint) {
    const std::vector<PostOpForm> forms = post_op_forms(checkpoint);
    std::vector<ActivationScale> scales;
    for (size_t l = 0; l + 1 < forms.size(); ++l) {
        const double range = forms[l].unit_range ? 1.0 : checkpoint.layers[l].act_range;
        ActivationScale scale{range, 0, checkpoint.network.layers[l].bits};
        check_scale(scale, checkpoint.network.layer_title(l), "activation range");
        if (!forms[l].positive()) scale.zero = 1 << (scale.bits - 1);
        scale.step = range / (scale.hi() - scale.zero);
        scales.push_back(scale);
    }
    return scales;
}

std::vector<ActivationScale> value_scales(const Checkpoint& checkpoint) {
    const std::vector<PostOpForm> forms = post_op_forms(checkpoint);
    std::vector<ActivationScale> scales = code_scales(checkpoint);
    for (size_t l = 0; l < scales.size(); ++l)
        scales[l] = behind_pool(scales[l], forms[l]);
    return scales;
}

std::vector<ActivationScale> activation_scales(const Checkpoint& checkpoint) {
    const NetworkSpec& network = checkpoint.network;
    const std::vector<PostOpForm> forms = post_op_forms(checkpoint);
    const PostOpForm& last = forms.back();
    if (network.layers.back().activation != Activation::none || last.affine() || last.added ||
        last.bounded || last.pool != Pool::none)
        throw Error(network.layer_title(forms.size() - 1),
                    "the last layer has an activation; its sums are the logits",
                    "set its activation to none, and `then` to []");
    const ActivationScale image = image_scale(network.input);
    const std::vector<ActivationScale> values = value_scales(checkpoint);
    std::vector<ActivationScale> scales;
    for (const LayerSpec& layer : network.layers)
        scales.push_back(layer.from == NETWORK_INPUT ? image
                                                     : values[static_cast<size_t>(layer.from)]);
    return scales;
}

}  // namespace permloom
