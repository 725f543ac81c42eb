/// A checkpoint of weights that were imported: what the file lacks is measured on a data set.
#pragma once

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/checkpoint/import.h"
#include "compiler/data/dataset.h"

namespace permloom {

/// Means of the inputs (where the network asks for them and the file had none) and activation
/// ranges come from the training images; the test score has protocol "imported". There is no
/// training state. Throws Error when the images do not fit the network.
Checkpoint imported_checkpoint(const NetworkSpec& network, ImportedWeights weights,
                               const Dataset& data, ThreadPool& pool);

/// Gives all neurons of a layer one profile, theta_bar of the paper's section 5.3, in the wiring
/// that they have, and measures ranges and score anew. Latents stay. Devices are real-valued.
void share_profiles(Checkpoint& checkpoint, const Dataset& data, ThreadPool& pool);

}  // namespace permloom
