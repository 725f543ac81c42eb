/// Laboratory measurements of a fabricated chip, as comma-separated values.
#pragma once

#include <filesystem>
#include <string>

#include "compiler/program/device_instance.h"

namespace permloom {

/// Reads laboratory measurements: one line a slot, `layer,neuron,slot,plus,minus`, a header with
/// these names first; `minus` is empty where a slot is no pair. A slot without a line, or with an
/// empty `plus`, is missing. A layer measured for neuron 0 alone has one bank. Conductances are in
/// units of `unit` a step; 0: each layer in the unit that fits the chip's values best (least
/// squares), as is the conductance of value 0 where a slot is no pair. Throws Error naming the
/// line.
DeviceInstance read_measurements(const std::filesystem::path& csv, const Chip& chip,
                                 SignScheme sign, double unit = 0.0);
/// The same format, with unit 1.
std::string measurements_csv(const DeviceInstance& instance, const Chip& chip);

}  // namespace permloom
