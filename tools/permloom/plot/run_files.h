/// The runs that a plot is of, and what tells them apart.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tools/permloom/metrics_file.h"

namespace permloom::cli {

struct PlottedRun {
    std::filesystem::path directory;
    MetricsFile metrics;
    /// Dotted keys of its network and `data`; empty before the first checkpoint.
    std::map<std::string, std::string> description;
    std::string label;  ///< what differs from the other runs, seeds aside
};

/// `arguments` are run directories, and sweep directories for all of their finished runs. Runs that
/// differ in their seed alone have the same label. Throws Error where one is neither.
std::vector<PlottedRun> read_runs(const std::vector<std::string>& arguments);

/// What the runs have in common: their network and data, for a title.
std::string common_title(const std::vector<PlottedRun>& runs);

}  // namespace permloom::cli
