#include "compiler/emit/rtl_design.h"

#include <fmt/format.h>

#include "compiler/base/embedded_file.h"
#include "compiler/emit/verilog_text.h"

namespace permloom {

/// The files of rtl/, embedded by its CMakeLists.txt in compilation order.
const std::vector<EmbeddedFile>& rtl_files();

std::vector<EmittedFile> rtl_cells() {
    std::vector<EmittedFile> cells;
    for (const EmbeddedFile& file : rtl_files())
        cells.push_back({std::string(file.path), std::string(file.text)});
    return cells;
}

std::string device_image_name(int layer) {
    return fmt::format("devices_layer{}.hex", layer);
}

std::vector<EmittedFile> emit_device_images(const Chip& chip) {
    std::vector<EmittedFile> images;
    for (size_t i = 0; i < chip.layers.size(); ++i) {
        const ChipLayer& layer = chip.layers[i];
        if (layer.shared_profile) continue;
        std::string text;
        for (int neuron = 0; neuron < layer.outputs; ++neuron)
            text += packed_hex(layer.bank(neuron), layer.device_bits) + "\n";
        images.push_back({device_image_name(static_cast<int>(i)), std::move(text)});
    }
    return images;
}

}  // namespace permloom
