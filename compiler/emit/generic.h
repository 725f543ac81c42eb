/// `permloom emit --target generic`: everything needed to simulate, lint and count the chip with
/// open tools, in one directory.
#pragma once

#include <vector>

#include "compiler/emit/rtl_design.h"
#include "compiler/emit/vectors.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom {

/// RTL, memory images, a self-checking testbench, Makefile and README. Deterministic.
/// Throws Error when `configuration` is not of this chip or there are no vectors.
std::vector<EmittedFile> emit_generic(const Chip& chip, const Configuration& configuration,
                                      const EmitVectors& vectors);

}  // namespace permloom
