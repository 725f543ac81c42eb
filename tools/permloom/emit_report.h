/// What `permloom emit` says about the cost of a chip.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "compiler/emit/chip_report.h"

namespace permloom::cli {

/// The estimate as a table: a row a layer and a part, and their sum; then cycles.
std::string estimate_text(const Chip& chip, const Estimate& estimate);

/// Reads what Yosys and nextpnr have left in the directory of an emitted design, as far as it is
/// there, into its report, and writes that back. Throws Error where one of the files is damaged.
ChipReport collect_results(const std::filesystem::path& directory);

/// Estimate, results and the error of the estimate side by side; a result that is missing is named
/// with the command that makes it.
std::string results_text(const ChipReport& report, const std::filesystem::path& directory);

}  // namespace permloom::cli
