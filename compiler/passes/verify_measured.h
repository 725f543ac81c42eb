/// verify_measured: chip + copy + configuration -> proof that the load brings the wiring that was
/// meant to that copy, or an Error. Nothing is believed but the sources.
#pragma once

#include "compiler/passes/place.h"
#include "compiler/program/configuration.h"
#include "compiler/program/device_instance.h"

namespace permloom {

/// The codes decode to `sources`; the load stream carries them, through switches of which the stuck
/// ones are loaded as they stand.
void verify_measured(const Chip& chip, const DeviceInstance& instance,
                     const Configuration& configuration, const Sources& sources);

}  // namespace permloom
