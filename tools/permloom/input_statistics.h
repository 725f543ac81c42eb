/// What the inputs of every layer look like on real images.
#pragma once

#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/passes/input_moments.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom::cli {

/// Means and covariances over `images` in the integer reference; a layer that walks sees each of
/// its windows.
std::vector<InputMoments> input_moments(const Chip& chip, const Configuration& configuration,
                                        std::span<const std::vector<uint16_t>> images);

}  // namespace permloom::cli
