/// The weight vectors of any file that holds weights: a run, a checkpoint, files of other programs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/checkpoint/foreign.h"

namespace permloom::cli {

struct WeightFile {
    std::filesystem::path path;
    std::string kind;                   ///< "checkpoint", "Keras HDF5", ...
    std::vector<WeightVectors> layers;  ///< at least one; names are printable
    int skipped = 0;                    ///< arrays that are no matrix and no kernel: biases, ...
};

/// Names come from files of any origin and go to terminals and pictures.
std::string printable(std::string name);

/// Whether a file that holds weights is a checkpoint of permloom.
bool is_checkpoint(const std::filesystem::path& path);

/// The projected weights of a checkpoint, over the lines of each rail.
std::vector<WeightVectors> projected_layers(const Checkpoint& checkpoint);

/// `path` is a run directory (then `which` = "last" or "best") or a file; its first bytes tell the
/// kind. Weights of a checkpoint are projected: each vector a permutation of its devices, over the
/// lines of its rail. `layout` overrules the one that the format usually has. Throws Error.
WeightFile load_weight_file(const std::filesystem::path& path, const std::string& which,
                            const std::optional<WeightLayout>& layout);

}  // namespace permloom::cli
