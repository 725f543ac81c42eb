// One layer of the engine `programmable`, the yardstick: LANES neurons side by side, an input per cycle
// for all of them, each with a memory of weights in place of devices and a permutation.
// rtl/MICROARCHITECTURE.md says cycle by cycle what happens.
//
// Timing: LAT = 9 cycles from the issue of a group's last step to the write of its first neuron, 6 in
// the last layer; max(INPUTS, LANES) cycles a group. While the block behind cannot take the output
// register, the whole layer stands still.
`default_nettype none
module pl_programmable_layer #(
  /// Number of the layer on the row bus.
  parameter integer LAYER = 0,
  /// Inputs, and neurons.
  parameter integer INPUTS = 4,
  parameter integer NEURONS = 4,
  /// Neurons side by side: neuron g*LANES + l is that of lane l in group g.
  parameter integer LANES = 1,
  /// 0 single; 1 dual, where a weight is the difference of two devices; 2 split.
  parameter integer RAIL = 0,
  /// Bits of an input code and of an output code (without meaning in the last layer).
  parameter integer IN_BITS = 8,
  parameter integer OUT_BITS = 8,
  /// Bits of one device (signed), and of every sum of a neuron (signed), whatever the weights.
  parameter integer DEVICE_BITS = 2,
  parameter integer ACC_BITS = 13,
  /// 1: the last layer, which writes 32-bit logits.
  parameter integer LAST = 0,
  /// Configurations held at once.
  parameter integer CONTEXTS = 2,
  /// Bits of the row bus.
  parameter integer ROW_BITS = 128,
  /// Bits of a code that is added; 0: nothing is added.
  parameter integer SKIP_BITS = 0,
  /// 1: the weight memories hold wiring_LLL_SSS.hex when the power comes on.
  parameter integer BOOT = 0,
  /// Weights of a row of the load stream: the largest power of two that 32 bits have room for.
  parameter integer ROW_WEIGHTS = 16,
  /// Bits of the number of an input, and of an output: 32 in the last layer, else OUT_BITS. Do not
  /// overwrite.
  parameter integer INPUT_BITS = pl_geometry::index_bits(INPUTS),
  parameter integer VALUE_BITS = LAST != 0 ? 32 : OUT_BITS,
  /// Bits of the skip port. Do not overwrite.
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
  /// Activation memory: a vector, its context and its bank; one read port of one element for all lanes.
  input  wire in_valid,
  input  wire in_ctx,
  input  wire in_bank,
  output wire in_advance,
  output wire in_release,
  output wire read_en,
  output wire read_bank,
  output wire [INPUT_BITS-1:0] read_addr,
  input  wire [IN_BITS-1:0] read_data,
  /// The layer moves; a sum is at the post-op, and the code that is added to it.
  output wire sum_en,
  output wire sum_there,
  input  wire [SKIP_PORT-1:0] skip,
  /// Write port of the block behind.
  input  wire wr_ready,
  output wire wr_valid,
  output wire wr_last,
  output wire [15:0] wr_index,
  output wire wr_ctx,
  output wire [VALUE_BITS-1:0] wr_data,
  /// The write of this cycle; index and value are zero while there is none.
  output wire probe_valid,
  output wire [15:0] probe_index,
  output wire [31:0] probe_value
);
  localparam integer GROUPS = (NEURONS + LANES - 1) / LANES;
  localparam integer WEIGHT_BITS = DEVICE_BITS + (RAIL == 1 ? 1 : 0);
  localparam integer WEIGHTS = GROUPS * INPUTS;  // of a lane
  localparam integer ENTRY_BITS = pl_geometry::index_bits(WEIGHTS);
  localparam integer PICK_BITS = pl_geometry::index_bits(ROW_WEIGHTS);
  localparam integer ROWS = (WEIGHTS + ROW_WEIGHTS - 1) / ROW_WEIGHTS;
  localparam integer DEPTH = CONTEXTS * ROWS;
  localparam integer ADDR_BITS = pl_geometry::index_bits(DEPTH);
  localparam integer STEP_BITS = pl_geometry::index_bits(pl_geometry::max(INPUTS, LANES) + 1);
  localparam integer NEURON_BITS = pl_geometry::index_bits(NEURONS);
  localparam integer REGISTER_BITS = pl_geometry::index_bits(CONTEXTS * NEURONS);

  generate
    if (LAYER < 0 || INPUTS < 1 || NEURONS < 1 || NEURONS > 65535 || LANES < 1 || LANES > 255 ||
        CONTEXTS < 1 || CONTEXTS > 2 || RAIL < 0 || RAIL > 2)
      begin : gen_check
        pl_error_programmable_layer_shape_out_of_range i_error ();
      end
    if (ROW_WEIGHTS * WEIGHT_BITS > 32) begin : gen_check_row
      pl_error_programmable_layer_weights_do_not_fit_a_word i_error ();
    end
  endgenerate

  // The output register is taken, or there is nothing in it.
  wire en = !(wr_valid && !wr_ready);
  assign sum_en = en;

  // Rows of the load stream that are meant for this layer.
  localparam [15:0] THIS_LAYER = LAYER[15:0];
  wire row_mine = row_valid && row_layer == THIS_LAYER;
  wire row_weights = row_mine && row_section == 8'd7;

  // Issue. The tag goes along with the step: tap k is the step that was issued k cycles ago.
  wire issue, first, last, live;
  wire [STEP_BITS-1:0] step;
  wire [ENTRY_BITS-1:0] entry;
  wire [pl_geometry::index_bits(CONTEXTS*WEIGHTS)-1:0] weight_number;
  pl_serial_sequencer #(
    .GROUPS(GROUPS), .LANES(LANES), .SHARED_PROFILE(1), .COUNTS(INPUTS[15:0]), .MOST(INPUTS),
    .ENTRIES(WEIGHTS), .CONTEXTS(CONTEXTS)
  ) i_sequencer (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(in_valid), .in_ctx(in_ctx), .issue(issue),
    .advance_input(in_advance), .step(step), .first(first), .last(last), .live(live),
    .entry(entry), .addr(weight_number)
  );
  localparam integer DEPTH_OF_TAGS = 4;
  localparam integer TAG_BITS = 4;
  localparam integer CTX_AT = 0;
  localparam integer FIRST_AT = 1;
  localparam integer LAST_AT = 2;
  localparam integer LIVE_AT = 3;
  wire [DEPTH_OF_TAGS:0] valid;
  wire [TAG_BITS*(DEPTH_OF_TAGS+1)-1:0] tag;
  pl_tag_pipeline #(.DEPTH(DEPTH_OF_TAGS), .WIDTH(TAG_BITS)) i_tags (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(issue),
    .in_tag({live, last, first, in_ctx}), .valid(valid), .tag(tag)
  );
  wire unused = &{1'b0, valid, tag, step, weight_number, row_addr};

  // The row of the step's weights, and which of them it is.
  wire [ENTRY_BITS+ADDR_BITS-1:0] wide_entry = {{ADDR_BITS{1'b0}}, entry};
  wire [ENTRY_BITS+ADDR_BITS-1:0] row = wide_entry >> $clog2(ROW_WEIGHTS);
  wire unused_row = &{1'b0, row};
  wire [ADDR_BITS-1:0] addr;
  generate
    if (CONTEXTS == 2) begin : gen_addr
      localparam [ADDR_BITS-1:0] STRIDE = ROWS[ADDR_BITS-1:0];
      assign addr = in_ctx ? row[ADDR_BITS-1:0] + STRIDE : row[ADDR_BITS-1:0];
    end else begin : gen_same
      assign addr = row[ADDR_BITS-1:0];
    end
  endgenerate
  wire [ENTRY_BITS+PICK_BITS-1:0] picked = {{PICK_BITS{1'b0}}, entry};
  wire unused_picked = &{1'b0, picked};
  logic [PICK_BITS-1:0] pick_q;
  always_ff @(posedge clk) if (en) pick_q <= picked[PICK_BITS-1:0];

  // The input of a step is read together with its weights, and waits until its own is picked.
  assign read_en = en;
  assign read_bank = in_bank;
  assign read_addr = step[INPUT_BITS-1:0];
  assign in_release = in_advance;
  logic [IN_BITS-1:0] value_q;
  always_ff @(posedge clk) if (en) value_q <= read_data;

  // Lanes.
  wire [LANES-1:0] acc_valid;
  wire [LANES*ACC_BITS-1:0] acc;
  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : gen_lane
      localparam [7:0] THIS_LANE = l;
      localparam [143:0] IMAGE_OF_LANE =
          BOOT != 0 ? pl_geometry::wiring_image(LAYER, l) : 144'd0;
      pl_programmable_lane #(
        .IN_BITS(IN_BITS), .WEIGHT_BITS(WEIGHT_BITS), .ACC_BITS(ACC_BITS),
        .SPLIT(RAIL == 2 ? 1 : 0), .ROW_WEIGHTS(ROW_WEIGHTS), .DEPTH(DEPTH),
        .IMAGE(IMAGE_OF_LANE)
      ) i_lane (
        .clk(clk), .rst_n(rst_n), .en(en), .write_en(row_weights && row_stage == THIS_LANE),
        .write_addr(row_addr[ADDR_BITS-1:0]), .write_data(row_data[ROW_WEIGHTS*WEIGHT_BITS-1:0]),
        .addr(addr), .pick(pick_q), .value(value_q), .live(tag[TAG_BITS*2+LIVE_AT]),
        .sum_valid(valid[3]), .sum_first(tag[TAG_BITS*3+FIRST_AT]),
        .sum_last(tag[TAG_BITS*3+LAST_AT]), .acc_valid(acc_valid[l]),
        .acc(acc[ACC_BITS*l+:ACC_BITS])
      );
    end
  endgenerate
  wire unused_valid = &{1'b0, acc_valid};

  // The sums of a group, one after the other.
  wire sum_valid, sum_ctx;
  wire [NEURON_BITS-1:0] sum_neuron;
  wire [ACC_BITS-1:0] sum;
  wire [REGISTER_BITS-1:0] register_addr;
  pl_collector #(
    .LANES(LANES), .WIDTH(ACC_BITS), .NEURONS(NEURONS), .CONTEXTS(CONTEXTS)
  ) i_collector (
    .clk(clk), .rst_n(rst_n), .en(en), .take(acc_valid[0]), .take_ctx(tag[TAG_BITS*4+CTX_AT]),
    .sums(acc), .register_addr(register_addr), .out_valid(sum_valid), .out_neuron(sum_neuron),
    .out_ctx(sum_ctx), .out_sum(sum)
  );
  assign sum_there = sum_valid;
  pl_layer_output #(
    .NEURONS(NEURONS), .ACC_BITS(ACC_BITS), .OUT_BITS(OUT_BITS), .LAST(LAST), .CONTEXTS(CONTEXTS),
    .ROW_BITS(ROW_BITS), .SKIP_BITS(SKIP_BITS)
  ) i_output (
    .clk(clk), .rst_n(rst_n), .en(en), .row_valid(row_mine), .row_section(row_section),
    .row_addr(row_addr), .row_data(row_data), .read_addr(register_addr), .in_valid(sum_valid),
    .in_neuron(sum_neuron), .in_ctx(sum_ctx), .acc(sum), .skip(skip), .wr_ready(wr_ready), .wr_valid(wr_valid),
    .wr_last(wr_last), .wr_index(wr_index), .wr_ctx(wr_ctx), .wr_data(wr_data),
    .probe_valid(probe_valid), .probe_index(probe_index), .probe_value(probe_value)
  );
endmodule
`default_nettype wire
