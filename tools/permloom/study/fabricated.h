/// The measurements behind a study of physical networks.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/spec/study.h"

namespace permloom::cli {

/// One accuracy: of one copy, after one treatment.
struct StudyResult {
    std::string banks, circuit, x, curve;
    int chip = 0;
    double accuracy = 0.0;
};

struct StudyRun {
    std::filesystem::path directory;  ///< holds the trained network between calls
    std::vector<StudyResult> known;   ///< measured before: not measured again
    std::function<void(const StudyResult&)> on_result;
    std::function<void(const std::string&)> on_note;
    std::function<bool()> stopped;
};

/// Trains the network unless `directory` holds it, then measures every copy that is not known yet.
/// The network without any effect, after training and after as many more epochs: the controls.
struct StudyControls {
    double integer = 0.0;                     ///< the chip's own devices
    double epochs_1 = -1.0, epochs_3 = -1.0;  ///< where such curves are studied
};
StudyControls run_study(const StudySpec& study, const StudyRun& run, ThreadPool& pool);

}  // namespace permloom::cli
