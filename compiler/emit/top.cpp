/// permloom_top.sv: the cells of rtl/ put together for one chip. All logic is in the cells.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/version.h"
#include "compiler/emit/layer_text.h"
#include "compiler/emit/rtl_design.h"
#include "compiler/emit/verilog_text.h"
#include "compiler/perm/permutation.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/load_stream.h"

namespace permloom {
namespace {

/// Rows of registers in a load: of every neuron, of every layer, the classes.
int64_t register_rows(const Chip& chip) {
    int64_t rows = 1;
    for (const ChipLayer& layer : chip.layers)
        rows += layer.outputs + 1;
    return rows;
}

/// Rows of a full load: those and the wiring.
int64_t total_rows(const Chip& chip) {
    int64_t rows = register_rows(chip);
    for (const ChipLayer& layer : chip.layers) {
        const LoadedWiring wiring = loaded_wiring(layer);
        rows += int64_t{wiring.stages} * wiring.rows;
    }
    return rows;
}

Section wiring_section(const ChipLayer& layer) {
    if (layer.decoder != Decoder::none) return Section::codes;
    switch (layer.engine) {
        case Engine::folded:
        case Engine::spatial:
            return Section::switches;
        case Engine::serial:
            return Section::entries;
        case Engine::level:
            return Section::levels;
        case Engine::programmable:
            return Section::weights;
    }
    PERMLOOM_ASSERT(false);
    return {};
}

/// Words of a row of wiring; of switches, whose stages differ, the lines of the network.
int wiring_size(const ChipLayer& layer) {
    if (layer.decoder != Decoder::none) return code_words(layer);
    return layer.has_network() ? layer.lines() : wiring_row_words(layer);
}

/// A number of each layer, layer 0 lowest.
template <class Field>
std::string layer_table(const Chip& chip, int bits, Field field) {
    std::string text;
    for (auto layer = chip.layers.rbegin(); layer != chip.layers.rend(); ++layer)
        text += (text.empty() ? "" : ", ") + sized(bits, static_cast<uint64_t>(field(*layer)));
    return "{" + text + "}";
}

/// "folded", "folded bit-serial", "serial of 2 lane(s)", "level of 16 input(s) a cycle",
/// "programmable of 2 lane(s)".
std::string engine_text(const ChipLayer& layer) {
    std::string text(to_string(layer.engine));
    if (layer.bit_serial) text += " bit-serial";
    if (layer.engine == Engine::serial || layer.engine == Engine::programmable)
        text += fmt::format(" of {} lane(s)", layer.lanes);
    if (layer.decoder != Decoder::none)
        text += fmt::format(", decoder {}", to_string(layer.decoder));
    if (layer.engine == Engine::level) text += fmt::format(" of {} input(s) a cycle", layer.lanes);
    return text;
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
            "//     layer {}: {} -> {}, engine {}, rail {}, {}-bit devices, {}\n", i, layer.inputs,
            layer.outputs, engine_text(layer), to_string(layer.rail), layer.device_bits,
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
    const int probes = chip.probes();
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
  /// Error code of the last load; an image was dropped since reset or clearing.
  output wire [7:0] load_error,
  output wire pix_error,
  /// Control port: identity, state, counters, choice of the context.
  input  wire [11:0] s_axil_awaddr,
  input  wire s_axil_awvalid,
  output wire s_axil_awready,
  input  wire [31:0] s_axil_wdata,
  input  wire [3:0] s_axil_wstrb,
  input  wire s_axil_wvalid,
  output wire s_axil_wready,
  output wire [1:0] s_axil_bresp,
  output wire s_axil_bvalid,
  input  wire s_axil_bready,
  input  wire [11:0] s_axil_araddr,
  input  wire s_axil_arvalid,
  output wire s_axil_arready,
  output wire [31:0] s_axil_rdata,
  output wire [1:0] s_axil_rresp,
  output wire s_axil_rvalid,
  input  wire s_axil_rready,
  /// The write behind each layer, layer l in slice l.
  output wire [{probe_msb}:0] probe_valid,
  output wire [{index_msb}:0] probe_index,
  output wire [{value_msb}:0] probe_value
);
)",
        fmt::arg("lanes", chip.pixels_per_beat()), fmt::arg("pixel_bits", chip.in_bits()),
        fmt::arg("pixel_msb", chip.pixel_stream_bits - 1), fmt::arg("outputs", chip.outputs()),
        fmt::arg("probe_msb", probes - 1), fmt::arg("index_msb", 16 * probes - 1),
        fmt::arg("value_msb", 32 * probes - 1));
}

/// The memory that configures the chip when it comes out of reset, in front of the loader's port.
std::string boot(const BootOptions& options) {
    if (!options.boots()) return "";
    return fmt::format(R"(  // The stored load stream comes first.
  wire [31:0] load_tdata;
  wire load_tvalid;
  wire load_tready;
  wire load_tlast;
  wire booting;
  pl_boot #(.WORDS({}), .IMAGE("boot.hex")) i_boot (
    .clk(clk), .rst_n(rst_n), .in_tdata(cfg_tdata), .in_tvalid(cfg_tvalid),
    .in_tready(cfg_tready), .in_tlast(cfg_tlast), .out_tdata(load_tdata),
    .out_tvalid(load_tvalid), .out_tready(load_tready), .out_tlast(load_tlast), .booting(booting)
  );

)",
                       options.stream_words);
}

