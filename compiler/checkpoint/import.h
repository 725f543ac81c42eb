/// Weights that another program trained, as the layers of a network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/checkpoint/foreign.h"

namespace permloom {

struct ImportOptions {
    std::optional<WeightLayout> layout{};  ///< empty: the usual one of the format
    std::vector<std::string> order{};      ///< of group_modules
    /// Of the file's batch norms; empty: 1e-5 in the layout of PyTorch, else the network's own.
    std::optional<double> epsilon{};
    /// Per layer what recover_devices takes; empty: none.
    std::vector<std::vector<int32_t>> devices{};
};

struct ImportedWeights {
    std::vector<LayerState> layers;     ///< act_range is left at 1
    std::vector<std::string> arrays;    ///< per layer, where its weights came from
    std::vector<float> input_mean;      ///< where the network asks for it and the file holds it
    std::vector<std::string> left_out;  ///< arrays that nothing took
};

/// Layer by layer the weights, biases, factors and batch norms of a file, which `where` names.
///
/// A layer takes the first module of its shape that no layer before it took; with `order` they must
/// fit one by one. Batch norms likewise. So branches may come in another order than in the
/// description, as long as their shapes differ.
///
/// Dense layers behind a flattened map get their columns in the order row, column, channel;
/// PyTorch's are channel, row, column. The network's batch norms have one epsilon: another is made
/// up for in gamma, so that the function is the same and the statistics stay as they are.
///
/// Throws Error that names the file, the layer and the array, with both shapes where they differ:
/// too few or too many modules, shapes, missing biases, biases that the network has no place for,
/// rails other than single, and whatever recover_devices refuses.
ImportedWeights import_weights(const NetworkSpec& network, const ForeignWeights& weights,
                               const std::string& where, const ImportOptions& options);

}  // namespace permloom
