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

/// Explains the bands; empty where there are none.
std::string band_note(const std::vector<PlottedRun>& runs);

}  // namespace permloom::cli