/// Which layers add another one, where one does.
std::string adds_parameter(const Chip& chip) {
    if (std::ranges::none_of(chip.layers, &ChipLayer::adds)) return "";
    return ".ADDS(" + layer_table(chip, 1, [](const ChipLayer& l) { return l.adds() ? 1 : 0; }) +
           "), ";
}

/// Of every neuron its first entry, its lane, how many of its devices are negative, how many are 0.
std::vector<int32_t> decoder_places(const ChipLayer& layer) {
    std::vector<int32_t> places;
    const std::vector<int32_t> groups = group_entries(layer);
    int32_t first = 0;
    for (int neuron = 0; neuron < layer.outputs; ++neuron) {
        const int lane = neuron % layer.lanes;
        if (lane == 0 && neuron > 0) first += groups[static_cast<size_t>(neuron / layer.lanes) - 1];
        const auto bank = layer.bank(neuron);
        const auto negatives = std::ranges::count_if(bank, [](int32_t d) { return d < 0; });
        places.insert(places.end(), {first, lane, static_cast<int32_t>(negatives),
                                     static_cast<int32_t>(std::ranges::count(bank, 0))});
    }
    return places;
}

/// The first slot of every class; one, which is not looked at, where the decoder has none.
std::vector<int32_t> decoder_starts(const ChipLayer& layer) {
    std::vector<int32_t> starts = {0};
    if (layer.decoder != Decoder::level_map) return starts;
    for (const int32_t size : classes_of(layer.bank(0)).sizes())
        starts.push_back(starts.back() + size);
    starts.pop_back();
    return starts;
}

/// The loader's decoders and their tables, where a layer has one.
std::string decoder_parameters(const Chip& chip) {
    std::string decoders;
    std::vector<int32_t> places, starts;
    for (const ChipLayer& layer : chip.layers) {
        uint64_t decoder = 0;
        if (layer.decoder != Decoder::none) {
            const std::vector<int32_t> of_layer = decoder_places(layer);
            const std::vector<int32_t> classes = decoder_starts(layer);
            places.insert(places.end(), of_layer.begin(), of_layer.end());
            starts.insert(starts.end(), classes.begin(), classes.end());
            decoder = static_cast<uint64_t>(layer.decoder) |
                      uint64_t{layer.rail == Rail::dual} << 8 |
                      static_cast<uint64_t>(layer.inputs) << 16 |
                      static_cast<uint64_t>(engine_plan(layer).wiring_rows) << 32 |
                      static_cast<uint64_t>(classes.size()) << 48;
        }
        decoders = fmt::format("64'h{:016x}{}{}", decoder, decoders.empty() ? "" : ", ", decoders);
    }
    if (places.empty()) return "";
    return fmt::format(
        ",\n    .DECODERS({{{}}}),\n    .PLACE_COUNT({}), .PLACES({}),\n"
        "    .START_COUNT({}), .STARTS({})",
        decoders, places.size() / 4, packed_literal(places, 16, 6), starts.size(),
        packed_literal(starts, 16, 6));
}

