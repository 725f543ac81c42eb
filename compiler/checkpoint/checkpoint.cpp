#include "compiler/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/checkpoint/safetensors.h"

namespace permloom {
namespace fs = std::filesystem;
namespace {

constexpr char FORMAT[] = "permloom-checkpoint-1";

size_t index(int i) {
    return static_cast<size_t>(i);
}

/// Adds a tensor; an empty one is left out.
template <class T>
void put(TensorFile& file, const std::string& name, const std::vector<T>& values, int columns) {
    if (values.empty()) return;
    const int64_t rows = static_cast<int64_t>(values.size()) / columns;
    file.tensors[name] = Tensor::of(std::span<const T>(values), {rows, columns});
}

/// Typed, checked access to what a file holds. Every error names the file and the entry.
class Reader {
  public:
    Reader(const TensorFile& file, std::string where) : file_(file), where_(std::move(where)) {}

    Error damaged(const std::string& entry, const std::string& what) const {
        return Error(where_, "'" + entry + "' " + what,
                     "the file was not written by permloom train");
    }

    const std::string& text(const std::string& key) const {
        const auto found = file_.metadata.find(key);
        if (found == file_.metadata.end()) throw damaged(key, "is missing");
        return found->second;
    }

    template <class T>
    T number(const std::string& key) const {
        const std::string& digits = text(key);
        T value{};
        const auto [end, code] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (code != std::errc{} || end != digits.data() + digits.size())
            throw damaged(key, "is not a number");
        return value;
    }

    double finite(const std::string& key) const {
        const auto value = number<double>(key);
        if (!std::isfinite(value)) throw damaged(key, "is not finite");
        return value;
    }

    /// The values of a 2-D tensor with `columns` columns; empty when it is absent.
    template <class T>
    std::vector<T> values(const std::string& name, int columns) const {
        const auto found = file_.tensors.find(name);
        if (found == file_.tensors.end()) return {};
        const Tensor& tensor = found->second;
        if (tensor.dtype != (std::is_same_v<T, float> ? "F32" : "I32"))
            throw damaged(name, "has type " + tensor.dtype);
        if (tensor.shape.size() != 2 || tensor.shape[1] != columns)
            throw damaged(name, fmt::format("does not have {} columns", columns));
        std::vector<T> result(tensor.bytes.size() / sizeof(T));
        if (!result.empty()) std::memcpy(result.data(), tensor.bytes.data(), tensor.bytes.size());
        if constexpr (std::is_same_v<T, float>) {
            for (const float value : result)
                if (!std::isfinite(value)) throw damaged(name, "holds a value that is not finite");
        }
        return result;
    }

    template <class T>
    std::vector<T> matrix(const std::string& name, int rows, int columns) const {
        std::vector<T> result = values<T>(name, columns);
        if (result.size() != index(rows) * index(columns))
            throw damaged(name, fmt::format("is not a {} x {} tensor", rows, columns));
        return result;
    }

