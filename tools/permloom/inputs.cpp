#include "tools/permloom/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "compiler/base/error.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

/// The chip in `directory` with this fingerprint, if any. Files that are no chip are passed over.
std::optional<fs::path> find_chip(const fs::path& directory, const Sha256& wanted) {
    std::vector<fs::path> candidates;
    for (const auto& entry : fs::directory_iterator(directory))
        if (entry.path().extension() == ".chip") candidates.push_back(entry.path());
    std::sort(candidates.begin(), candidates.end());
    for (const fs::path& candidate : candidates) {
        try {
            if (fingerprint(load_chip(candidate)) == wanted) return candidate;
        } catch (const Error&) {
            continue;
        }
    }
    return {};
}

template <class Layers>
std::string join_shape(const Layers& layers) {
    std::string text = std::to_string(layers.front().inputs);
    for (const auto& layer : layers)
        text += "-" + std::to_string(layer.outputs);
    return text;
}

}  // namespace

Override parse_override(const std::string& text) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw Error("--set", "'" + text + "' is not key=value",
                    "for example --set training.epochs=5", ErrorKind::usage);
    return {text.substr(0, equals), text.substr(equals + 1)};
}

Dataset load_data(const std::string& name, const DataNeeds& needs) {
    if (name.empty() && needs.dataset.empty())
        throw Error("--data", "missing: the name of a data set or a directory",
                    "for example --data digits", ErrorKind::usage);
    Dataset data = load_dataset(name.empty() ? needs.dataset : name);
    const std::string hint = "choose another --data, or a network for it";
    const int pixels = data.train.pixels_per_image();
    if (pixels != needs.pixels)
        throw Error(
            data.name,
            fmt::format("network takes {} pixels, {} has {}", needs.pixels, data.name, pixels),
            hint);
    if (data.classes > needs.outputs)
        throw Error(data.name,
                    fmt::format("network has {} outputs, {} has {} classes", needs.outputs,
                                data.name, data.classes),
                    hint);
    if (name.empty() && !needs.checksum.empty() && needs.checksum != data.checksum)
        throw Error(data.name, "is not the data set of that name that the network was trained on",
                    "name the data with --data");
    return data;
}

fs::path chip_beside(const fs::path& path, const Sha256& wanted) {
    const fs::path beside = fs::path(path).replace_extension(".chip");
    const fs::path directory = path.has_parent_path() ? path.parent_path() : ".";
    // The file of the same name goes first: when it is damaged, its own message is wanted.
    if (fs::exists(beside) && fingerprint(load_chip(beside)) == wanted) return beside;
    if (const auto found = find_chip(directory, wanted)) return *found;
    throw Error(path.string(),
                fmt::format("made for chip {}, and {} holds no such chip", to_hex(wanted, 16),
                            fs::absolute(directory).string()),
                "name it with --chip FILE.chip");
}

Program load_program(const fs::path& path, const fs::path& chip, const DeviceInstance* instance) {
    Program program{path, chip, load_configuration(path), {}};
    if (chip.empty()) program.chip_path = chip_beside(path, program.configuration.chip_fingerprint);
    program.chip = load_chip(program.chip_path);
    require_match(program.chip, program.configuration, path.string(), instance);
    return program;
}

DataNeeds needs_of(const Program& program) {
    const Configuration& configuration = program.configuration;
    return {configuration.input.size, program.chip.outputs(), configuration.dataset,
            configuration.dataset_checksum};
}

void require_fit(const NetworkSpec& network, const Chip& chip, const fs::path& path) {
    const std::string hint = "choose a network of the chip's shape, " + shape_text(chip);
    if (chip.layers.size() != network.layers.size())
        throw Error(path.string(),
                    fmt::format("chip has {} layers, network {} has {}", chip.layers.size(),
                                network.name, network.layers.size()),
                    hint);
    for (size_t i = 0; i < chip.layers.size(); ++i) {
        const ChipLayer& have = chip.layers[i];
        const LayerSpec& want = network.layers[i];
        const auto differ = [&](const std::string& what, const auto& on_chip, const auto& wanted) {
            if (on_chip != wanted)
                throw Error(path.string(),
                            fmt::format("layer {}: chip has {} = {}, network {} has {}", i, what,
                                        on_chip, network.name, wanted),
                            hint);
        };
        differ("inputs", have.inputs, want.inputs);
        differ("outputs", have.outputs, want.outputs);
        differ("rail", to_string(have.rail), to_string(want.rail));
        differ("source layer", chip.source(i), want.from);
        differ("values read", have.input_size(), want.input.size());
        if (want.from == NETWORK_INPUT) differ("input bits", have.in_bits, network.input.bits);
        if (i + 1 < chip.layers.size()) differ("output bits", have.out_bits, want.bits);
    }
}

Chip load_chip_for(const NetworkSpec& network, const fs::path& path) {
    Chip chip = load_chip(path);
    require_fit(network, chip, path);
    return chip;
}

FileKind kind_of(const fs::path& path) {
    if (fs::is_directory(path)) return FileKind::checkpoint;
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error(path.string(), "no such file", "check the path");
    std::string head(9, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    if (head.starts_with("PLMCHIP1")) return FileKind::chip;
    if (head.starts_with("PLMCONF1")) return FileKind::configuration;
    if (head.starts_with("PLMDEVI1")) return FileKind::devices;
    // A safetensors file: eight bytes of header length, then JSON.
    if (head[8] == '{') return FileKind::checkpoint;
    throw Error(path.string(),
                "neither a checkpoint, a chip, a configuration nor devices of permloom");
}

std::string shape_text(const NetworkSpec& network) {
    return join_shape(network.layers);
}
std::string shape_text(const Chip& chip) {
    return join_shape(chip.layers);
}

std::string layer_text(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    std::string text = fmt::format("{}: ", index);
    if (layer.walk && layer.walk->positions() > 1)
        text += fmt::format("{0}x{0}x{1} -> {2} at {3}x{4}", layer.walk->kernel,
                            layer.walk->map.channels, layer.outputs, layer.walk->rows,
                            layer.walk->columns);
    else
        text += fmt::format("{} -> {}", layer.inputs, layer.outputs);
    if (layer.passes() > 1) text += fmt::format(", {} passes", layer.passes());
    if (layer.from) text += fmt::format(", of {}", *layer.from);
    if (!layer.walk) return text;
    if (layer.walk->pool != Pool::none)
        text += fmt::format(", {} {}", layer.walk->pool == Pool::max ? "max" : "sum",
                            layer.walk->window);
    if (layer.walk->skip) text += fmt::format(", + {}", *layer.walk->skip);
    return text;
}

std::string engine_text(std::string_view engine, int lanes, bool bit_serial,
                        std::string_view decoder) {
    if (decoder != to_string(Decoder::none))
        return fmt::format("{} x {}, {}", engine, lanes, decoder);
    if (bit_serial) return fmt::format("{}, bit-serial", engine);
    const bool whole = engine == to_string(Engine::folded) || engine == to_string(Engine::spatial);
    return whole ? std::string(engine) : fmt::format("{} x {}", engine, lanes);
}

std::string engine_text(const ChipLayer& layer) {
    return engine_text(to_string(layer.engine), layer.lanes, layer.bit_serial,
                       to_string(layer.decoder));
}

}  // namespace permloom::cli