std::string control(const Chip& chip, const BootOptions& options) {
    int most_stages = 1;
    for (const ChipLayer& layer : chip.layers)
        if (layer.has_network())
            most_stages = std::max(most_stages, engine_plan(layer).wiring_stages);
    return fmt::format(
        R"(  // Configuration: the row bus writes the memories and registers of the layers.
  wire row_valid;
  wire [15:0] row_layer;
  wire [7:0] row_section;
  wire [7:0] row_stage;
  wire [31:0] row_addr;
  wire [ROW_BITS-1:0] row_data;
  wire [1:0] contexts_valid;
  wire [63:0] ctx_id;
  wire [1:0] in_flight;
  wire loading;
  assign ctx_valid = {{6'd0, contexts_valid}};
  pl_config_loader #(
    .LAYERS({layers}), .CONTEXTS(CONTEXTS), .NEURONS({neurons}),
    .WIRING({wiring}), .STAGES({stages}),
    .STAGE_ROWS({rows}), .SIZES({sizes}),
    {adds}.MOST_STAGES({most_stages}), .TOTAL_ROWS(32'd{total_rows}), .ROW_BITS(ROW_BITS),
    {boot_rows}.FINGERPRINT(64'h{fingerprint:016x}){decoders}
  ) i_loader (
    .clk(clk), .rst_n(rst_n), .cfg_tdata({port}_tdata), .cfg_tvalid({port}_tvalid),
    .cfg_tready({port}_tready), .cfg_tlast({port}_tlast), .booting({booting}),
    .ctx_valid(contexts_valid), .ctx_id(ctx_id), .load_error(load_error), .loading(loading),
    .in_flight(in_flight), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data)
  );

  // Contexts.
  wire [7:0] wanted;
  wire active;
  wire active_valid;
  wire image_begun;
  wire image_dropped;
  wire image_done;
  wire image_done_ctx;
  assign ctx_active = {{7'd0, active}};
  pl_context_control #(.CONTEXTS(CONTEXTS)) i_contexts (
    .clk(clk), .rst_n(rst_n), .ctx_select(wanted), .ctx_valid(contexts_valid),
    .ctx_active(active), .ctx_active_valid(active_valid), .begun(image_begun),
    .dropped(image_dropped), .entry_ctx(ctx_0), .done(image_done), .done_ctx(image_done_ctx),
    .in_flight(in_flight)
  );

)",
        fmt::arg("layers", chip.layers.size()),
        fmt::arg("neurons", layer_table(chip, 16, [](const ChipLayer& l) { return l.outputs; })),
        fmt::arg("wiring", layer_table(chip, 8, wiring_section)),
        fmt::arg("stages",
                 layer_table(chip, 16, [](const ChipLayer& l) { return loaded_wiring(l).stages; })),
        fmt::arg("rows",
                 layer_table(chip, 16, [](const ChipLayer& l) { return loaded_wiring(l).rows; })),
        fmt::arg("sizes", layer_table(chip, 16, wiring_size)),
        fmt::arg("decoders", decoder_parameters(chip)), fmt::arg("adds", adds_parameter(chip)),
        fmt::arg("most_stages", most_stages), fmt::arg("total_rows", total_rows(chip)),
        fmt::arg("boot_rows",
                 options.boots() ? fmt::format(".BOOT_ROWS(32'd{}), ", register_rows(chip)) : ""),
        fmt::arg("port", options.boots() ? "load" : "cfg"),
        fmt::arg("booting", options.boots() ? "booting" : "1'b0"),
        fmt::arg("fingerprint", low_word(fingerprint(chip))));
}

std::string control_port(const Chip& chip) {
    return fmt::format(R"(  // Control port.
  wire image_whole;
  wire clear_pix_error;
  pl_axi_lite #(
    .LAYERS({}), .CONTEXTS(CONTEXTS), .FINGERPRINT(64'h{:016x})
  ) i_control (
    .clk(clk), .rst_n(rst_n), .s_axil_awaddr(s_axil_awaddr), .s_axil_awvalid(s_axil_awvalid),
    .s_axil_awready(s_axil_awready), .s_axil_wdata(s_axil_wdata), .s_axil_wstrb(s_axil_wstrb),
    .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_bresp(s_axil_bresp),
    .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_araddr(s_axil_araddr),
    .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready), .s_axil_rdata(s_axil_rdata),
    .s_axil_rresp(s_axil_rresp), .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(s_axil_rready),
    .ctx_select(ctx_select), .ctx_wanted(wanted), .ctx_active(active), .ctx_valid(contexts_valid),
    .ctx_id(ctx_id), .loading(loading), .load_error(load_error), .pix_error(pix_error),
    .clear_pix_error(clear_pix_error), .image_taken(image_whole), .image_dropped(image_dropped),
    .image_done(image_done)
  );

)",
                       chip.layers.size(), low_word(fingerprint(chip)));
}

std::string pixel_loader(const Chip& chip) {
    return "  // Images in.\n" +
           write_port(0, chip.pixels_per_beat() * chip.in_bits(), takers(chip, 0)) +
           fmt::format(R"(  pl_pixel_loader #(
    .PIXELS({}), .BITS({}), .STREAM_BITS({}), .PER_BEAT({})
  ) i_pixels (
    .clk(clk), .rst_n(rst_n), .pix_tdata(pix_tdata), .pix_tvalid(pix_tvalid),
    .pix_tready(pix_tready), .pix_tlast(pix_tlast), .pix_error(pix_error),
    .clear_pix_error(clear_pix_error), .ctx_active(active), .ctx_active_valid(active_valid), .wr_valid(valid_0), .wr_addr(index_0), .wr_last(last_0),
    .wr_ctx(ctx_0), .wr_data(data_0), .wr_ready(ready_0), .begun(image_begun),
    .whole(image_whole), .dropped(image_dropped)
  );

)",
                       chip.inputs(), chip.in_bits(), chip.pixel_stream_bits,
                       chip.pixels_per_beat());
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

std::string emit_top(const Chip& chip, const BootOptions& options) {
    int row_words = NEURON_REGISTER_WORDS;
    for (const ChipLayer& layer : chip.layers)
        row_words = std::max(row_words, wiring_row_words(layer));

    std::string text = header(chip) + ports(chip);
    text += fmt::format("  localparam integer CONTEXTS = {};\n", chip.contexts);
    text += fmt::format("  localparam integer ROW_BITS = {};\n\n", 32 * row_words);
    text += boot(options) + control(chip, options) + control_port(chip) + pixel_loader(chip);
    for (size_t i = 0; i < chip.layers.size(); ++i)
        text += layer_text(chip, i, options);
    return text + result_unit(chip);
}

}  // namespace permloom
