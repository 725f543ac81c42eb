/// permloom_top.sv: the cells of rtl/ put together for one chip. All logic is in the cells.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/digest.h"
#include "compiler/base/version.h"
#include "compiler/emit/rtl_design.h"
#include "compiler/emit/verilog_text.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/partial.h"
#include "compiler/program/load_stream.h"

namespace permloom {
namespace {

/// What the top needs to know of one layer beyond the chip itself.
struct LayerPlan {
    const ChipLayer* layer = nullptr;
    int stages = 0;
    int row_words = 0;  ///< longest row of switch bits, in 32-bit words
    bool last = false;
    int value_bits() const { return last ? 32 : layer->out_bits; }
};

std::vector<LayerPlan> plan_layers(const Chip& chip) {
    std::vector<LayerPlan> plans;
    for (const ChipLayer& layer : chip.layers) {
        const Topology topology = as_waksman_topology(layer.lines());
        LayerPlan plan{&layer, topology.stage_count(), 0, &layer == &chip.layers.back()};
        for (const auto& stage : topology.stages)
            plan.row_words = std::max(plan.row_words, static_cast<int>((stage.size() + 31) / 32));
        plans.push_back(plan);
    }
    return plans;
}

/// Rows of a full load: switches and registers of every neuron, a row of layer registers per layer,
/// the classes. Every stage of an AS-Waksman network has a switch.
uint64_t total_rows(const std::vector<LayerPlan>& plans) {
    uint64_t rows = 1;
    for (const LayerPlan& plan : plans)
        rows +=
            static_cast<uint64_t>(plan.layer->outputs) * static_cast<uint64_t>(plan.stages + 1) + 1;
    return rows;
}

/// 16 bits a layer, layer 0 lowest.
template <class Field>
std::string layer_table(const std::vector<LayerPlan>& plans, Field field) {
    std::string text;
    for (auto plan = plans.rbegin(); plan != plans.rend(); ++plan)
        text += (text.empty() ? "" : ", ") + sized(16, static_cast<uint64_t>(field(*plan->layer)));
    return "{" + text + "}";
}

std::string header(const Chip& chip) {
    std::string text = fmt::format(
        "// Chip {}, written by permloom {} for target {}.\n"
        "//\n"
        "//     fingerprint {}\n",
        chip.name, VERSION, chip.target, to_hex(fingerprint(chip)));
    for (size_t i = 0; i < chip.layers.size(); ++i) {
        const ChipLayer& layer = chip.layers[i];
        text += fmt::format(
            "//     layer {}: {} -> {}, rail {}, {}-bit devices, {}\n", i, layer.inputs,
            layer.outputs, to_string(layer.rail), layer.device_bits,
            layer.shared_profile ? "one profile for all neurons" : "a profile per neuron");
    }
    return text +
           "//\n"
           "// Instances and constants alone: the logic is in the cells, the ports and their "
           "timing are\n"
           "// described in rtl/MICROARCHITECTURE.md, the load stream in "
           "compiler/program/FORMAT.md.\n";
}

std::string ports(const Chip& chip) {
    const size_t layers = chip.layers.size();
    return fmt::format(
        R"(`default_nettype none
module permloom_top (
  input  wire clk,
  /// Synchronous, active low.
  input  wire rst_n,
  /// Load stream.
  input  wire [31:0] cfg_tdata,
  input  wire cfg_tvalid,
  output wire cfg_tready,
  input  wire cfg_tlast,
  /// Images, {lanes} pixel(s) of {pixel_bits} bits a beat.
  input  wire [{pixel_msb}:0] pix_tdata,
  input  wire pix_tvalid,
  output wire pix_tready,
  input  wire pix_tlast,
  /// Results: {outputs} logit(s), then the class.
  output wire [31:0] res_tdata,
  output wire res_tvalid,
  input  wire res_tready,
  output wire res_tlast,
  /// Context wanted, context running, contexts loaded.
  input  wire [7:0] ctx_select,
  output wire [7:0] ctx_active,
  output wire [7:0] ctx_valid,
  /// Error code of the last load; an image was dropped since reset.
  output wire [7:0] load_error,
  output wire pix_error,
  /// The write behind each layer, layer l in slice l.
  output wire [{probe_msb}:0] probe_valid,
  output wire [{index_msb}:0] probe_index,
  output wire [{value_msb}:0] probe_value
);
)",
        fmt::arg("lanes", chip.pixels_per_beat()), fmt::arg("pixel_bits", chip.in_bits()),
        fmt::arg("pixel_msb", chip.pixel_stream_bits - 1), fmt::arg("outputs", chip.outputs()),
        fmt::arg("probe_msb", layers - 1), fmt::arg("index_msb", 16 * layers - 1),
        fmt::arg("value_msb", 32 * layers - 1));
}

std::string control(const Chip& chip, const std::vector<LayerPlan>& plans) {
    int most_stages = 1;
    for (const LayerPlan& plan : plans)
        most_stages = std::max(most_stages, plan.stages);
    return fmt::format(
        R"(  // Configuration: the row bus writes the memories and registers of the layers.
  wire row_valid;
  wire [15:0] row_layer;
  wire [7:0] row_section;
  wire [7:0] row_stage;
  wire [31:0] row_addr;
  wire [ROW_BITS-1:0] row_data;
  wire [1:0] contexts_valid;
  wire [1:0] in_flight;
  assign ctx_valid = {{6'd0, contexts_valid}};
  pl_config_loader #(
    .LAYERS({layers}), .CONTEXTS(CONTEXTS), .LINES({lines}), .NEURONS({neurons}),
    .MOST_STAGES({most_stages}), .TOTAL_ROWS(32'd{total_rows}), .ROW_BITS(ROW_BITS),
    .FINGERPRINT(64'h{fingerprint:016x})
  ) i_loader (
    .clk(clk), .rst_n(rst_n), .cfg_tdata(cfg_tdata), .cfg_tvalid(cfg_tvalid),
    .cfg_tready(cfg_tready), .cfg_tlast(cfg_tlast), .ctx_valid(contexts_valid),
    .load_error(load_error), .in_flight(in_flight), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data)
  );

  // Contexts.
  wire active;
  wire active_valid;
  wire image_begun;
  wire image_dropped;
  wire image_done;
  wire image_done_ctx;
  assign ctx_active = {{7'd0, active}};
  pl_context_control #(.CONTEXTS(CONTEXTS)) i_contexts (
    .clk(clk), .rst_n(rst_n), .ctx_select(ctx_select), .ctx_valid(contexts_valid),
    .ctx_active(active), .ctx_active_valid(active_valid), .begun(image_begun),
    .dropped(image_dropped), .entry_ctx(ctx_0), .done(image_done), .done_ctx(image_done_ctx),
    .in_flight(in_flight)
  );

)",
        fmt::arg("layers", chip.layers.size()),
        fmt::arg("lines", layer_table(plans, [](const ChipLayer& l) { return l.lines(); })),
        fmt::arg("neurons", layer_table(plans, [](const ChipLayer& l) { return l.outputs; })),
        fmt::arg("most_stages", most_stages), fmt::arg("total_rows", total_rows(plans)),
        fmt::arg("fingerprint", low_word(fingerprint(chip))));
}

/// The write port in front of buffer `i` (or, for i = layers, of the result unit).
std::string write_port(size_t i, int bits) {
    return fmt::format(R"(  wire valid_{0};
  wire [15:0] index_{0};
  wire last_{0};
  wire ctx_{0};
  wire [{1}:0] data_{0};
  wire ready_{0};
)",
                       i, bits - 1);
}

std::string pixel_loader(const Chip& chip) {
    return "  // Images in.\n" + write_port(0, chip.pixels_per_beat() * chip.in_bits()) +
           fmt::format(R"(  pl_pixel_loader #(
    .PIXELS({}), .BITS({}), .STREAM_BITS({})
  ) i_pixels (
    .clk(clk), .rst_n(rst_n), .pix_tdata(pix_tdata), .pix_tvalid(pix_tvalid),
    .pix_tready(pix_tready), .pix_tlast(pix_tlast), .pix_error(pix_error), .ctx_active(active),
    .ctx_active_valid(active_valid), .wr_valid(valid_0), .wr_addr(index_0), .wr_last(last_0),
    .wr_ctx(ctx_0), .wr_data(data_0), .wr_ready(ready_0), .begun(image_begun),
    .dropped(image_dropped)
  );

)",
                       chip.inputs(), chip.in_bits(), chip.pixel_stream_bits);
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

/// Buffer i and layer i behind it.
std::string layer_text(const Chip& chip, const LayerPlan& plan, size_t i) {
    const ChipLayer& layer = *plan.layer;
    const std::string devices = layer.shared_profile
                                    ? ".SHARED_PROFILE(1), .DEVICES(" +
                                          packed_literal(layer.bank(0), layer.device_bits, 6) +
                                          ")" + present_switches(layer)
                                    : fmt::format(".SHARED_PROFILE(0), .IMAGE(\"{}\")",
                                                  device_image_name(static_cast<int>(i)));
    return fmt::format(
        R"(  // Layer {i}: {inputs} -> {neurons}.
  wire full_{i};
  wire full_ctx_{i};
  wire [{vector_msb}:0] vector_{i};
  wire release_{i};
{write_port}  pl_activation_buffer #(.SIZE({inputs}), .BITS({in_bits}), .LANES({lanes})) i_buffer_{i} (
    .clk(clk), .rst_n(rst_n), .in_valid(valid_{i}), .in_addr(index_{i}), .in_last(last_{i}),
    .in_ctx(ctx_{i}), .in_data(data_{i}), .in_ready(ready_{i}), .out_valid(full_{i}),
    .out_ctx(full_ctx_{i}), .out_data(vector_{i}), .out_release(release_{i})
  );
  pl_folded_layer #(
    .LAYER({i}), .INPUTS({inputs}), .NEURONS({neurons}), .RAIL({rail}), .IN_BITS({in_bits}),
    .OUT_BITS({out_bits}), .DEVICE_BITS({device_bits}), .ACC_BITS({acc_bits}), .LAST({last}),
    .CONTEXTS(CONTEXTS), .ROW_BITS(ROW_BITS),
    {devices}
  ) i_layer_{i} (
    .clk(clk), .rst_n(rst_n), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data),
    .in_valid(full_{i}), .in_ctx(full_ctx_{i}), .in_data(vector_{i}), .in_release(release_{i}),
    .wr_ready(ready_{next}), .wr_valid(valid_{next}), .wr_last(last_{next}),
    .wr_index(index_{next}), .wr_ctx(ctx_{next}), .wr_data(data_{next}),
    .probe_valid(probe_valid[{i}]), .probe_index(probe_index[16*{i}+:16]),
    .probe_value(probe_value[32*{i}+:32])
  );

)",
        fmt::arg("i", i), fmt::arg("next", i + 1), fmt::arg("inputs", layer.inputs),
        fmt::arg("neurons", layer.outputs), fmt::arg("rail", static_cast<int>(layer.rail)),
        fmt::arg("in_bits", layer.in_bits), fmt::arg("out_bits", layer.out_bits),
        fmt::arg("lanes", i == 0 ? chip.pixels_per_beat() : 1),
        fmt::arg("vector_msb", layer.inputs * layer.in_bits - 1),
        fmt::arg("device_bits", layer.device_bits), fmt::arg("acc_bits", layer.accumulator_bits()),
        fmt::arg("last", plan.last ? 1 : 0), fmt::arg("devices", devices),
        fmt::arg("write_port", write_port(i + 1, plan.value_bits())));
}

