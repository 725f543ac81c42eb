/// What the runs of a sweep came to: kept in each run directory as point.json, all together in
/// sweep.csv.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/spec/experiment.h"
#include "tools/permloom/csv.h"
#include "tools/permloom/sweep/registers.h"

namespace permloom::cli {

struct PointResult {
    /// Test accuracy after the last epoch (not of protocol held-out) and of the selected checkpoint
    /// (not of protocol final).
    std::optional<double> accuracy_final, accuracy_best;
    std::optional<double> loss;  ///< on the test set, after the last epoch
    /// Test accuracy after each epoch; of protocol paper.
    std::vector<double> accuracy_by_epoch;
    /// Of the first layer, after each epoch, divided by its fan-in; where the run recorded it.
    std::vector<double> ranking_distance;
    /// log2 of the number of distinct wirings over the number of weights; none for free weights.
    std::optional<double> wiring_bits_per_weight;
    int epochs = 0;
    double seconds = 0.0;  ///< of training alone, interruptions left out
    double images_per_second = 0.0;

    std::optional<double> value(const ExperimentClaim& claim) const;
};

/// Of a run that has just ended: `checkpoint` is what `train` returned.
PointResult measure_run(const std::filesystem::path& run, const Checkpoint& checkpoint,
                        int64_t images_per_epoch);

/// What a run was trained with: tells one of other settings.
struct RunSettings {
    std::string network_fingerprint;
    std::string shuffled;  ///< name of the run whose shuffled weights it starts from, or empty
    int evaluate_every = 0;
    bool operator==(const RunSettings&) const = default;
};

/// "RUN/point.json".
void save_result(const std::filesystem::path& run, const PointResult& result,
                 const RunSettings& settings);
/// Empty where the run is not finished. Throws Error when it was trained with other settings.
std::optional<PointResult> load_result(const std::filesystem::path& run,
                                       const RunSettings& settings);

/// A row for each finished run, in the order of the points.
CsvTable results_table(const ExperimentScale& scale, const std::vector<ExperimentPoint>& points,
                       const std::vector<Registers>& registers,
                       const std::vector<std::optional<PointResult>>& results);

/// Directory of a point's run in that of the sweep: NAME-sSEED.
std::string run_name(const ExperimentPoint& point);

}  // namespace permloom::cli
