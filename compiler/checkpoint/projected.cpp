#include "compiler/checkpoint/projected.h"

namespace permloom {
namespace {

/// A line and its complement add up to this.
double complement_sum(const Checkpoint& checkpoint, size_t layer) {
    const InputSpec& input = checkpoint.network.input;
    if (layer == 0) return (((1 << input.bits) - 1) - 2 * input.zero) * input.scale;
    return checkpoint.layers[layer - 1].act_range;
}

}  // namespace

std::vector<float> projected_lines(const LayerState& state, const LayerSpec& spec) {
    const auto lines = static_cast<size_t>(spec.lines());
    const bool one_bank = state.profile.size() == lines;
    std::vector<float> weights(state.source.size());
    for (size_t at = 0; at < state.source.size(); at += lines)
        for (size_t r = 0; r < lines; ++r)
            weights[at + static_cast<size_t>(state.source[at + r])] =
                state.profile[(one_bank ? 0 : at) + r];
    return weights;
}

RealWeights real_weights(const Checkpoint& checkpoint, size_t layer) {
    const LayerSpec& spec = checkpoint.network.layers[layer];
    const LayerState& state = checkpoint.layers[layer];
    RealWeights result{projected_lines(state, spec), state.bias};
    const auto inputs = static_cast<size_t>(spec.inputs),
               outputs = static_cast<size_t>(spec.outputs);
    result.bias.resize(outputs, 0.0F);
    if (spec.rail != Rail::dual) return result;
    const double sum = complement_sum(checkpoint, layer);
    std::vector<float> folded(outputs * inputs);
    for (size_t j = 0; j < outputs; ++j) {
        double complements = 0.0;
        for (size_t i = 0; i < inputs; ++i) {
            const float* line = result.weights.data() + j * 2 * inputs + i;
            folded[j * inputs + i] = line[0] - line[inputs];
            complements += line[inputs];
        }
        result.bias[j] += static_cast<float>(complements * sum);
    }
    result.weights = std::move(folded);
    return result;
}

}  // namespace permloom
