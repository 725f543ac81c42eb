/// The memories of a chip that configures itself when it comes out of reset: the wiring stands in
/// the wiring memories, the registers come from a stored load stream (rtl/board/pl_boot.sv).
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/emit/rtl_design.h"
#include "compiler/program/expand.h"

namespace permloom {

/// The stored load stream: `load`, a whole one for context 0, without the records of wiring.
std::vector<uint32_t> boot_stream(const LoadStream& load);

/// $readmemh images of all of them, "wiring_LLL_SSS.hex" of layer L and stage S and "boot.hex",
/// filled up to whole block RAMs; rows beyond context 0 are zero. "slices.hex" is all of them once
/// more, in the pieces in which icebram exchanges contents.
std::vector<EmittedFile> boot_images(const Chip& chip, const LoadStream& load);

/// Images of the same names and sizes with arbitrary content, equal for equal chips: what a
/// bitstream is built with, so that icebram finds every memory by what it holds.
std::vector<EmittedFile> blank_images(const Chip& chip);

}  // namespace permloom
