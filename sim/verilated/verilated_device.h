/// The RTL as a Device: built by Verilator on first use, cached, loaded as a plug-in.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/device.h"

namespace permloom {

/// A Verilog design: file name and text of each file, the top module `permloom_top` among them, and
/// the images that it reads with $readmemh. Names are relative paths. A source names an image by a
/// string literal that is exactly the image's file name ("devices_layer0.hex"): that literal is
/// replaced by the place in the cache, so that the model finds it from any working directory.
struct RtlDesign {
    struct File {
        std::string name, text;
    };
    std::vector<File> sources, images;
    int probes = 0;
};

enum class TraceFormat { none, vcd, fst };

struct VerilatedOptions {
    TraceFormat trace = TraceFormat::none;  ///< what Device::trace can write (a cache entry each)
    std::function<void(const std::string&)> report;  ///< progress lines; may be empty
    std::filesystem::path cache_directory;           ///< empty: user_cache_directory()/verilated
    /// Line and toggle coverage in Verilator's format, written when the device goes; empty: none is
    /// counted (a cache entry each).
    std::filesystem::path coverage;
};

/// Cached by the hash of the sources, images, options, plug-in ABI and the tools' versions. State
/// without reset starts random, alike in every run, so that a missing reset shows. Throws Error
/// when Verilator or g++ is missing (naming its Debian package) or refuses the design (with the
/// first lines of its log).
std::unique_ptr<Device> make_verilated_device(const RtlDesign& design,
                                              const VerilatedOptions& options = {});

}  // namespace permloom
