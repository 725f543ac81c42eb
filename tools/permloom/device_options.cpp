#include "tools/permloom/device_options.h"

#include <fmt/format.h>

#include "compiler/spec/library.h"
#include "tools/permloom/inputs.h"

namespace permloom::cli {
namespace fs = std::filesystem;

void add_device_options(Options& options, const std::string& model_default) {
    options
        .value("device", "D",
               "how devices, switches and converters behave: a description (.yaml), or a name in "
               "models/devices",
               model_default)
        .value("banks", "B",
               "whose devices the neurons of a layer use: neuron (each its own), layer (all the "
               "same), engine (as the engine is built: layer for folded)",
               "engine");
}

DeviceModel read_device_model(const Values& values) {
    std::vector<Override> overrides;
    for (const std::string& text : values.list("set"))
        overrides.push_back(parse_override(text));
    return load_device_model(values.text("device"), overrides);
}

Sharing read_sharing(const Values& values) {
    const std::string name = values.choice("banks", {"engine", "neuron", "layer"});
    return name == "neuron" ? Sharing::neuron : name == "layer" ? Sharing::layer : Sharing::engine;
}

ChipCopy load_chip_copy(const fs::path& path, const fs::path& chip, double missing_limit) {
    ChipCopy copy{path, chip, load_instance(path), {}};
    if (chip.empty()) copy.chip_path = chip_beside(path, copy.instance.chip_fingerprint);
    copy.chip = load_chip(copy.chip_path);
    check(copy.instance, copy.chip, path.string(), missing_limit);
    return copy;
}

std::vector<std::string> split_names(const std::string& text) {
    std::vector<std::string> names;
    for (size_t start = 0; start < text.size();) {
        const size_t comma = std::min(text.find(',', start), text.size());
        if (comma > start) names.push_back(text.substr(start, comma - start));
        start = comma + 1;
    }
    return names;
}

}  // namespace permloom::cli
