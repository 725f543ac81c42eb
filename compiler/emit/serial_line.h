/// What a serial line asks of the chip behind it. Private to compiler/emit.
#pragma once

#include <string>

#include "compiler/program/chip.h"

namespace permloom {

/// Words of a load cannot wait on the line (rtl/board/pl_host_link.sv). Throws Error where a
/// decoder is still at work on a code when the next word is complete; a bit takes `divisor` cycles.
void require_decoders_keep_up(const Chip& chip, int divisor, const std::string& target);

}  // namespace permloom
