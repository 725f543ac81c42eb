#include "compiler/emit/rtl_design.h"

#include <fmt/format.h>

#include "compiler/base/embedded_file.h"
#include "compiler/emit/verilog_text.h"
#include "compiler/program/engine_plan.h"

namespace permloom {

/// The files of rtl/ and rtl/board/, embedded by their CMakeLists.txt in compilation order.
const std::vector<EmbeddedFile>& rtl_files();
const std::vector<EmbeddedFile>& board_files();

namespace {

std::vector<EmittedFile> copies(const std::vector<EmbeddedFile>& files) {
    std::vector<EmittedFile> cells;
    for (const EmbeddedFile& file : files)
        cells.push_back({std::string(file.path), std::string(file.text)});
    return cells;
}

}  // namespace

std::vector<EmittedFile> rtl_cells() {
    return copies(rtl_files());
}

std::vector<EmittedFile> board_cells() {
    return copies(board_files());
}

std::string device_image_name(int layer) {
    return fmt::format("devices_layer{}.hex", layer);
}

namespace {

/// Rows of engine `folded`: the bank of each neuron.
std::string bank_rows(const ChipLayer& layer) {
    std::string text;
    for (int neuron = 0; neuron < layer.outputs; ++neuron)
        text += packed_hex(layer.bank(neuron), layer.device_bits) + "\n";
    return text;
}

/// Rows of engine `serial`: for each entry the devices of all lanes, 0 where a lane has none.
std::string entry_rows(const ChipLayer& layer) {
    std::string text;
    const std::vector<int32_t> counts = group_entries(layer);
    const auto lanes = static_cast<size_t>(layer.lanes);
    for (size_t group = 0; group < counts.size(); ++group) {
        std::vector<std::vector<int32_t>> rows(static_cast<size_t>(counts[group]),
                                               std::vector<int32_t>(lanes, 0));
        for (size_t lane = 0; lane < lanes; ++lane) {
            const int neuron = static_cast<int>(group * lanes + lane);
            if (neuron >= layer.outputs) break;
            size_t step = 0;
            for (const int32_t slot : live_slots(layer, neuron))
                rows[step++][lane] = layer.bank(neuron)[static_cast<size_t>(slot)];
        }
        for (const std::vector<int32_t>& row : rows)
            text += packed_hex(row, layer.device_bits) + "\n";
    }
    // The memory of a layer without entries has a row that is never used.
    return text.empty() ? packed_hex(std::vector<int32_t>(lanes, 0), layer.device_bits) + "\n"
                        : text;
}

}  // namespace

std::vector<EmittedFile> emit_device_images(const Chip& chip) {
    std::vector<EmittedFile> images;
    for (size_t i = 0; i < chip.layers.size(); ++i) {
        const ChipLayer& layer = chip.layers[i];
        // The other engines take their devices as parameters, or have none.
        const bool reads_rows = layer.engine == Engine::folded || layer.engine == Engine::serial;
        if (layer.shared_profile || !reads_rows) continue;
        images.push_back({device_image_name(static_cast<int>(i)),
                          layer.engine == Engine::serial ? entry_rows(layer) : bank_rows(layer)});
    }
    return images;
}

}  // namespace permloom
