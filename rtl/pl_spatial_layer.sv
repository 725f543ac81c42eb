// One layer of the engine `spatial`: all neurons at once, a switch network and a bank of devices each,
// LANES values written a cycle. rtl/MICROARCHITECTURE.md says cycle by cycle what happens.
//
// Timing: LAT = D + T + 8 cycles from the issue of the last pass to the write of the first values, D +
// T + 5 in the last layer, with D = pl_geometry::stages(lines) and T = ceil(log2 lines); an input takes
// max(passes, NEURONS / LANES) cycles. While the block behind cannot take the output register, the
// whole layer stands still.
`default_nettype none
module pl_spatial_layer #(
  /// Number of the layer on the row bus.
  parameter integer LAYER = 0,
  /// Inputs, and neurons.
  parameter integer INPUTS = 4,
  parameter integer NEURONS = 4,
  /// Values of one write: a power of two that divides the neurons; 1 in the last layer.
  parameter integer LANES = 1,
  /// 0 single, 1 dual, 2 split (pl_line_register).
  parameter integer RAIL = 0,
  /// 1: one bit of every input a cycle, the highest first; IN_BITS cycles a pass.
  parameter integer SERIAL = 0,
  /// Bits of an input code and of an output code (without meaning in the last layer).
  parameter integer IN_BITS = 8,
  parameter integer OUT_BITS = 8,
  /// Bits of one device (signed), and of every sum of a neuron (signed).
  parameter integer DEVICE_BITS = 2,
  parameter integer ACC_BITS = 12,
  /// 1: the last layer, which writes 32-bit logits.
  parameter integer LAST = 0,
  /// Configurations held at once.
  parameter integer CONTEXTS = 2,
  /// Bits of the row bus.
  parameter integer ROW_BITS = 128,
  /// Bits of a code that is added, to one value a write alone; 0: nothing is added.
  parameter integer SKIP_BITS = 0,
  /// Lines of a network = slots of a bank, and banks that differ. Do not overwrite.
  parameter integer LINES = RAIL == 1 ? 2 * INPUTS : INPUTS,
  /// 1: one profile for all neurons; 0: bank j belongs to neuron j.
  parameter integer SHARED_PROFILE = 1,
  parameter integer BANKS = SHARED_PROFILE != 0 ? 1 : NEURONS,
  /// Device r of bank j in bits [DEVICE_BITS*(LINES*j + r) +: DEVICE_BITS].
  parameter [BANKS*LINES*DEVICE_BITS-1:0] DEVICES =
      {(BANKS * LINES) {{(DEVICE_BITS - 1) {1'b0}}, 1'b1}},
  /// Switches of the network of bank j that are built, as in pl_folded_layer.
  parameter [BANKS*pl_geometry::network_bits(LINES)-1:0] PRESENT =
      {(BANKS * pl_geometry::network_bits(LINES)) {1'b1}},
  /// Bits of an output: 32 in the last layer, else OUT_BITS; of the skip port. Do not overwrite.
  parameter integer VALUE_BITS = LAST != 0 ? 32 : OUT_BITS,
  parameter integer SKIP_PORT = pl_geometry::max(SKIP_BITS, 1)
) (
  input  wire clk,
  input  wire rst_n,
  /// Row bus of the configuration loader.
  input  wire row_valid,
  input  wire [15:0] row_layer,
  input  wire [7:0] row_section,
  input  wire [7:0] row_stage,
  input  wire [31:0] row_addr,
  input  wire [ROW_BITS-1:0] row_data,
  /// Input buffer: a whole vector and its context; `in_release` frees it.
  input  wire in_valid,
  input  wire in_ctx,
  input  wire [INPUTS*IN_BITS-1:0] in_data,
  output wire in_release,
  /// Bit-serial: the inputs turn by one bit.
  output wire in_turn,
  /// The layer moves; a sum is at the post-op, and the code that is added to it.
  output wire sum_en,
  output wire sum_there,
  input  wire [SKIP_PORT-1:0] skip,
  /// Write port of the block behind: value i of a write in bits [VALUE_BITS*i +: VALUE_BITS].
  input  wire wr_ready,
  output wire wr_valid,
  output wire wr_last,
  output wire [15:0] wr_index,
  output wire wr_ctx,
  output wire [LANES*VALUE_BITS-1:0] wr_data,
  /// The values of this cycle's write; indices and values are zero while there is none.
  output wire [LANES-1:0] probe_valid,
  output wire [16*LANES-1:0] probe_index,
  output wire [32*LANES-1:0] probe_value
);
  localparam integer STAGES = pl_geometry::stages(LINES);
  localparam integer LEVELS = $clog2(LINES);
  localparam integer PASSES = RAIL == 2 ? 2 : 1;
  localparam integer PLANES = SERIAL != 0 ? IN_BITS : 1;
  localparam integer LINE_BITS = SERIAL != 0 ? 1 : IN_BITS;
  localparam integer ITEMS = NEURONS / LANES;
  localparam integer WINDOW = pl_geometry::max(PASSES * PLANES, ITEMS);
  localparam integer NETWORK_BITS = pl_geometry::network_bits(LINES);
  localparam integer ITEM_BITS = pl_geometry::index_bits(ITEMS);
  localparam integer ADDR_BITS = pl_geometry::index_bits(CONTEXTS * ITEMS);
  localparam integer LANE_BITS = $clog2(LANES);

  generate
    if (LAYER < 0 || INPUTS < 1 || NEURONS < 1 || NEURONS > 65535 || CONTEXTS < 1 || CONTEXTS > 2)
      begin : gen_check
        pl_error_spatial_layer_shape_out_of_range i_error ();
      end
    if (LANES < 1 || (1 << LANE_BITS) != LANES || ITEMS * LANES != NEURONS ||
        (LANES > 1 && (LAST != 0 || SKIP_BITS != 0)))
      begin : gen_check_lanes
        pl_error_spatial_layer_lanes_do_not_divide_its_neurons i_error ();
      end
    if (ROW_BITS < 128 || (STAGES > 0 && ROW_BITS < 32 * pl_geometry::row_words(LINES, 0)))
      begin : gen_check_row
        pl_error_spatial_layer_row_bus_is_too_narrow i_error ();
      end
  endgenerate

  // The output register is taken, or there is nothing in it.
  wire en = !(wr_valid && !wr_ready);
  assign sum_en = en;

  // Rows of the load stream that are meant for this layer.
  localparam [15:0] THIS_LAYER = LAYER[15:0];
  wire row_mine = row_valid && row_layer == THIS_LAYER;
  wire row_switches = row_mine && row_section == 8'd1;

  // Issue. The tag goes along with the item: tap k is the item that was issued k cycles ago.
  wire issue, first, last, second_pass;
  pl_spatial_sequencer #(.PASSES(PASSES), .PLANES(PLANES), .WINDOW(WINDOW)) i_sequencer (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(in_valid), .issue(issue),
    .release_input(in_release), .first(first), .last(last), .second_pass(second_pass),
    .next_plane(in_turn)
  );

  localparam integer DEPTH = STAGES + LEVELS + 3;
  localparam integer TAG_BITS = 4;
  localparam integer CTX_AT = 0;
  localparam integer PASS_AT = 1;
  localparam integer FIRST_AT = 2;
  localparam integer LAST_AT = 3;
  localparam integer SUM_AT = DEPTH - 1;
  wire [DEPTH:0] valid;
  wire [TAG_BITS*(DEPTH+1)-1:0] tag;
  pl_tag_pipeline #(.DEPTH(DEPTH), .WIDTH(TAG_BITS)) i_tags (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(issue),
    .in_tag({last, first, second_pass, in_ctx}), .valid(valid), .tag(tag)
  );

  // Lines, the same for all neurons.
  wire [INPUTS*LINE_BITS-1:0] inputs;
  wire [LINES*LINE_BITS-1:0] lines;
  genvar d, i, j;
  generate
    if (SERIAL != 0) begin : gen_plane
      for (i = 0; i < INPUTS; i = i + 1) begin : gen_bit
        assign inputs[i] = in_data[IN_BITS*i+IN_BITS-1];
      end
      wire unused_bits = &{1'b0, in_data};
    end else begin : gen_whole
      assign inputs = in_data;
    end
  endgenerate
  pl_line_register #(.INPUTS(INPUTS), .WIDTH(LINE_BITS), .RAIL(RAIL)) i_lines (
    .clk(clk), .en(en), .second_pass(second_pass), .in_data(inputs), .lines(lines)
  );

  // Stage d of the networks works d + 1 cycles after the issue.
  localparam integer TAPS = pl_geometry::max(STAGES, 1);
  wire [TAPS-1:0] ctx;
  generate
    for (d = 0; d < TAPS; d = d + 1) begin : gen_tap
      assign ctx[d] = tag[TAG_BITS*(d+1)+CTX_AT];
    end
  endgenerate

  // Neurons.
  wire [NEURONS-1:0] acc_valid;
  wire [NEURONS*ACC_BITS-1:0] acc;
  generate
    for (j = 0; j < NEURONS; j = j + 1) begin : gen_neuron
      localparam integer BANK = SHARED_PROFILE != 0 ? 0 : j;
      localparam [31:0] LOW_ROW = j;
      localparam [31:0] HIGH_ROW = NEURONS + j;
      wire high = CONTEXTS == 2 && row_addr == HIGH_ROW;
      pl_spatial_neuron #(
        .LINES(LINES), .WIDTH(LINE_BITS), .DEVICE_BITS(DEVICE_BITS), .ACC_BITS(ACC_BITS),
        .SPLIT(RAIL == 2 ? 1 : 0), .SERIAL(SERIAL), .CONTEXTS(CONTEXTS), .ROW_BITS(ROW_BITS),
        .DEVICES(DEVICES[DEVICE_BITS*LINES*BANK+:DEVICE_BITS*LINES]),
        .PRESENT(PRESENT[NETWORK_BITS*BANK+:NETWORK_BITS])
      ) i_neuron (
        .clk(clk), .rst_n(rst_n), .en(en), .write_en(row_switches && (row_addr == LOW_ROW || high)),
        .write_ctx(high), .write_stage(row_stage), .write_data(row_data), .lines(lines),
        .ctx(ctx), .bank_pass(tag[TAG_BITS*(STAGES+1)+PASS_AT]), .sum_valid(valid[SUM_AT]),
        .sum_first(tag[TAG_BITS*SUM_AT+FIRST_AT]), .sum_double(!tag[TAG_BITS*SUM_AT+PASS_AT]),
        .sum_last(tag[TAG_BITS*SUM_AT+LAST_AT]), .acc_valid(acc_valid[j]),
        .acc(acc[ACC_BITS*j+:ACC_BITS])
      );
    end
  endgenerate
  wire unused = &{1'b0, acc_valid, valid, tag};

  // Their sums, LANES a cycle: an item is what is written at once.
  wire item_valid, item_ctx;
  wire [ITEM_BITS-1:0] item;
  wire [LANES*ACC_BITS-1:0] item_sums;
  wire [ADDR_BITS-1:0] register_addr;
  pl_collector #(
    .LANES(ITEMS), .WIDTH(LANES * ACC_BITS), .NEURONS(ITEMS), .CONTEXTS(CONTEXTS)
  ) i_collector (
    .clk(clk), .rst_n(rst_n), .en(en), .take(acc_valid[0]),
    .take_ctx(tag[TAG_BITS*DEPTH+CTX_AT]), .sums(acc), .register_addr(register_addr),
    .out_valid(item_valid), .out_neuron(item), .out_ctx(item_ctx), .out_sum(item_sums)
  );
  assign sum_there = item_valid;

  // Lane i has the registers of the neurons i, LANES + i, ...
  wire [LANES-1:0] lane_valid, lane_last, lane_ctx;
  wire [16*LANES-1:0] lane_index;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : gen_lane
      localparam [31:0] THIS_LANE = i;
      wire row_here = row_section != 8'd2 || (row_addr & (LANES - 1)) == THIS_LANE;
      wire [15:0] unused_index;
      wire [15:0] index = {lane_index[16*i+:16]} << LANE_BITS | THIS_LANE[15:0];
      pl_layer_output #(
        .NEURONS(ITEMS), .ACC_BITS(ACC_BITS), .OUT_BITS(OUT_BITS), .LAST(LAST),
        .CONTEXTS(CONTEXTS), .ROW_BITS(ROW_BITS), .SKIP_BITS(SKIP_BITS)
      ) i_output (
        .clk(clk), .rst_n(rst_n), .en(en), .row_valid(row_mine && row_here),
        .row_section(row_section), .row_addr(row_section == 8'd2 ? row_addr >> LANE_BITS : row_addr),
        .row_data(row_data), .read_addr(register_addr), .in_valid(item_valid), .in_neuron(item),
        .in_ctx(item_ctx), .acc(item_sums[ACC_BITS*i+:ACC_BITS]), .skip(skip), .wr_ready(wr_ready),
        .wr_valid(lane_valid[i]), .wr_last(lane_last[i]), .wr_index(lane_index[16*i+:16]),
        .wr_ctx(lane_ctx[i]), .wr_data(wr_data[VALUE_BITS*i+:VALUE_BITS]),
        .probe_valid(probe_valid[i]), .probe_index(unused_index),
        .probe_value(probe_value[32*i+:32])
      );
      assign probe_index[16*i+:16] = probe_valid[i] ? index : 16'd0;
      wire unused_lane = &{1'b0, unused_index};
    end
  endgenerate
  assign wr_valid = lane_valid[0];
  assign wr_last = lane_last[0];
  assign wr_ctx = lane_ctx[0];
  assign wr_index = lane_index[15:0];
  wire unused_lanes = &{1'b0, lane_valid, lane_last, lane_ctx, lane_index};
endmodule
`default_nettype wire
