/// verify: chip + configuration -> proof that they are the checkpoint, or an Error.
///
/// Nothing that an earlier pass computed is believed. The configuration is decoded again and
/// compared with the checkpoint weight by weight; it is expanded to the load stream, the stream
/// read back, and its switch bits passed through the network's topology; the registers are held
/// against the real formula at probe inputs; every sum is bounded:
///
///     checkpoint  neuron 3: weights  a -2, b 0, c 1, d 3
///     decoded     neuron 3: bank -2 0 1 3, source a b d c    ->  layer 0, neuron 3: line 2 has
///                                                               device 3, its weight is 1
#pragma once

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom {

/// Throws Error naming layer and neuron of the first difference.
void verify(const Checkpoint& checkpoint, const Chip& chip, const Configuration& configuration);

}  // namespace permloom
