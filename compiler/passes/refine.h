/// refine: a re-ranked wiring, moved to where the errors of its devices matter least.
///
/// The error of a sum is the sum over its inputs of (measured - trained weight) * input; its
/// variance over real inputs is d' C d, d the differences and C the covariances of the inputs. Two
/// lines change places wherever that lowers it, so that dead and far-off devices get inputs that
/// hardly ever speak, and errors of inputs that speak together cancel:
///
///     measured 0 (dead)  0.9  1.1     trained weights  a 1  b 1  c 1,   b is always 0
///     re-ranked  a -> 0      refined  b -> 0
///
/// What the differences do in the mean is left to `recalibrate`.
#pragma once

#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/passes/input_moments.h"
#include "compiler/passes/place.h"
#include "compiler/program/device_instance.h"

namespace permloom {

/// Weights as trained, outputs x lines, in steps of the chip's devices.
std::vector<double> trained_weights(const LayerState& state, const ChipLayer& layer);

struct RefineOptions {
    int passes = 20;  ///< over all lines of a neuron, unless it settles before
};

/// `moments` of the inputs of every layer. The result does not depend on the number of threads.
Sources refine(const Checkpoint& checkpoint, const Chip& chip, const DeviceInstance& instance,
               const Sources& sources, const std::vector<InputMoments>& moments, ThreadPool& pool,
               const RefineOptions& options = {});

/// Variance of the error of each neuron's sum, over that of the sum as trained; 0: none.
std::vector<double> relative_error(const Checkpoint& checkpoint, const Chip& chip,
                                   const DeviceInstance& instance, const Sources& sources,
                                   size_t layer, const InputMoments& moments);

}  // namespace permloom
