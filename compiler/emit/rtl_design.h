/// From a chip to Verilog: the thin top, its device images, and the cells it needs.
#pragma once

#include <string>
#include <vector>

#include "compiler/program/chip.h"

namespace permloom {

struct EmittedFile {
    std::string name;  ///< relative path in the output directory, e.g. "rtl/permloom_top.sv"
    std::string text;
};

/// Whether the chip configures itself when it comes out of reset (emit/boot_images.h).
struct BootOptions {
    int stream_words = 0;  ///< of the stored load stream; 0: it waits for a load
    bool boots() const { return stream_words > 0; }
};

/// permloom_top.sv: parameters, instances and constants, no logic. Deterministic.
std::string emit_top(const Chip& chip, const BootOptions& options = {});

/// Device images ($readmemh) of layers of engine `folded` and `serial` with a profile per neuron, a
/// row a line: `folded` a neuron, slot 0 lowest; `serial` an entry, lane 0 lowest.
std::vector<EmittedFile> emit_device_images(const Chip& chip);
/// "devices_layerI.hex", the name by which the top reads it.
std::string device_image_name(int layer);

/// The hand-written cells of rtl/ in compilation order, names without a directory.
std::vector<EmittedFile> rtl_cells();
/// Those of rtl/board, which stand after them.
std::vector<EmittedFile> board_cells();

}  // namespace permloom
