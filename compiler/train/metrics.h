/// metrics.jsonl: one line of JSON an evaluation.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "compiler/base/file_appender.h"
#include "compiler/train/trainer.h"

namespace permloom {

/// Writes nothing before its first line. A killed run may leave a part of one; the run that resumes
/// it drops that.
class Metrics {
  public:
    /// Starts the file anew, or keeps its lines up to step `resume_step` of the run being resumed.
    Metrics(std::filesystem::path path, int64_t resume_step);
    void add(const EpochReport& report);
    /// The mean loss of one step, taken before its update.
    void add_loss(int64_t step, double loss);
    /// Flushes the lines to the disk: to be called before a checkpoint of their step is written.
    void sync();

  private:
    void append(const std::string& line);

    std::filesystem::path path_;
    std::string kept_;                  ///< lines of the run being resumed
    std::optional<FileAppender> file_;  ///< from the first line on
};

}  // namespace permloom
