/// The descriptions that come with permloom (models/), found by name, and the user's own by path.
#pragma once

#include <string>
#include <vector>

#include "compiler/spec/device_model.h"
#include "compiler/spec/experiment.h"
#include "compiler/spec/network.h"
#include "compiler/spec/study.h"
#include "compiler/spec/target.h"

namespace permloom {

/// Names of models/networks/*.yaml, and so on of the other folders, ascending.
std::vector<std::string> network_names();
std::vector<std::string> target_names();
std::vector<std::string> experiment_names();
std::vector<std::string> device_names();
std::vector<std::string> study_names();

/// `name_or_path`: a name from above, or the path of a YAML file (it ends in .yaml or .yml, or has
/// a directory part). Throws Error where there is none such, with the nearest name as a hint.
NetworkSpec load_network(const std::string& name_or_path,
                         const std::vector<Override>& overrides = {});
TargetSpec load_target(const std::string& name_or_path,
                       const std::vector<Override>& overrides = {});
DeviceModel load_device_model(const std::string& name_or_path,
                              const std::vector<Override>& overrides = {});
StudySpec load_study(const std::string& name_or_path);
ExperimentSpec load_experiment(const std::string& name_or_path);
/// The description as it was written.
std::string experiment_text(const std::string& name_or_path);

}  // namespace permloom
