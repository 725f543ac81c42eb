/// A checkpoint as an ONNX model that any runtime evaluates.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"

namespace permloom {

/// Input `pixels`: values of the data set as they are (0..255 or 0..16), images x values or, for a
/// network on maps, images x rows x columns x channels. Output `logits`: images x outputs. The
/// preprocessing is part of the model; dropout is not. Weights are projected, real-valued, and the
/// arithmetic is that of `permloom evaluate` on a checkpoint; inside, maps lie channels first, as
/// ONNX has them. The YAML of the network is in the metadata.
std::vector<uint8_t> to_onnx(const Checkpoint& checkpoint);

}  // namespace permloom
