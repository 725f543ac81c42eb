/// recalibrate: the post-op registers of a nominal chip -> those of a fabricated copy.
///
/// What a copy adds to a sum whatever the inputs is taken out of b. Without `moments` that is what
/// follows from the measured values alone: the complement rails' constants and the inputs' zero
/// point:
///
///     two rails, hi 255   direct 1.2 0.9, complement 0.8 1.3
///     b  -2 * 255     ->  b  -(0.8 + 1.3) * 255
///
/// With the means and covariances of the inputs it is the whole mean error, and in a hidden layer m
/// is multiplied by the gain that brings the sums nearest to the trained ones.
#pragma once

#include <vector>

#include "compiler/passes/input_moments.h"
#include "compiler/passes/place.h"
#include "compiler/program/configuration.h"
#include "compiler/program/device_instance.h"

namespace permloom {

struct Registers {
    std::vector<NeuronRegisters> neurons;
    LayerRegisters layer;
};

/// `moments` of the inputs of every layer, or empty. Throws Error where b leaves its 32 bits.
std::vector<Registers> recalibrate(const Checkpoint& checkpoint, const Chip& chip,
                                   const DeviceInstance& instance, const Sources& sources,
                                   std::vector<Registers> nominal,
                                   const std::vector<InputMoments>& moments);

}  // namespace permloom
