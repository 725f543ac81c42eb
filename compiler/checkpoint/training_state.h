/// The `training.*` entries of a checkpoint's file.
#pragma once

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/checkpoint/tensor_reader.h"

namespace permloom {

void write_training(TensorFile& file, const Checkpoint& checkpoint);

/// Throws Error where an entry is missing or does not fit the network.
TrainingState read_training(const TensorReader& reader, const TensorFile& file,
                            const NetworkSpec& network);

}  // namespace permloom
