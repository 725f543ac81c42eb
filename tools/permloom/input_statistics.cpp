#include "tools/permloom/input_statistics.h"

#include "sim/reference/reference.h"
#include "sim/untimed/feature_map.h"

namespace permloom::cli {

std::vector<InputMoments> input_moments(const Chip& chip, const Configuration& configuration,
                                        std::span<const std::vector<uint16_t>> images) {
    std::vector<InputMoments> moments;
    for (const ChipLayer& layer : chip.layers)
        moments.emplace_back(layer.inputs);
    const auto reference = make_reference(chip, configuration);
    std::vector<int32_t> window;
    for (const std::vector<uint16_t>& image : images) {
        const Inference inference = reference->infer(image);
        const std::vector<int32_t> pixels(image.begin(), image.end());
        for (size_t l = 0; l < chip.layers.size(); ++l) {
            const int source = chip.source(l);
            const std::vector<int32_t>& values =
                source == NETWORK_INPUT ? pixels
                                        : inference.activations[static_cast<size_t>(source)];
            const ChipLayer& layer = chip.layers[l];
            if (!layer.walk) {
                moments[l].add(values);
                continue;
            }
            for (int row = 0; row < layer.walk->rows; ++row)
                for (int column = 0; column < layer.walk->columns; ++column) {
                    window_at(*layer.walk, row, column, layer.in_zero, values, window);
                    moments[l].add(window);
                }
        }
    }
    return moments;
}

}  // namespace permloom::cli