std::string result_unit(const Chip& chip) {
    return fmt::format(
        R"(  // Results out.
  pl_result_unit #(.OUTPUTS({0})) i_results (
    .clk(clk), .rst_n(rst_n), .wr_valid(valid_{1}), .wr_index(index_{1}), .wr_last(last_{1}),
    .wr_ctx(ctx_{1}), .wr_data(data_{1}), .wr_ready(ready_{1}), .row_valid(row_valid),
    .row_section(row_section), .row_ctx(row_addr[0]), .row_classes(row_data[15:0]),
    .res_tdata(res_tdata), .res_tvalid(res_tvalid), .res_tready(res_tready),
    .res_tlast(res_tlast), .done(image_done), .done_ctx(image_done_ctx)
  );
endmodule
`default_nettype wire
)",
        chip.outputs(), chip.layers.size());
}

}  // namespace

std::string emit_top(const Chip& chip) {
    const std::vector<LayerPlan> plans = plan_layers(chip);
    int row_words = NEURON_REGISTER_WORDS;
    for (const LayerPlan& plan : plans)
        row_words = std::max(row_words, plan.row_words);

    std::string text = header(chip) + ports(chip);
    text += fmt::format("  localparam integer CONTEXTS = {};\n", chip.contexts);
    text += fmt::format("  localparam integer ROW_BITS = {};\n\n", 32 * row_words);
    text += control(chip, plans) + pixel_loader(chip);
    for (size_t i = 0; i < plans.size(); ++i)
        text += layer_text(chip, plans[i], i);
    return text + result_unit(chip);
}

}  // namespace permloom
