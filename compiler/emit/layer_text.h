/// The part of permloom_top.sv that belongs to one layer. Private to compiler/emit.
#pragma once

#include <string>

#include "compiler/emit/rtl_design.h"
#include "compiler/program/chip.h"

namespace permloom {

/// The write port in front of buffer `index`, or of the result unit behind the last layer: wires.
std::string write_port(size_t index, int bits);

/// Buffer `index` and the layer behind it: wires and instances.
std::string layer_text(const Chip& chip, size_t index, const BootOptions& options);

/// 32-bit words of the longest row of wiring in the load stream.
int wiring_row_words(const ChipLayer& layer);

}  // namespace permloom
