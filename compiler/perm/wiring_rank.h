/// Wirings of a bank as single integers, where their number fits 64 bits.
///
/// The rank of a wiring is its position, from 0, among all distinct wirings of the classes, ordered
/// by the class of line 0, then of line 1, and so on. With all devices distinct it is the rank of
/// the inverse permutation (lehmer.h).
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/perm/permutation.h"

namespace permloom {

/// n! / prod m_l!, or nothing when it is 2^64 or more.
std::optional<uint64_t> wiring_count(const DeviceClasses& classes);

/// Rank of the wiring `source`, in any order inside the classes. Throws Error when the number of
/// wirings does not fit 64 bits or the sizes differ.
uint64_t wiring_rank(const Permutation& source, const DeviceClasses& classes);

/// Inverse: the canonical wiring of that rank. Throws Error also when rank >= wiring_count.
Permutation wiring_of_rank(uint64_t rank, const DeviceClasses& classes);

}  // namespace permloom
