#include "tools/permloom/plot/wiring.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/base/error.h"
#include "compiler/train/devices.h"

namespace permloom::cli {
namespace {

const LayerSpec& layer_spec(const Checkpoint& checkpoint, int layer, int neuron) {
    const auto& layers = checkpoint.network.layers;
    if (layer >= static_cast<int>(layers.size()))
        throw Error(fmt::format("layer {}", layer), "is not in the network",
                    fmt::format("its layers are 0 to {}", layers.size() - 1));
    const LayerSpec& spec = layers[static_cast<size_t>(layer)];
    if (neuron >= spec.outputs)
        throw Error(fmt::format("neuron {}", neuron), fmt::format("is not in layer {}", layer),
                    fmt::format("its neurons are 0 to {}", spec.outputs - 1));
    return spec;
}

WeightImage empty_image(const LayerSpec& spec) {
    WeightImage image;
    const auto side = static_cast<int>(std::lround(std::sqrt(spec.lines())));
    if (!spec.convolves && spec.input.rows > 1 && spec.input.channels == 1 &&
        spec.rail != Rail::dual) {
        image.rows = spec.input.rows;
        image.columns = spec.input.columns;
    } else if (side * side == spec.lines()) {
        image.rows = image.columns = side;
    } else {
        throw Error(fmt::format("{} lines", spec.lines()), "form no image",
                    "choose a layer whose neurons read an image, with --neuron");
    }
    return image;
}

}  // namespace

Checkpoint load_plotted(const std::string& run_or_file) {
    return load_checkpoint(checkpoint_path(run_or_file, "last"));
}

WeightImage weight_image(const Checkpoint& checkpoint, int layer, int neuron) {
    const LayerSpec& spec = layer_spec(checkpoint, layer, neuron);
    WeightImage image = empty_image(spec);
    const LayerState& state = checkpoint.layers[static_cast<size_t>(layer)];
    const auto lines = static_cast<size_t>(spec.lines());
    const auto row = static_cast<size_t>(neuron) * lines;
    const size_t bank = state.profile.size() == lines ? 0 : row;
    image.weights.resize(lines);
    for (size_t rank = 0; rank < lines; ++rank) {
        image.source.push_back(state.source[row + rank]);
        image.weights[static_cast<size_t>(image.source.back())] = state.profile[bank + rank];
    }
    return image;
}

WeightImage initial_weight_image(const Checkpoint& checkpoint, int layer, int neuron) {
    const LayerSpec& spec = layer_spec(checkpoint, layer, neuron);
    WeightImage image = empty_image(spec);
    const std::string hint = "give the checkpoint to compare with as a second argument";
    if (!checkpoint.chip_fingerprint.empty())
        throw Error("before training", "the run began on the devices of a chip", hint);
    const TrainingSpec& training = checkpoint.network.training;
    const bool masks = training.algorithm == Algorithm::laperm_latent && spec.devices.shared() &&
                       training.estimator != Estimator::drift;
    if (masks)
        throw Error("before training", "the run began with latents, not with an arrangement", hint);
    const LayerDevices devices = draw_devices(spec, layer, checkpoint.seed);
    const auto lines = static_cast<size_t>(spec.lines());
    const auto first = devices.arrangement.begin() + static_cast<long>(lines) * neuron;
    image.weights.assign(first, first + static_cast<long>(lines));
    image.source.resize(lines);
    std::iota(image.source.begin(), image.source.end(), 0);
    std::stable_sort(image.source.begin(), image.source.end(), [&](int32_t a, int32_t b) {
        return image.weights[static_cast<size_t>(a)] < image.weights[static_cast<size_t>(b)];
    });
    return image;
}

}  // namespace permloom::cli
