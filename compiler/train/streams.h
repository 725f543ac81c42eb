/// Which stream of the run's seed each random draw takes: a draw added to one never changes
/// another.
#pragma once

#include <cstdint>

#include "compiler/base/rng.h"

namespace permloom {

enum class Draw : uint64_t {
    devices = 1,      ///< per layer: values and pruning
    arrangement = 2,  ///< per layer: where the devices of a given bank start
    latents = 3,      ///< per layer
    validation = 4,   ///< which training images are held out
    order = 5,        ///< per epoch: the order of the training images
    shift = 6,        ///< per step: augmentation by whole pixels
    bias = 7,         ///< per layer: initial bias
    augment = 8,      ///< per step and image: augmentation
    dropout = 9,      ///< per step
    attack = 10,      ///< per image: where PGD starts
};

inline Rng stream(uint64_t seed, Draw draw, uint64_t index = 0) {
    return Rng(seed, static_cast<uint64_t>(draw) << 56 | index);
}

}  // namespace permloom
