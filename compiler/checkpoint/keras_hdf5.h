/// Weights that Keras stored as HDF5: `model.save_weights` and `model.save`, up to Keras 2.
///
/// The root, or the group `model_weights` of a whole model, lists its layers in the attribute
/// `layer_names`; each layer is a group that lists its arrays in `weight_names`. Both are in the
/// order of creation.
#pragma once

#include <filesystem>
#include <vector>

#include "compiler/checkpoint/foreign.h"

namespace permloom {

/// Throws Error.
std::vector<ForeignArray> read_keras_hdf5(const std::filesystem::path& path);

}  // namespace permloom
