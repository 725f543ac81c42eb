/// `permloom emit --target ice40-...`: a bitstream for a bare board, with open tools.
#pragma once

#include <string>
#include <vector>

#include "compiler/emit/rtl_design.h"
#include "compiler/emit/vectors.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom {

/// "ice40-hx8k", "ice40-up5k".
std::vector<std::string> ice40_targets();

/// The chip behind a serial line: RTL, pins, memory images, a testbench at the pins of the board,
/// Makefile, README and a program for the host. `boots`: with the configuration in its memories
/// when the power comes on, else it waits for a load. `target` is one of the above. Deterministic.
/// Throws Error when `configuration` is not of this chip or there are no vectors.
std::vector<EmittedFile> emit_ice40(const std::string& target, const Chip& chip,
                                    const Configuration& configuration, const EmitVectors& vectors,
                                    bool boots);

}  // namespace permloom
