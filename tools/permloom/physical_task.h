/// What simulations of physical devices are told: description, copy, configuration, images.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/physical/fabricate.h"
#include "tools/permloom/device_options.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/options.h"

namespace permloom::cli {

/// The options that belong to them alone.
void add_physical_options(Options& options);
/// Throws a usage Error where one of them is given to another model.
void refuse_physical_options(const Values& values);
/// Throws a usage Error, `why`, where an option is given that the model has no use for.
void refuse_option(const Values& values, const std::string& option, const std::string& why);

struct PhysicalTask {
    DeviceModel model;
    std::optional<ChipCopy> copy;  ///< none: to be drawn
    Program program;
    Dataset data;
    std::vector<std::vector<uint16_t>> codes;    ///< of the test images
    std::vector<std::vector<uint16_t>> profile;  ///< of the training images that ADCs are set by
    FabricateOptions draws;
};
PhysicalTask read_physical_task(const Values& values);

}  // namespace permloom::cli
