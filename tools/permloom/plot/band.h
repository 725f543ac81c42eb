/// Curves over the epochs, the seeds of a setting drawn as one band.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/permloom/plot/chart.h"
#include "tools/permloom/plot/run_files.h"

namespace permloom::cli {

/// One series for each label: `value` at the end of each epoch whose line `has` it, the mean over
/// the runs of the label, and a band where they are several.
std::vector<Series> series_over_epochs(const std::vector<PlottedRun>& runs,
                                       const std::function<bool(const MetricsLine&)>& has,
                                       const std::function<double(const MetricsLine&)>& value);

/// As `series_over_epochs`, of the accuracy or loss of evaluations. Runs that were evaluated
/// between syncs have all of their evaluations, those hollow.
std::vector<Series> series_of_evaluations(const std::vector<PlottedRun>& runs,
                                          const std::function<double(const MetricsLine&)>& value);

/// Explains the bands and hollow points; empty where there are none.
std::string note_on(const std::vector<PlottedRun>& runs);

}  // namespace permloom::cli
