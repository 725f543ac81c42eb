#include "compiler/emit/layer_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/emit/verilog_text.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/partial.h"
#include "compiler/program/engine_plan.h"

namespace permloom {
namespace {

/// A vector whole, for engine `folded`.
constexpr char ACTIVATION_BUFFER[] = R"(  wire [{vector_msb}:0] vector_{i};
  wire release_{i};
{write_port}  pl_activation_buffer #(.SIZE({inputs}), .BITS({in_bits}), .LANES({writes})) i_buffer_{i} (
    .clk(clk), .rst_n(rst_n), .in_valid(valid_{i}), .in_addr(index_{i}), .in_last(last_{i}),
    .in_ctx(ctx_{i}), .in_data(data_{i}), .in_ready(ready_{i}), .out_valid(full_{i}),
    .out_ctx(full_ctx_{i}), .out_data(vector_{i}), .out_release(release_{i})
  );
)";

/// A vector by address, for the other engines.
constexpr char ACTIVATION_MEMORY[] = R"(  wire bank_{i};
  wire advance_{i};
  wire release_{i};
  wire read_{i};
  wire read_bank_{i};
  wire [{address_msb}:0] address_{i};
  wire [{read_msb}:0] elements_{i};
{write_port}  pl_activation_memory #(
    .SIZE({inputs}), .BITS({in_bits}), .LANES({writes}), .WORD({word}), .PORTS({ports})
  ) i_buffer_{i} (
    .clk(clk), .rst_n(rst_n), .in_valid(valid_{i}), .in_addr(index_{i}), .in_last(last_{i}),
    .in_ctx(ctx_{i}), .in_data(data_{i}), .in_ready(ready_{i}), .out_valid(full_{i}),
    .out_ctx(full_ctx_{i}), .out_bank(bank_{i}), .out_advance(advance_{i}),
    .out_release(release_{i}), .read_en(read_{i}), .read_bank(read_bank_{i}),
    .read_addr(address_{i}), .read_data(elements_{i})
  );
)";

constexpr char LAYER[] = R"(  pl_{engine}_layer #(
    .LAYER({i}), .INPUTS({inputs}), .NEURONS({neurons}), {lanes}.RAIL({rail}), .IN_BITS({in_bits}),
    .OUT_BITS({out_bits}), .DEVICE_BITS({device_bits}), .ACC_BITS({acc_bits}), .LAST({last}),
    .CONTEXTS(CONTEXTS), .ROW_BITS(ROW_BITS),{boot}
    {devices}
  ) i_layer_{i} (
    .clk(clk), .rst_n(rst_n), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data),
    .in_valid(full_{i}), .in_ctx(full_ctx_{i}), {inputs_from},
    .wr_ready(ready_{next}), .wr_valid(valid_{next}), .wr_last(last_{next}),
    .wr_index(index_{next}), .wr_ctx(ctx_{next}), .wr_data(data_{next}),
    .probe_valid(probe_valid[{i}]), .probe_index(probe_index[16*{i}+:16]),
    .probe_value(probe_value[32*{i}+:32])
  );

)";

std::string image_parameter(size_t index) {
    return fmt::format("IMAGE(\"{}\")", device_image_name(static_cast<int>(index)));
}

/// `.PRESENT(...)` of a layer where devices of 0 make switches useless, else nothing.
std::string present_switches(const ChipLayer& layer) {
    const PrunedTopology pruned = prune(as_waksman_topology(layer.lines()), layer.live_slots());
    if (pruned.left_out == 0) return "";
    std::vector<int32_t> present;
    for (const auto& stage : pruned.present)
        present.insert(present.end(), stage.begin(), stage.end());
    constexpr size_t SWITCHES_PER_LINE = 256;
    return ",\n    .PRESENT(" + packed_literal(present, 1, 6, SWITCHES_PER_LINE) + ")";
}

std::string folded_devices(const ChipLayer& layer, size_t index) {
    if (!layer.shared_profile) return ".SHARED_PROFILE(0), ." + image_parameter(index);
    return ".SHARED_PROFILE(1), .DEVICES(" + packed_literal(layer.bank(0), layer.device_bits, 6) +
           ")" + present_switches(layer);
}

/// Where no multiplier is needed.
bool unit_devices(const ChipLayer& layer) {
    return std::ranges::all_of(layer.devices, [](int32_t d) { return d >= -1 && d <= 1; });
}

std::string serial_devices(const ChipLayer& layer, size_t index) {
    const std::vector<int32_t> counts = group_entries(layer);
    const bool unit = unit_devices(layer);
    std::string text =
        fmt::format(".SHARED_PROFILE({}), .UNIT({}), .MOST({}), .ENTRIES({}),\n    .COUNTS(",
                    layer.shared_profile ? 1 : 0, unit ? 1 : 0, *std::ranges::max_element(counts),
                    engine_plan(layer).wiring_rows);
    if (!layer.shared_profile)
        return text + packed_literal(counts, 16, 6) + "),\n    ." + image_parameter(index);
    std::vector<int32_t> live;
    for (const int32_t slot : live_slots(layer, 0))
        live.push_back(layer.bank(0)[static_cast<size_t>(slot)]);
    text += fmt::format("{}), .NEGATIVES({})", sized(16, live.size()),
                        std::ranges::count_if(live, [](int32_t device) { return device < 0; }));
    if (unit) return text;
    return text + ",\n    .DEVICES(" + packed_literal(live, layer.device_bits, 6) + ")";
}

