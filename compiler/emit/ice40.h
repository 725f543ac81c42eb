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

/// Clock of a board: a multiple of 3 MHz between these.
constexpr int ICE40_CLOCK_MIN = 18, ICE40_CLOCK_MAX = 132;

struct Ice40Options {
    /// With the configuration in its memories when the power comes on; else it waits for a load.
    bool boots = true;
    /// 0: one that chips of as many layers have reached on the part.
    int clock_mhz = 0;
};

/// The chip behind a serial line: RTL, pins, memory images, a testbench at the pins of the board,
/// Makefile, README and a program for the host. `target` is one of the above. Deterministic. Throws
/// Error when `configuration` is not of this chip, there are no vectors, or no such clock.
std::vector<EmittedFile> emit_ice40(const std::string& target, const Chip& chip,
                                    const Configuration& configuration, const EmitVectors& vectors,
                                    const Ice40Options& options);

}  // namespace permloom
