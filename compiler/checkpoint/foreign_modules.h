/// Arrays of other programs, grouped as the modules of a network.
///
/// The last part of a name says what an array is, everything before it which module it belongs to:
/// MODULE/kernel:0 in Keras, MODULE.weight in PyTorch, NAME/kernel in what npz_export writes.
#pragma once

#include <string>
#include <vector>

#include "compiler/checkpoint/foreign.h"

namespace permloom {

/// A dense layer or a convolution. Pointers are into the arrays grouped; null: not in the file.
struct WeightModule {
    std::string name;
    const ForeignArray* weights = nullptr;  ///< never null; 2 or 4 axes
    const ForeignArray* bias = nullptr;
    const ForeignArray *alpha = nullptr, *offset = nullptr;  ///< scalars, see LayerState
};

struct NormModule {
    std::string name;
    const ForeignArray *gamma = nullptr, *beta = nullptr;
    const ForeignArray *mean = nullptr, *variance = nullptr;  ///< never null
};

struct ForeignModules {
    std::vector<WeightModule> weights;         ///< in the order of the file
    std::vector<NormModule> norms;             ///< the same
    const ForeignArray* input_mean = nullptr;  ///< `input/mean`
    /// Names of the arrays that are in none of them. What other numbers imply (the wiring that
    /// npz_export writes, the batches that PyTorch counts) is not listed.
    std::vector<std::string> left_out;
};

/// An array of 2 or 4 axes that is not called kernel or weight is a module of its own. `order`, if
/// not empty: these modules only, in this order. Throws Error for a name in it that is no module.
ForeignModules group_modules(const ForeignWeights& weights, const std::vector<std::string>& order);

}  // namespace permloom
