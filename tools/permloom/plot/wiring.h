/// Weight vectors of a checkpoint as images.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"

namespace permloom::cli {

/// A run directory (its last checkpoint) or a checkpoint file.
Checkpoint load_plotted(const std::string& run_or_file);

/// One weight vector and how its lines lie in an image.
struct WeightImage {
    int rows = 0, columns = 0;
    std::vector<float> weights;   ///< by line
    std::vector<int32_t> source;  ///< source[rank] = line
};

/// Of a neuron of a trained network. Throws Error where there is no such layer or neuron, or its
/// lines form no image: they are neither those of the network's image nor a square number.
WeightImage weight_image(const Checkpoint& checkpoint, int layer, int neuron);

/// The same neuron before training, drawn again from the seed. Throws Error where the checkpoint
/// does not say how its training began: devices of a chip, or latents that are no arrangement.
WeightImage initial_weight_image(const Checkpoint& checkpoint, int layer, int neuron);

}  // namespace permloom::cli
