/// rerank: the wiring of a fabricated copy, whose devices measure otherwise than the chip's.
///
/// Training used only the rank of a device, so the line of rank r goes to the slot that measures
/// the r-th smallest. Ranks are those of the trained latents, which tell lines apart whose devices
/// were equal; the chip's own values would not:
///
///     chip      bank     -1    0    0    1      latents   a 0.3  b -0.9  c 0.1  d 0.8
///     as built  source    b    a    c    d
///     measured  bank   -0.7  0.2 -0.9  1.6
///     re-ranked source    c    a    b    d      b, the least, sits on -0.9
#pragma once

#include <span>
#include <vector>

#include "compiler/passes/place.h"
#include "compiler/program/device_instance.h"

namespace permloom {

/// Slots by what they measure; equal ones in slot order.
std::vector<int32_t> slots_by_value(std::span<const double> measured);

/// Lines of a neuron by their trained rank; those of equal devices by their latents.
std::vector<int32_t> lines_by_rank(const LayerState& state, int lines, int neuron);

/// Source of every layer and neuron, by slot.
Sources rerank(const Checkpoint& checkpoint, const Chip& chip, const DeviceInstance& instance);

}  // namespace permloom
