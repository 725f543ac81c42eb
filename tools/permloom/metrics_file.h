/// Reading metrics.jsonl of a run directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace permloom::cli {

/// How the first weights of a layer moved since the line before (training-facts.md 7.9).
struct LayerMovement {
    double ranking_distance_mean = 0.0, ranking_distance_sd = 0.0;  ///< divided by the fan-in
    double similarity = 0.0, moved = 0.0;
};

/// One line: an evaluation inside an epoch, or the end of one.
struct MetricsLine {
    int epoch = 0;  ///< begun, from 1
    int64_t step = 0;
    double train_loss = 0.0, learning_rate = 0.0, images_per_second = 0.0;
    std::string split;  ///< "val" or "test"; empty: not evaluated
    double accuracy = 0.0, loss = 0.0;
    bool synced = true, projected = true;  ///< as in EpochReport

    /// Whether it evaluates weights that are no permutation of their devices.
    bool between_syncs() const { return !synced && !projected; }
    std::vector<LayerMovement> layers;  ///< at the end of an epoch; may be empty
};

struct MetricsFile {
    std::vector<MetricsLine> lines;  ///< by step
    double epoch_steps = 1.0;

    /// Fractional epochs done at a line.
    double time(const MetricsLine& line) const {
        return static_cast<double>(line.step) / epoch_steps;
    }
    /// The last line of each epoch, those between syncs left out.
    std::vector<MetricsLine> epoch_ends() const;
};

/// Throws Error where there is no such file, it has no line of an epoch, or a line is damaged.
MetricsFile read_metrics(const std::filesystem::path& run);

}  // namespace permloom::cli
