/// How commands are told of physical devices: --device, --set, --without, --banks, --devices.
#pragma once

#include <filesystem>
#include <string>

#include "compiler/program/device_instance.h"
#include "compiler/spec/device_model.h"
#include "sim/physical/fabricate.h"
#include "tools/permloom/options.h"

namespace permloom::cli {

/// Adds --device and --banks (`model_default` of --device).
void add_device_options(Options& options, const std::string& model_default);

/// The description named by --device with every --set.
DeviceModel read_device_model(const Values& values);
Sharing read_sharing(const Values& values);

/// A fabricated copy and its chip: `chip` if not empty, else the one beside the file that it names.
struct ChipCopy {
    std::filesystem::path path, chip_path;
    DeviceInstance instance;
    Chip chip;
};
ChipCopy load_chip_copy(const std::filesystem::path& path, const std::filesystem::path& chip,
                        double missing_limit = 0.05);

/// "a,b" -> {"a", "b"}.
std::vector<std::string> split_names(const std::string& text);

}  // namespace permloom::cli
