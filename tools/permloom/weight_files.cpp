#include "tools/permloom/weight_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/checkpoint/projected.h"
#include "compiler/checkpoint/safetensors.h"

namespace permloom::cli {
namespace fs = std::filesystem;

std::string printable(std::string name) {
    std::ranges::replace_if(
        name, [](char c) { return c < ' ' || c > '~'; }, '?');
    return name;
}

bool is_checkpoint(const fs::path& path) {
    if (foreign_format(path) != ForeignFormat::safetensors) return false;
    const TensorFile file = parse_safetensors(read_bytes(path), path.string());
    const auto format = file.metadata.find("format");
    return format != file.metadata.end() && format->second.starts_with("permloom-checkpoint");
}

std::vector<WeightVectors> projected_layers(const Checkpoint& checkpoint) {
    std::vector<WeightVectors> layers;
    for (size_t l = 0; l < checkpoint.layers.size(); ++l) {
        const LayerSpec& spec = checkpoint.network.layers[l];
        layers.push_back({checkpoint.network.layer_name(l), spec.outputs, spec.lines(),
                          projected_lines(checkpoint.layers[l], spec)});
    }
    return layers;
}

WeightFile load_weight_file(const fs::path& path, const std::string& which,
                            const std::optional<WeightLayout>& layout) {
    WeightFile file{checkpoint_path(path, which), "checkpoint", {}, 0};
    if (is_checkpoint(file.path)) {
        if (layout)
            throw Error("--layout", "is of no use for a checkpoint: its layout is known", {},
                        ErrorKind::usage);
        file.layers = projected_layers(load_checkpoint(file.path));
    } else {
        const ForeignWeights weights = read_foreign(file.path);
        file.kind = to_string(weights.format);
        for (const ForeignArray& array : weights.arrays)
            if (auto vectors = weight_vectors(array, layout.value_or(usual_layout(weights.format))))
                file.layers.push_back(std::move(*vectors));
            else
                ++file.skipped;
    }
    if (file.layers.empty())
        throw Error(
            file.path.string(),
            fmt::format("holds no weights: none of its {} arrays has 2 or 4 axes", file.skipped));
    for (WeightVectors& layer : file.layers)
        layer.name = printable(layer.name);
    return file;
}

}  // namespace permloom::cli
