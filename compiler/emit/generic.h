/// `permloom emit --target generic`: everything needed to simulate, lint and count the chip with
/// open tools, in one directory.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/emit/rtl_design.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom {

/// Stored stimulus and what a bit-exact model answers; the caller computes it.
struct EmitVectors {
    std::vector<std::vector<uint16_t>> codes;  ///< images x pixels
    std::vector<std::vector<int64_t>> logits;  ///< images x outputs
    std::vector<int> labels;                   ///< images
};

/// RTL, memory images, a self-checking testbench, Makefile and README. Deterministic.
/// Throws Error when `configuration` is not of this chip or there are no vectors.
std::vector<EmittedFile> emit_generic(const Chip& chip, const Configuration& configuration,
                                      const EmitVectors& vectors);

}  // namespace permloom
