/// The cycle-accurate SystemC model of a chip.
#pragma once

#include <memory>

#include "compiler/program/chip.h"
#include "sim/device.h"

namespace permloom {

/// Knows the chip only; the wiring comes through the configuration port. Any number may be made,
/// one after the other or side by side, in one process.
std::unique_ptr<Device> make_systemc_device(const Chip& chip);

}  // namespace permloom
