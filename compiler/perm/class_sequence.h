/// A canonical wiring seen from the lines: the device class that each input line is wired to.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/perm/permutation.h"

namespace permloom {

/// class_of_line[i] for every line.
std::vector<int32_t> class_sequence(const Permutation& source, const DeviceClasses& classes);

/// The canonical wiring with that sequence. Throws Error naming `code` when a class is used more or
/// less often than it has slots.
Permutation wiring_of(const std::vector<int32_t>& class_of_line, const DeviceClasses& classes,
                      const char* code);

}  // namespace permloom
