/// The block diagram of a chip.
#pragma once

#include <string>

#include "compiler/emit/estimate.h"
#include "compiler/program/chip.h"

namespace permloom::cli {

/// An SVG document on white: loader, pixel loader, a row for each layer with its memories, its
/// engine and the widths between them, result unit; at the right what is read or added from further
/// up. Equal for equal arguments.
std::string draw_chip(const Chip& chip, const Estimate& estimate);

}  // namespace permloom::cli
