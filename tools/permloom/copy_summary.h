/// What a fabricated copy is like, a layer each.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "compiler/program/device_instance.h"

namespace permloom::cli {

/// Banks, slots, cells that were not measured, stuck switches, and the root mean square of measured
/// less nominal values.
std::string copy_table(const Chip& chip, const DeviceInstance& copy);
/// The same, an array.
nlohmann::ordered_json copy_json(const Chip& chip, const DeviceInstance& copy);

}  // namespace permloom::cli
