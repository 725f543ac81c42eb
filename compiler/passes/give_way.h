/// give_way: a wiring that the stuck switches of a fabricated copy do not allow -> the nearest that
/// they do.
///
/// Routing round a stuck switch needs freedom: slots that may take any line. First the dead
/// devices, then the least of the others are given up, more of them from try to try, until there is
/// a way; what then reaches them is what the network brings there.
#pragma once

#include <vector>

#include "compiler/passes/place.h"
#include "compiler/program/device_instance.h"

namespace permloom {

struct GivenWay {
    Sources sources;
    int neurons = 0;  ///< whose wiring changed at devices that are worth anything
    int lost = 0;     ///< for which no way was found at all: the network does as it does
};

GivenWay give_way(const Chip& chip, const DeviceInstance& instance, const Sources& sources);

}  // namespace permloom
