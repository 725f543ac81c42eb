/// A chip whose layers are somebody's own, behind its pins.
#pragma once

#include <memory>

#include "compiler/program/chip.h"
#include "sim/device.h"
#include "sim/systemc/layer_module.h"

namespace permloom::systemc {

/// `make` is called while the device is made, and no longer.
std::unique_ptr<Device> make_chip_device(const Chip& chip, const LayerFactory& make);

}  // namespace permloom::systemc
