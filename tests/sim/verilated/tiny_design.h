/// A small design with permloom_top's ports, and the cache that a test program builds it in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/verilated/verilated_device.h"

namespace permloom::test {

/// A directory that goes with the test.
struct Scratch {
    std::filesystem::path path;
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
};

/// One cache for a whole test program, so that Verilator's run time is compiled once.
const std::filesystem::path& shared_cache();

/// permloom_top with a few registers: each output shows the inputs of the cycle before, `res_tdata`
/// a word of its image plus `offset`, `load_error` counts cycles since reset, probe l shows
/// bit l of cfg_tdata, cfg_tdata + l and cfg_tdata ^ l.
RtlDesign tiny_design(int layers = 2, int offset = 0, int pixel_bits = 64);

/// Collects the progress lines of one build.
struct Reports {
    std::vector<std::string> lines;
    VerilatedOptions options(const std::filesystem::path& cache = shared_cache());
    bool built() const;
};

}  // namespace permloom::test
