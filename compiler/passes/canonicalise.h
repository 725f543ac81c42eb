/// canonicalise: wiring -> the one representative of all wirings that compute the same.
///
/// Equal devices may swap their lines freely, so inside a class the lines ascend:
///
///     before   bank 0 1 1 1   source  c d a b
///     after    bank 0 1 1 1   source  c a b d
///
/// Codes rely on it: they forget the order inside a class.
#pragma once

#include "compiler/passes/place.h"

namespace permloom {

Sources canonicalise(const Chip& chip, const Sources& sources);

}  // namespace permloom
