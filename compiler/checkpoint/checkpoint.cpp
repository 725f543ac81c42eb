#include "compiler/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/checkpoint/tensor_reader.h"
#include "compiler/checkpoint/training_state.h"

namespace permloom {
namespace fs = std::filesystem;
namespace {

constexpr char FORMAT[] = "permloom-checkpoint-2";

std::string layer_name(int i, const char* field) {
    return fmt::format("layers.{}.{}", i, field);
}
std::string norm_name(int i, size_t k) {
    return fmt::format("layers.{}.batch_norm.{}", i, k);
}

void write_layer(TensorFile& file, const LayerState& layer, const LayerSpec& spec, int i) {
    put(file, layer_name(i, "source"), layer.source, spec.lines());
    put(file, layer_name(i, "profile"), layer.profile, spec.lines());
    put(file, layer_name(i, "profile_q"), layer.profile_q, spec.lines());
    put(file, layer_name(i, "latent"), layer.latent, spec.lines());
    const std::pair<const char*, double> scalars[] = {{"scale", layer.scale},
                                                      {"alpha", layer.alpha},
                                                      {"offset", layer.offset},
                                                      {"act_range", layer.act_range}};
    for (const auto& [name, value] : scalars)
        file.metadata[layer_name(i, name)] = fmt::format("{}", value);
    put(file, layer_name(i, "bias"), layer.bias, spec.outputs);
    for (size_t k = 0; k < layer.batch_norms.size(); ++k) {
        const LayerState::BatchNorm& norm = layer.batch_norms[k];
        std::vector<float> rows;
        for (const auto* values : {&norm.gamma, &norm.beta, &norm.mean, &norm.variance})
            rows.insert(rows.end(), values->begin(), values->end());
        put(file, norm_name(i, k), rows, spec.outputs);
    }
}

size_t count_norms(const LayerSpec& spec) {
    return static_cast<size_t>(
        std::count_if(spec.then.begin(), spec.then.end(),
                      [](const OpSpec& op) { return std::holds_alternative<BatchNormSpec>(op); }));
}

LayerState::BatchNorm read_norm(const TensorReader& reader, const LayerSpec& spec, int i,
                                size_t k) {
    const auto rows = reader.matrix<float>(norm_name(i, k), 4, spec.outputs);
    const auto part = [&](int row) {
        const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(row) * spec.outputs;
        return std::vector<float>(begin, begin + spec.outputs);
    };
    LayerState::BatchNorm norm{part(0), part(1), part(2), part(3)};
    for (const float variance : norm.variance)
        if (variance < 0.0F) throw reader.damaged(norm_name(i, k), "has a negative variance");
    return norm;
}

/// Banks ascend, and the integers say the same as the real values.
void check_profile(const TensorReader& reader, const LayerState& layer, const LayerSpec& spec,
                   int i) {
    const size_t lines = index(spec.lines());
    for (size_t k = 0; k < layer.profile.size(); ++k) {
        if (k % lines != 0 && layer.profile[k] < layer.profile[k - 1])
            throw reader.damaged(layer_name(i, "profile"), "is not sorted");
        if (!layer.profile_q.empty() &&
            layer.profile[k] != static_cast<float>(layer.profile_q[k] * layer.scale))
            throw reader.damaged(layer_name(i, "profile_q"), "does not match the profile");
    }
}

LayerState read_layer(const TensorReader& reader, const LayerSpec& spec, int i) {
    const int lines = spec.lines();
    LayerState layer;
    layer.source = reader.permutations(layer_name(i, "source"), spec.outputs, lines);
    layer.profile = reader.values<float>(layer_name(i, "profile"), lines);
    if (layer.profile.size() != index(lines) &&
        layer.profile.size() != index(lines) * index(spec.outputs))
        throw reader.damaged(layer_name(i, "profile"), "holds neither one bank nor one a neuron");
    layer.profile_q = reader.values<int32_t>(layer_name(i, "profile_q"), lines);
    if (!layer.profile_q.empty() && layer.profile_q.size() != layer.profile.size())
        throw reader.damaged(layer_name(i, "profile_q"), "and the profile differ in shape");
    layer.latent = reader.matrix<float>(layer_name(i, "latent"), spec.outputs, lines);
    layer.scale = reader.finite(layer_name(i, "scale"));
    layer.alpha = reader.finite(layer_name(i, "alpha"));
    layer.offset = reader.finite(layer_name(i, "offset"));
    layer.act_range = reader.finite(layer_name(i, "act_range"));
    if (!(layer.act_range > 0.0))
        throw reader.damaged(layer_name(i, "act_range"), "is not positive");
    if (spec.has_bias) layer.bias = reader.matrix<float>(layer_name(i, "bias"), 1, spec.outputs);
    for (size_t k = 0; k < count_norms(spec); ++k)
        layer.batch_norms.push_back(read_norm(reader, spec, i, k));
    check_profile(reader, layer, spec, i);
    return layer;
}

/// What load_checkpoint would refuse is never written.
void require_finite(const Checkpoint& checkpoint, const TensorFile& file, const fs::path& path) {
    const auto require = [&](const std::string& entry, bool finite) {
        if (!finite)
            throw Error(path.string(), "not written: '" + entry + "' is not finite",
                        "the training has diverged; lower training.learning_rate");
    };
    for (const auto& [name, tensor] : file.tensors) {
        if (tensor.dtype != "F32") continue;
        for (size_t at = 0; at < tensor.bytes.size(); at += sizeof(float)) {
            float value = 0.0F;
            std::memcpy(&value, tensor.bytes.data() + at, sizeof value);
            require(name, std::isfinite(value));
        }
    }
    for (size_t i = 0; i < checkpoint.layers.size(); ++i) {
        const LayerState& layer = checkpoint.layers[i];
        const std::pair<const char*, double> scalars[] = {
            {"alpha", layer.alpha}, {"offset", layer.offset}, {"act_range", layer.act_range}};
        for (const auto& [name, value] : scalars)
            require(layer_name(static_cast<int>(i), name), std::isfinite(value));
    }
    require("test.loss", std::isfinite(checkpoint.test.loss));
}

}  // namespace

void save_checkpoint(const Checkpoint& checkpoint, const fs::path& path) {
    TensorFile file;
    file.metadata = {{"format", FORMAT},
                     {"network", to_yaml(checkpoint.network)},
                     {"network_fingerprint", fingerprint(checkpoint.network)},
                     {"classes", fmt::format("{}", checkpoint.classes)},
                     {"dataset", checkpoint.dataset},
                     {"dataset_checksum", checkpoint.dataset_checksum},
                     {"seed", fmt::format("{}", checkpoint.seed)},
                     {"version", checkpoint.version},
                     {"command_line", checkpoint.command_line},
                     {"instruction_set", checkpoint.instruction_set},
                     {"chip_fingerprint", checkpoint.chip_fingerprint},
                     {"instance", checkpoint.instance},
                     {"noise", checkpoint.noise},
                     {"test.accuracy", fmt::format("{}", checkpoint.test.accuracy)},
                     {"test.loss", fmt::format("{}", checkpoint.test.loss)},
                     {"test.protocol", checkpoint.test.protocol}};
    PERMLOOM_ASSERT(checkpoint.layers.size() == checkpoint.network.layers.size());
    for (size_t i = 0; i < checkpoint.layers.size(); ++i)
        write_layer(file, checkpoint.layers[i], checkpoint.network.layers[i], static_cast<int>(i));
    if (!checkpoint.input_mean.empty())
        put(file, "input.mean", checkpoint.input_mean, checkpoint.network.input.size);
    write_training(file, checkpoint);
    require_finite(checkpoint, file, path);
    write_file(path, to_safetensors(file));
}

Checkpoint load_checkpoint(const fs::path& path) {
    const std::string where = path.string();
    const TensorFile file = parse_safetensors(read_bytes(path), where);
    const auto format = file.metadata.find("format");
    if (format == file.metadata.end() || !file.verified)
        throw Error(where, "is a safetensors file, but not an intact permloom checkpoint");
    if (format->second != FORMAT)
        throw Error(where,
                    "has format '" + format->second + "', this version reads '" + FORMAT + "'",
                    "use the version of permloom that wrote it");

    const TensorReader reader(file, where);
    Checkpoint checkpoint;
    checkpoint.network = parse_network(reader.text("network"), where);
    if (fingerprint(checkpoint.network) != reader.text("network_fingerprint"))
        throw reader.damaged("network_fingerprint", "does not match the network description");
    checkpoint.classes = reader.number<int>("classes");
    if (checkpoint.classes < 1 || checkpoint.classes > checkpoint.network.outputs())
        throw reader.damaged("classes", "does not fit the network's outputs");
    checkpoint.dataset = reader.text("dataset");
    checkpoint.dataset_checksum = reader.text("dataset_checksum");
    checkpoint.seed = reader.number<uint64_t>("seed");
    checkpoint.version = reader.text("version");
    checkpoint.command_line = reader.text("command_line");
    checkpoint.instruction_set = reader.text("instruction_set");
    checkpoint.chip_fingerprint = reader.text("chip_fingerprint");
    // Checkpoints of earlier versions have neither.
    checkpoint.instance = reader.text_or_empty("instance");
    checkpoint.noise = reader.text_or_empty("noise");
    checkpoint.test = {reader.finite("test.accuracy"), reader.finite("test.loss"),
                       reader.text("test.protocol")};
    for (size_t i = 0; i < checkpoint.network.layers.size(); ++i)
        checkpoint.layers.push_back(
            read_layer(reader, checkpoint.network.layers[i], static_cast<int>(i)));
    if (checkpoint.network.input.per_pixel_mean)
        checkpoint.input_mean =
            reader.matrix<float>("input.mean", 1, checkpoint.network.input.size);
    checkpoint.training = read_training(reader, file, checkpoint.network);
    return checkpoint;
}

fs::path checkpoint_path(const fs::path& run, const std::string& which) {
    std::error_code code;
    if (!fs::is_directory(run, code)) return run;
    const fs::path path = run / (which + ".safetensors");
    if (!fs::exists(path, code))
        throw Error(run.string(), "holds no checkpoint '" + which + "'",
                    which == "best" ? "the run has not finished; use --checkpoint last, or name "
                                      "its last.safetensors"
                                    : "give the directory that permloom train wrote");
    return path;
}

}  // namespace permloom
