// One layer of the engine `folded`: one switch network and one bank of devices, a neuron after the
// other. rtl/MICROARCHITECTURE.md says cycle by cycle what happens.
//
// Timing: LAT = D + T + 7 cycles from an issue to its write, D + T + 4 in the last layer, with
// D = pl_geometry::stages(lines) and T = ceil(log2 lines); one pass of a neuron, bit-serial of one plane of its inputs, per cycle. While
// the block behind cannot take the output register, the whole layer stands still.
`default_nettype none
module pl_folded_layer #(
  /// Number of the layer on the row bus.
  parameter integer LAYER = 0,
  /// Inputs, and neurons.
  parameter integer INPUTS = 4,
  parameter integer NEURONS = 4,
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
  /// Bits of a code that is added; 0: nothing is added.
  parameter integer SKIP_BITS = 0,
  /// 1: the wiring memories hold wiring_LLL_SSS.hex when the power comes on.
  parameter integer BOOT = 0,
  /// Lines of the network = slots of the bank. Do not overwrite.
  parameter integer LINES = RAIL == 1 ? 2 * INPUTS : INPUTS,
  /// 1: one profile for all neurons, constants in DEVICES; 0: a profile per neuron, rows in IMAGE.
  parameter integer SHARED_PROFILE = 1,
  /// Device r in bits [DEVICE_BITS*r +: DEVICE_BITS].
  parameter [LINES*DEVICE_BITS-1:0] DEVICES = {LINES{{(DEVICE_BITS - 1) {1'b0}}, 1'b1}},
  /// Switches of the network that are built, in the order of pl_as_waksman: those behind which only
  /// slots of device 0 lie may be missing.
  parameter [pl_geometry::network_bits(LINES)-1:0] PRESENT =
      {pl_geometry::network_bits(LINES) {1'b1}},
  /// Memory image of pl_device_rom.
  parameter IMAGE = "",
  /// Bits of an output: 32 in the last layer, else OUT_BITS. Do not overwrite.
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
  localparam integer STAGES = pl_geometry::stages(LINES);
  localparam integer LEVELS = $clog2(LINES);
  localparam integer PASSES = RAIL == 2 ? 2 : 1;
  localparam integer SPLIT = RAIL == 2 ? 1 : 0;
  localparam integer ROWS = CONTEXTS * NEURONS;
  localparam integer NEURON_BITS = pl_geometry::index_bits(NEURONS);
  localparam integer ADDR_BITS = pl_geometry::index_bits(ROWS);
  localparam integer PLANES = SERIAL != 0 ? IN_BITS : 1;
  localparam integer LINE_BITS = SERIAL != 0 ? 1 : IN_BITS;
  localparam integer PRODUCT_BITS = LINE_BITS + DEVICE_BITS;

  generate
    if (LAYER < 0 || INPUTS < 1 || NEURONS < 1 || NEURONS > 65535 || CONTEXTS < 1 || CONTEXTS > 2)
      begin : gen_check
        pl_error_folded_layer_shape_out_of_range i_error ();
      end
    if (ROW_BITS < 128 || (STAGES > 0 && ROW_BITS < 32 * pl_geometry::row_words(LINES, 0)))
      begin : gen_check_row
        pl_error_folded_layer_row_bus_is_too_narrow i_error ();
      end
  endgenerate

  // The output register is taken, or there is nothing in it.
  wire en = !(wr_valid && !wr_ready);
  assign sum_en = en;

  // Rows of the load stream that are meant for this layer; whom a row is for stands on the bus before
  // the row does.
  localparam [15:0] THIS_LAYER = LAYER[15:0];
  logic mine_q;
  always_ff @(posedge clk) mine_q <= row_layer == THIS_LAYER;
  wire row_mine = row_valid && mine_q;

  // Issue. The tag goes along with the item: tap k is the item that was issued k cycles ago.
  wire issue, second_pass, first_plane, last_plane;
  wire [NEURON_BITS-1:0] neuron;
  wire [ADDR_BITS-1:0] addr;  // of the neuron's rows: in_ctx * NEURONS + neuron
  pl_sequencer #(
    .NEURONS(NEURONS), .PASSES(PASSES), .PLANES(PLANES), .CONTEXTS(CONTEXTS)
  ) i_sequencer (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(in_valid), .issue(issue),
    .release_input(in_release), .neuron(neuron), .second_pass(second_pass),
    .first_plane(first_plane), .last_plane(last_plane), .next_plane(in_turn), .in_ctx(in_ctx),
    .addr(addr)
  );

  localparam integer DEPTH = STAGES + LEVELS + 3;
  localparam integer TAG_BITS = 4 + NEURON_BITS + ADDR_BITS;
  localparam integer NEURON_AT = ADDR_BITS;
  localparam integer CTX_AT = ADDR_BITS + NEURON_BITS;
  localparam integer PASS_AT = CTX_AT + 1;
  localparam integer FIRST_AT = CTX_AT + 2;
  localparam integer LAST_AT = CTX_AT + 3;
  wire [DEPTH:0] valid;
  wire [TAG_BITS*(DEPTH+1)-1:0] tag;
  pl_tag_pipeline #(.DEPTH(DEPTH), .WIDTH(TAG_BITS)) i_tags (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(issue),
    .in_tag({last_plane, first_plane, second_pass, in_ctx, neuron, addr}), .valid(valid), .tag(tag)
  );

  // Lines and their network; the memory of stage d is read d cycles after the issue.
  wire [INPUTS*LINE_BITS-1:0] inputs;
  wire [LINES*LINE_BITS-1:0] lines;
  wire [LINES*LINE_BITS-1:0] slots;
  wire [pl_geometry::network_bits(LINES)-1:0] switch_bits;
  genvar d, i;
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
  pl_as_waksman #(.LINES(LINES), .WIDTH(LINE_BITS), .PRESENT(PRESENT)) i_network (
    .clk(clk), .en(en), .bits(switch_bits), .in_data(lines), .out_data(slots)
  );
  generate
    if (STAGES == 0) begin : gen_no_stage
      wire unused_stage = &{1'b0, row_stage};
      assign switch_bits = 1'b0;
    end
    for (d = 0; d < STAGES; d = d + 1) begin : gen_stage
      localparam integer SWITCHES = pl_geometry::switches(LINES, d);
      localparam [7:0] THIS_STAGE = d;
      localparam [143:0] IMAGE_OF_STAGE = BOOT != 0 ? pl_geometry::wiring_image(LAYER, d) : 144'd0;
      logic target_q;
      always_ff @(posedge clk)
        target_q <= row_layer == THIS_LAYER && row_section == 8'd1 && row_stage == THIS_STAGE;
      pl_stage_memory #(
        .WIDTH(SWITCHES), .DEPTH(ROWS),
        .IMAGE(IMAGE_OF_STAGE)
      ) i_memory (
        .clk(clk), .write_en(row_valid && target_q),
        .write_addr(row_addr[ADDR_BITS-1:0]), .write_data(row_data[SWITCHES-1:0]),
        .read_en(en), .read_addr(tag[TAG_BITS*d+:ADDR_BITS]),
        .read_data(switch_bits[pl_geometry::switch_offset(LINES, d)+:SWITCHES])
      );
    end
  endgenerate

  // Devices.
  wire [LINES*PRODUCT_BITS-1:0] products;
  wire bank_pass = tag[TAG_BITS*(STAGES+1)+PASS_AT];
  generate
    if (SHARED_PROFILE != 0) begin : gen_shared
      pl_device_bank #(
        .LINES(LINES), .WIDTH(LINE_BITS), .DEVICE_BITS(DEVICE_BITS), .SPLIT(SPLIT),
        .DEVICES(DEVICES)
      ) i_bank (
        .clk(clk), .en(en), .second_pass(bank_pass), .slots(slots), .products(products)
      );
    end else begin : gen_per_neuron
      wire [LINES*DEVICE_BITS-1:0] devices;
      pl_device_rom #(
        .LINES(LINES), .DEVICE_BITS(DEVICE_BITS), .NEURONS(NEURONS), .IMAGE(IMAGE)
      ) i_rom (
        .clk(clk), .en(en), .neuron(tag[TAG_BITS*STAGES+NEURON_AT+:NEURON_BITS]), .devices(devices)
      );
      pl_multiplier_bank #(
        .LINES(LINES), .WIDTH(LINE_BITS), .DEVICE_BITS(DEVICE_BITS), .SPLIT(SPLIT)
      ) i_bank (
        .clk(clk), .en(en), .second_pass(bank_pass), .devices(devices), .slots(slots),
        .products(products)
      );
    end
  endgenerate

  // Sum over the slots, then over the passes and planes.
  wire [ACC_BITS-1:0] sum;
  wire [ACC_BITS-1:0] acc;
  wire acc_valid;
  wire acc_pass = tag[TAG_BITS*(DEPTH-1)+PASS_AT];
  wire acc_first = tag[TAG_BITS*(DEPTH-1)+FIRST_AT];
  wire acc_last = tag[TAG_BITS*(DEPTH-1)+LAST_AT];
  pl_adder_tree #(.COUNT(LINES), .TERM_BITS(PRODUCT_BITS), .SUM_BITS(ACC_BITS)) i_tree (
    .clk(clk), .en(en), .terms(products), .sum(sum)
  );
  pl_accumulator #(.WIDTH(ACC_BITS), .SERIAL(SERIAL)) i_accumulator (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(valid[DEPTH-1]), .in_first(acc_first && !acc_pass),
    .in_double(!acc_pass), .in_last(acc_last && (PASSES == 1 || acc_pass)), .sum(sum), .out_valid(acc_valid), .acc(acc)
  );

  // The registers of a neuron are read a cycle ahead of its sum.
  assign sum_there = acc_valid;
  pl_layer_output #(
    .NEURONS(NEURONS), .ACC_BITS(ACC_BITS), .OUT_BITS(OUT_BITS), .LAST(LAST), .CONTEXTS(CONTEXTS),
    .ROW_BITS(ROW_BITS), .SKIP_BITS(SKIP_BITS)
  ) i_output (
    .clk(clk), .rst_n(rst_n), .en(en), .row_valid(row_mine), .row_section(row_section),
    .row_addr(row_addr), .row_data(row_data),
    .read_addr(tag[TAG_BITS*(DEPTH-1)+:ADDR_BITS]), .in_valid(acc_valid),
    .in_neuron(tag[TAG_BITS*DEPTH+NEURON_AT+:NEURON_BITS]), .in_ctx(tag[TAG_BITS*DEPTH+CTX_AT]),
    .acc(acc), .skip(skip), .wr_ready(wr_ready), .wr_valid(wr_valid), .wr_last(wr_last), .wr_index(wr_index),
    .wr_ctx(wr_ctx), .wr_data(wr_data), .probe_valid(probe_valid), .probe_index(probe_index),
    .probe_value(probe_value)
  );
endmodule
`default_nettype wire
