/// A checkpoint as plain NumPy arrays.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"

namespace permloom {

/// A .npz file. Per layer, under its name or `layers.I`: `/kernel` as Keras lays it out, (lines,
/// outputs) of a dense layer and (rows, columns, inputs, outputs) of a convolution; `/bias`,
/// `/batch_norm.K.{gamma,beta,mean,variance}` where it has them; `/alpha`, `/offset` (scalars, see
/// LayerState); and the wiring behind the kernel, `/source` and `/profile` as in the checkpoint.
/// `input/mean`: of each input value, where it was measured. Weights are projected.
std::vector<uint8_t> to_npz(const Checkpoint& checkpoint, bool deflated);

}  // namespace permloom
