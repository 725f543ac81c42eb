/// assemble: encoded wirings -> a configuration without registers, stamped with where it is from.
#pragma once

#include "compiler/passes/encode.h"
#include "compiler/program/configuration.h"

namespace permloom {

Configuration assemble(const Checkpoint& checkpoint, const Chip& chip,
                       const std::vector<EncodedLayer>& encoded);

}  // namespace permloom
