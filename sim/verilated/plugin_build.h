/// From a Verilog design to a shared object in the cache.
#pragma once

#include <filesystem>

#include "sim/verilated/verilated_device.h"

namespace permloom {

/// The plug-in of `design`, built unless the cache has it. Any number of processes may do this at
/// the same time. Throws Error, see make_verilated_device.
std::filesystem::path build_plugin(const RtlDesign& design, const VerilatedOptions& options);

}  // namespace permloom
