/// The RTL as a Device: built by Verilator on first use, cached, loaded as a plug-in.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/device.h"

namespace permloom {

/// A Verilog design: file name and text of each file, the top module `permloom_top` among them, and
/// the images that it reads with $readmemh.
struct RtlDesign {
    struct File {
        std::string name, text;
    };
    std::vector<File> sources, images;
    int layers = 0;
};

struct VerilatedOptions {
    bool trace = false;  ///< build with FST tracing (a separate cache entry)
    std::function<void(const std::string&)> report;  ///< progress lines; may be empty
};

/// Cached by the hash of the sources, options, plug-in ABI and Verilator's version under
/// user_cache_directory()/verilated. Throws Error when Verilator is missing (naming its package) or
/// refuses the design (with the first lines of its log).
std::unique_ptr<Device> make_verilated_device(const RtlDesign& design,
                                              const VerilatedOptions& options = {});

}  // namespace permloom