  private:
    const TensorFile& file_;
    std::string where_;
};

std::string layer_name(int i, const char* field) {
    return fmt::format("layers.{}.{}", i, field);
}
std::string training_name(int i, const char* field) {
    return fmt::format("training.{}.{}", i, field);
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
}

/// Each row of `source` must hold every line once.
void check_source(const Reader& reader, const LayerState& layer, const LayerSpec& spec, int i) {
    const size_t lines = index(spec.lines());
    std::vector<int> seen(lines, -1);
    for (int neuron = 0; neuron < spec.outputs; ++neuron) {
        for (size_t r = 0; r < lines; ++r) {
            const int32_t line = layer.source[index(neuron) * lines + r];
            if (line < 0 || index(line) >= lines || seen[index(line)] == neuron)
                throw reader.damaged(layer_name(i, "source"),
                                     fmt::format("is not a permutation in row {}", neuron));
            seen[index(line)] = neuron;
        }
    }
}

/// Banks ascend, and the integers say the same as the real values.
void check_profile(const Reader& reader, const LayerState& layer, const LayerSpec& spec, int i) {
    const size_t lines = index(spec.lines());
    for (size_t k = 0; k < layer.profile.size(); ++k) {
        if (k % lines != 0 && layer.profile[k] < layer.profile[k - 1])
            throw reader.damaged(layer_name(i, "profile"), "is not sorted");
        if (!layer.profile_q.empty() &&
            layer.profile[k] != static_cast<float>(layer.profile_q[k] * layer.scale))
            throw reader.damaged(layer_name(i, "profile_q"), "does not match the profile");
    }
}

LayerState read_layer(const Reader& reader, const LayerSpec& spec, int i) {
    const int lines = spec.lines();
    LayerState layer;
    layer.source = reader.matrix<int32_t>(layer_name(i, "source"), spec.outputs, lines);
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
    check_source(reader, layer, spec, i);
    check_profile(reader, layer, spec, i);
    return layer;
}

void write_training(TensorFile& file, const Checkpoint& checkpoint) {
    const TrainingState& training = checkpoint.training;
    file.metadata["training.epoch"] = fmt::format("{}", training.epoch);
    file.metadata["training.step"] = fmt::format("{}", training.step);
    file.metadata["training.protocol"] = training.protocol;
    file.metadata["training.epoch_loss"] = fmt::format("{}", training.epoch_loss);
    file.metadata["training.best_accuracy"] = fmt::format("{}", training.best_accuracy);
    for (size_t i = 0; i < training.weights.size(); ++i) {
        const int layer = static_cast<int>(i);
        const int lines = checkpoint.network.layers[i].lines();
        put(file, training_name(layer, "weights"), training.weights[i], lines);
        put(file, training_name(layer, "first_moment"), training.first_moment[i], lines);
        put(file, training_name(layer, "second_moment"), training.second_moment[i], lines);
        put(file, training_name(layer, "auxiliary"), training.auxiliary[i], 1);
    }
}

TrainingState read_training(const Reader& reader, const TensorFile& file,
                            const NetworkSpec& network) {
    TrainingState training;
    training.epoch = reader.number<int>("training.epoch");
    training.step = reader.number<int64_t>("training.step");
    training.protocol = reader.text("training.protocol");
    training.epoch_loss = reader.finite("training.epoch_loss");
    training.best_accuracy = reader.finite("training.best_accuracy");
    // A network that was imported has no state to resume from.
    if (!file.tensors.contains(training_name(0, "weights"))) return training;
    for (size_t i = 0; i < network.layers.size(); ++i) {
        const LayerSpec& spec = network.layers[i];
        const int layer = static_cast<int>(i);
        const auto matrix = [&](const char* field) {
            return reader.matrix<float>(training_name(layer, field), spec.outputs, spec.lines());
        };
        training.weights.push_back(matrix("weights"));
        training.first_moment.push_back(matrix("first_moment"));
        training.second_moment.push_back(matrix("second_moment"));
        training.auxiliary.push_back(reader.values<float>(training_name(layer, "auxiliary"), 1));
    }
    return training;
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
                     {"test.accuracy", fmt::format("{}", checkpoint.test.accuracy)},
                     {"test.loss", fmt::format("{}", checkpoint.test.loss)},
                     {"test.protocol", checkpoint.test.protocol}};
    PERMLOOM_ASSERT(checkpoint.layers.size() == checkpoint.network.layers.size());
    for (size_t i = 0; i < checkpoint.layers.size(); ++i)
        write_layer(file, checkpoint.layers[i], checkpoint.network.layers[i], static_cast<int>(i));
    write_training(file, checkpoint);
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

    const Reader reader(file, where);
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
    checkpoint.test = {reader.finite("test.accuracy"), reader.finite("test.loss"),
                       reader.text("test.protocol")};
    for (size_t i = 0; i < checkpoint.network.layers.size(); ++i)
        checkpoint.layers.push_back(
            read_layer(reader, checkpoint.network.layers[i], static_cast<int>(i)));
    checkpoint.training = read_training(reader, file, checkpoint.network);
    return checkpoint;
}

fs::path checkpoint_path(const fs::path& run, const std::string& which) {
    std::error_code code;
    if (!fs::is_directory(run, code)) return run;
    const fs::path path = run / (which + ".safetensors");
    if (!fs::exists(path, code))
        throw Error(run.string(), "holds no checkpoint '" + which + "'",
                    which == "best" ? "the run has not finished; use --checkpoint last"
                                    : "give the directory that permloom train wrote");
    return path;
}

}  // namespace permloom