std::string level_devices(const ChipLayer& layer) {
    const int bits = level_bits(layer);
    std::vector<int32_t> table;
    for (int bank = 0; bank < layer.banks(); ++bank) {
        const std::vector<int32_t> values = levels(layer, bank);
        table.insert(table.end(), values.begin(), values.end());
        table.resize((static_cast<size_t>(bank) + 1) << bits);
    }
    return fmt::format(
        ".SHARED_PROFILE({}), .UNIT({}), .LEVEL_BITS({}), .LEVELS({})",
        layer.shared_profile ? 1 : 0, unit_devices(layer) ? 1 : 0, bits,
        packed_literal(table, layer.device_bits, 6, std::max<size_t>(size_t{1} << bits, 16)));
}

std::string devices_text(const ChipLayer& layer, size_t index) {
    switch (layer.engine) {
        case Engine::folded:
            return folded_devices(layer, index);
        case Engine::serial:
            return serial_devices(layer, index);
        case Engine::level:
            return level_devices(layer);
    }
    PERMLOOM_ASSERT(false);
    return "";
}

}  // namespace

std::string write_port(size_t index, int bits) {
    return fmt::format(R"(  wire valid_{0};
  wire [15:0] index_{0};
  wire last_{0};
  wire ctx_{0};
  wire [{1}:0] data_{0};
  wire ready_{0};
)",
                       index, bits - 1);
}

std::string layer_text(const Chip& chip, size_t index, const BootOptions& options) {
    const ChipLayer& layer = chip.layers[index];
    const bool last = index + 1 == chip.layers.size();
    const bool folded = layer.engine == Engine::folded;
    // `serial` reads an element through each of its ports, `level` a word through one.
    const int word = layer.engine == Engine::level ? layer.lanes : 1;
    const int ports = layer.engine == Engine::serial ? layer.lanes : 1;
    const int words = (layer.inputs + word - 1) / word;
    return fmt::format(
        fmt::runtime("  // Layer {i}: {inputs} -> {neurons}, engine {engine}.\n"
                     "  wire full_{i};\n"
                     "  wire full_ctx_{i};\n" +
                     std::string(folded ? ACTIVATION_BUFFER : ACTIVATION_MEMORY) + LAYER),
        fmt::arg("i", index), fmt::arg("next", index + 1),
        fmt::arg("engine", to_string(layer.engine)), fmt::arg("inputs", layer.inputs),
        fmt::arg("neurons", layer.outputs), fmt::arg("rail", static_cast<int>(layer.rail)),
        fmt::arg("in_bits", layer.in_bits), fmt::arg("out_bits", layer.out_bits),
        fmt::arg("lanes", folded ? "" : fmt::format(".LANES({}), ", layer.lanes)),
        fmt::arg("writes", index == 0 ? chip.pixels_per_beat() : 1), fmt::arg("word", word),
        fmt::arg("ports", ports), fmt::arg("address_msb", ports * index_bits(words) - 1),
        fmt::arg("read_msb", ports * word * layer.in_bits - 1),
        fmt::arg("vector_msb", layer.inputs * layer.in_bits - 1),
        fmt::arg("device_bits", layer.device_bits), fmt::arg("acc_bits", layer.accumulator_bits()),
        fmt::arg("last", last ? 1 : 0), fmt::arg("devices", devices_text(layer, index)),
        fmt::arg("boot", options.boots() ? " .BOOT(1)," : ""),
        fmt::arg("inputs_from",
                 fmt::format(fmt::runtime(
                                 folded ? ".in_data(vector_{0}), .in_release(release_{0})"
                                        : ".in_bank(bank_{0}),\n"
                                          "    .in_advance(advance_{0}), .in_release(release_{0}), "
                                          ".read_en(read_{0}),\n"
                                          "    .read_bank(read_bank_{0}), .read_addr(address_{0}), "
                                          ".read_data(elements_{0})"),
                             index)),
        fmt::arg("write_port", write_port(index + 1, last ? 32 : layer.out_bits)));
}

int wiring_row_words(const ChipLayer& layer) {
    int words = layer.engine == Engine::folded ? 0 : 1;
    if (layer.engine == Engine::folded)
        for (const auto& stage : as_waksman_topology(layer.lines()).stages)
            words = std::max(words, static_cast<int>((stage.size() + 31) / 32));
    if (layer.engine == Engine::level) words = (layer.lanes * level_bits(layer) + 31) / 32;
    return words;
}

}  // namespace permloom
