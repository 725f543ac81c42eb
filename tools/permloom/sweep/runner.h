/// Trains the runs of a sweep, several at a time.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/data/dataset.h"
#include "compiler/spec/experiment.h"
#include "compiler/train/trainer.h"
#include "tools/permloom/sweep/results.h"

namespace permloom::cli {

/// A run that is to be there in the end.
struct SweepRun {
    size_t index = 0;  ///< in the points and results of the sweep
    const ExperimentPoint* point = nullptr;
    const NetworkSpec* network = nullptr;
    const Dataset* data = nullptr;
    std::filesystem::path directory;  ///< beside that of the run that it starts from
    RunSettings settings;
};

struct SweepOptions {
    Protocol protocol = Protocol::final;
    int jobs = 1;  ///< runs at a time; the cores are shared between them
    std::string command_line;
    const std::atomic<bool>* stop =
        nullptr;  ///< set: running runs save and return, no other begins
    /// Called one at a time: a run ended, with its result or with what went wrong.
    std::function<void(const SweepRun&, const PointResult&)> on_result;
    std::function<void(const SweepRun&, const std::string& problem)> on_failure;
    /// Called one at a time, several times a second while a run trains.
    std::function<void(const SweepRun&, const EpochReport& latest, int64_t step, int64_t steps)>
        on_step;
};

/// Trains each run into its directory, going on with one that was interrupted, and writes its
/// point.json. A run begins once the one that it starts from, if that is among `runs`, has ended. A
/// run that fails does not stop the others, but those that start from it.
void train_runs(const std::vector<SweepRun>& runs, const SweepOptions& options);

}  // namespace permloom::cli
