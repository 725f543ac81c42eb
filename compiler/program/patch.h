/// Patches: the rows in which two loads of one chip differ, as a load stream of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/program/expand.h"

namespace permloom {

struct Patch {
    std::vector<uint32_t> words;  ///< the load stream; its last word is the id that it leads to
    size_t rows = 0;              ///< that it changes
};

/// Turns what `held` loads into what `wanted` loads, both full loads of one chip for one context,
/// as expand() makes them. `base` is the id of what the context holds: the last word of `held`
/// where that was loaded, of the last patch where patches led there. Throws Error when nothing
/// differs.
Patch make_patch(const LoadStream& held, const LoadStream& wanted, uint32_t base);

}  // namespace permloom
