/// The part of permloom_top.sv that belongs to one layer. Private to compiler/emit.
#pragma once

#include <string>
#include <vector>

#include "compiler/emit/rtl_design.h"
#include "compiler/program/chip.h"

namespace permloom {

/// Write port `index`, of the pixel loader (0) or of layer `index` - 1, to all that take its
/// values: wires. `takers` are the wires that say that each is ready; none: the port's own wire
/// comes from the one that takes it.
std::string write_port(size_t index, int bits, const std::vector<std::string>& takers);

/// The wires by which everything that takes the values of a port says that it is ready. Where there
/// is one it is the port's own.
std::vector<std::string> takers(const Chip& chip, size_t port);

/// Buffer `index` and the layer behind it: wires and instances.
std::string layer_text(const Chip& chip, size_t index, const BootOptions& options);

/// Rows of the activation memory in front of the engine `serial`, written `writes` elements at a
/// time, that stand in registers (pl_activation_memory).
int activation_tail(const ChipLayer& layer, int writes);

/// 32-bit words of the longest row of wiring in the load stream.
int wiring_row_words(const ChipLayer& layer);

}  // namespace permloom
