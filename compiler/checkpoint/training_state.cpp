#include "compiler/checkpoint/training_state.h"

namespace permloom {
namespace {

std::string training_name(size_t i, const char* field) {
    return fmt::format("training.{}.{}", i, field);
}
std::string vector_name(size_t i, const char* field) {
    return fmt::format("training.vectors.{}.{}", i, field);
}
std::string running_name(size_t i) {
    return fmt::format("training.running.{}", i);
}

struct Field {
    const char* name;
    std::vector<float> TrainingState::Vector::*values;
};
constexpr Field VECTOR_FIELDS[] = {{"profile", &TrainingState::Vector::profile},
                                   {"weights", &TrainingState::Vector::weights},
                                   {"auxiliary", &TrainingState::Vector::auxiliary},
                                   {"first_moment", &TrainingState::Vector::first_moment},
                                   {"second_moment", &TrainingState::Vector::second_moment},
                                   {"slow", &TrainingState::Vector::slow}};

/// Lengths of the biases, gammas and betas of a network, in the order of TrainingState::vectors.
std::vector<int> vector_lengths(const NetworkSpec& network) {
    std::vector<int> lengths;
    for (const LayerSpec& layer : network.layers) {
        if (layer.has_bias) lengths.push_back(layer.outputs);
        for (const OpSpec& op : layer.then)
            if (std::holds_alternative<BatchNormSpec>(op))
                lengths.insert(lengths.end(), {layer.outputs, layer.outputs});
    }
    return lengths;
}

/// Channels of every batch norm.
std::vector<int> norm_channels(const NetworkSpec& network) {
    std::vector<int> channels;
    for (const LayerSpec& layer : network.layers)
        for (const OpSpec& op : layer.then)
            if (std::holds_alternative<BatchNormSpec>(op)) channels.push_back(layer.outputs);
    return channels;
}

}  // namespace

void write_training(TensorFile& file, const Checkpoint& checkpoint) {
    const TrainingState& training = checkpoint.training;
    file.metadata["training.epoch"] = fmt::format("{}", training.epoch);
    file.metadata["training.step"] = fmt::format("{}", training.step);
    file.metadata["training.protocol"] = training.protocol;
    file.metadata["training.epoch_loss"] = fmt::format("{}", training.epoch_loss);
    file.metadata["training.best_accuracy"] = fmt::format("{}", training.best_accuracy);
    file.metadata["training.recalibrated"] = training.recalibrated ? "1" : "0";
    for (size_t i = 0; i < training.weights.size(); ++i) {
        const int lines = checkpoint.network.layers[i].lines();
        put(file, training_name(i, "weights"), training.weights[i], lines);
        put(file, training_name(i, "first_moment"), training.first_moment[i], lines);
        put(file, training_name(i, "second_moment"), training.second_moment[i], lines);
        put(file, training_name(i, "auxiliary"), training.auxiliary[i], 1);
        put(file, training_name(i, "slow"), training.slow[i], lines);
        if (!training.observed.empty())
            put(file, training_name(i, "observed"), training.observed[i], lines);
    }
    for (size_t i = 0; i < training.vectors.size(); ++i)
        for (const Field& field : VECTOR_FIELDS) {
            const std::vector<float>& values = training.vectors[i].*field.values;
            put(file, vector_name(i, field.name), values, static_cast<int>(values.size()));
        }
    for (size_t i = 0; i < training.running.size(); ++i) {
        const auto& [mean, variance] = training.running[i];
        std::vector<float> rows = mean;
        rows.insert(rows.end(), variance.begin(), variance.end());
        put(file, running_name(i), rows, static_cast<int>(mean.size()));
    }
}

TrainingState read_training(const TensorReader& reader, const TensorFile& file,
                            const NetworkSpec& network) {
    TrainingState training;
    training.epoch = reader.number<int>("training.epoch");
    training.step = reader.number<int64_t>("training.step");
    training.protocol = reader.text("training.protocol");
    training.epoch_loss = reader.finite("training.epoch_loss");
    training.best_accuracy = reader.finite("training.best_accuracy");
    training.recalibrated = reader.number<int>("training.recalibrated") != 0;
    // A network that was imported has no state to resume from.
    if (!file.tensors.contains(training_name(0, "weights"))) return training;
    for (size_t i = 0; i < network.layers.size(); ++i) {
        const LayerSpec& spec = network.layers[i];
        const auto matrix = [&](const char* field) {
            return reader.matrix<float>(training_name(i, field), spec.outputs, spec.lines());
        };
        training.weights.push_back(matrix("weights"));
        training.first_moment.push_back(matrix("first_moment"));
        training.second_moment.push_back(matrix("second_moment"));
        training.auxiliary.push_back(reader.values<float>(training_name(i, "auxiliary"), 1));
        training.slow.push_back(reader.values<float>(training_name(i, "slow"), spec.lines()));
        if (file.tensors.contains(training_name(i, "observed")))
            training.observed.push_back(
                reader.permutations(training_name(i, "observed"), spec.outputs, spec.lines()));
    }
    if (!training.observed.empty() && training.observed.size() != network.layers.size())
        throw reader.damaged("training.observed", "is there for some layers only");
    const std::vector<int> lengths = vector_lengths(network);
    for (size_t i = 0; i < lengths.size(); ++i) {
        TrainingState::Vector vector;
        for (const Field& field : VECTOR_FIELDS)
            vector.*field.values = reader.values<float>(vector_name(i, field.name), lengths[i]);
        for (const auto* values : {&vector.weights, &vector.first_moment, &vector.second_moment})
            if (values->size() != index(lengths[i]))
                throw reader.damaged(vector_name(i, "weights"), "is missing or of another length");
        training.vectors.push_back(std::move(vector));
    }
    const std::vector<int> channels = norm_channels(network);
    for (size_t i = 0; i < channels.size(); ++i) {
        const auto rows = reader.matrix<float>(running_name(i), 2, channels[i]);
        const auto middle = rows.begin() + channels[i];
        training.running.push_back({{rows.begin(), middle}, {middle, rows.end()}});
    }
    return training;
}

}  // namespace permloom
