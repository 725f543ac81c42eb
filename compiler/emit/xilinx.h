/// `permloom emit --target xilinx`: a 7 series board; counted with open tools, built with Vivado.
#pragma once

#include <vector>

#include "compiler/emit/rtl_design.h"
#include "compiler/emit/vectors.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom {

/// The chip behind a serial line, waiting for a load: RTL, constraints, a script for Vivado, load
/// stream, stored images, testbench of the chip, Makefile and README. Deterministic. Throws Error
/// when `configuration` is not of this chip or there are no vectors.
std::vector<EmittedFile> emit_xilinx(const Chip& chip, const Configuration& configuration,
                                     const EmitVectors& vectors);

}  // namespace permloom
