/// compile: checkpoint + target -> chip + configuration + report. Each pass is its own file with an
/// options struct and one free function; the pipeline calls them in order.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/passes/report.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"
#include "compiler/spec/target.h"

namespace permloom {

struct CompileOptions {
    TargetSpec target;
    std::optional<Chip> onto;   ///< compile for this chip instead of a new one
    std::string code = "auto";  ///< auto: the smallest of all but index
    std::string name;
    std::function<void(Chip&)> choose_engines;  ///< see PlaceOptions
};

struct CompileResult {
    Chip chip;
    Configuration configuration;
    CompileReport report;
};

/// quantise -> place -> canonicalise -> encode -> verify. Throws Error with layer and reason.
CompileResult compile(const Checkpoint& checkpoint, const CompileOptions& options);

}  // namespace permloom
