/// metrics.jsonl: one line of JSON an evaluation.
#pragma once

#include <filesystem>
#include <string>

#include "compiler/train/trainer.h"

namespace permloom {

class Metrics {
  public:
    /// Starts the file anew, or keeps its lines up to step `resume_step` of the run being resumed.
    Metrics(std::filesystem::path path, int64_t resume_step);
    void add(const EpochReport& report);
    /// The mean loss of one step, taken before its update.
    void add_loss(int64_t step, double loss);

  private:
    std::filesystem::path path_;
    std::string text_;
};

}  // namespace permloom
