/// Whether the results of a sweep say what was claimed beforehand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/spec/experiment.h"
#include "tools/permloom/sweep/results.h"

namespace permloom::cli {

struct Verdict {
    /// Empty: undecided, because a run that the claim is about is missing or lacks the measure.
    std::optional<bool> confirmed;
    std::string numbers;  ///< what was compared, or what is missing

    /// "confirmed", "not confirmed" or "undecided".
    std::string word() const;
};

Verdict judge(const ExperimentClaim& claim, const std::vector<ExperimentPoint>& points,
              const std::vector<std::optional<PointResult>>& results);

}  // namespace permloom::cli
