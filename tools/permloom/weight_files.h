/// The weight vectors of any file that holds weights: a run, a checkpoint, files of other programs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/checkpoint/foreign.h"

namespace permloom::cli {

struct WeightFile {
    std::filesystem::path path;
    std::string kind;                   ///< "checkpoint", "Keras HDF5", ...
    std::vector<WeightVectors> layers;  ///< at least one; names are printable
    int skipped = 0;                    ///< arrays that are no matrix and no kernel: biases, ...
};

/// `path` is a run directory (then `which` = "last" or "best") or a file; its first bytes tell the
/// kind. Weights of a checkpoint are projected: each vector a permutation of its devices, over the
/// lines of its rail. `layout` overrules the one that the format usually has. Throws Error.
WeightFile load_weight_file(const std::filesystem::path& path, const std::string& which,
                            const std::optional<WeightLayout>& layout);

}  // namespace permloom::cli
