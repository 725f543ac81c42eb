/// Networks in training, moved by hand instead of by an optimiser.
#pragma once

#include <algorithm>
#include <vector>

#include "compiler/train/net.h"

namespace permloom::testing {

inline TrainingNet make_net(const NetworkSpec& network, uint64_t seed = 1) {
    std::vector<LayerDevices> devices;
    for (size_t l = 0; l < network.layers.size(); ++l)
        devices.push_back(draw_devices(network.layers[l], static_cast<int>(l), seed));
    return TrainingNet(network, std::move(devices), seed);
}

/// What Adam does, for these tests: arbitrary moves of the owned weights.
inline void disturb(TrainingNet& net, Rng& rng, double width) {
    for (size_t l = 0; l < net.size(); ++l)
        for (float& weight : net.layer(l).owned)
            weight += static_cast<float>(rng.uniform(-width, width));
}

inline std::vector<float> derived(const TrainingNet& net, size_t l, LayerParameters& layer,
                                  int row) {
    std::vector<float> weights(static_cast<size_t>(layer.lines));
    net.algorithm(l).derive(layer, row, 0, layer.lines, weights.data());
    return weights;
}

inline std::vector<float> sorted(std::span<const float> values) {
    std::vector<float> result(values.begin(), values.end());
    std::sort(result.begin(), result.end());
    return result;
}

}  // namespace permloom::testing
