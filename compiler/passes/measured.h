/// compile for a fabricated copy: checkpoint + chip + measured devices -> configuration.
///
/// rerank -> refine (where inputs are known) -> give_way -> recalibrate -> encode -> verify. The
/// chip stays the chip; the configuration names the copy and goes to no other.
#pragma once

#include <string>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/passes/input_moments.h"
#include "compiler/passes/report.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"
#include "compiler/program/device_instance.h"

namespace permloom {

/// Where the registers of a copy come from.
enum class Calibration {
    none,       ///< the nominal chip's
    constants,  ///< what the measured values say whatever the inputs
    inputs      ///< means and gains over real inputs
};

struct MeasuredOptions {
    std::string code = "auto";
    bool rerank = true;   ///< false: the nominal wiring, re-calibrated alone
    bool refine = false;  ///< needs moments
    Calibration calibration = Calibration::constants;  ///< `inputs` needs moments
    std::vector<InputMoments> moments;                 ///< of the inputs of every layer, or empty
};

/// What became of a layer: variance of the errors of its sums over that of the sums as trained,
/// mean of its neurons; negative where the inputs are not known.
struct RecoveredLayer {
    double as_built = -1.0, reranked = -1.0, refined = -1.0;
};

struct MeasuredResult {
    Configuration configuration;
    CompileReport report;
    std::vector<RecoveredLayer> layers;
    int given_way = 0;  ///< neurons whose wiring gave way to stuck switches
    int lost = 0;       ///< of them, those for which no way was found
};

/// The checkpoint as the chip has it: the chip's devices in the trained ranking, whatever devices
/// it was trained on last. Throws Error where the shapes differ.
Checkpoint on_nominal_devices(const Checkpoint& checkpoint, const Chip& chip);

/// Throws Error as `compile` does, and where the instance is no copy of the chip.
MeasuredResult compile_measured(const Checkpoint& checkpoint, const Chip& chip,
                                const DeviceInstance& instance, const MeasuredOptions& options,
                                ThreadPool& pool);

}  // namespace permloom
