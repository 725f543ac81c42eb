// One layer of the engine `level`: all neurons at once, LANES inputs per cycle, no switch network.
// rtl/MICROARCHITECTURE.md says cycle by cycle what happens.
//
// Timing: LAT = T + 8 cycles from the issue of the last step to the write of neuron 0, T + 5 in the
// last layer, with T = ceil(log2 LANES); max(steps, NEURONS) cycles an input. While the block behind
// cannot take the output register, the whole layer stands still.
`default_nettype none
module pl_level_layer #(
  /// Number of the layer on the row bus.
  parameter integer LAYER = 0,
  /// Inputs, and neurons.
  parameter integer INPUTS = 4,
  parameter integer NEURONS = 4,
  /// Inputs of a cycle.
  parameter integer LANES = 2,
  /// 0 single, 1 dual, 2 split (pl_line_register).
  parameter integer RAIL = 0,
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
  /// 1: the levels of one neuron are those of all.
  parameter integer SHARED_PROFILE = 1,
  /// 1: every device is -1, 0 or 1, and no multiplier is built.
  parameter integer UNIT = 0,
  /// Bits that name a level.
  parameter integer LEVEL_BITS = 1,
  /// Device of level v of neuron j in bits [DEVICE_BITS*(j*2^LEVEL_BITS + v) +: DEVICE_BITS].
  parameter [(SHARED_PROFILE != 0 ? 1 : NEURONS)*(1<<LEVEL_BITS)*DEVICE_BITS-1:0] LEVELS =
      {(SHARED_PROFILE != 0 ? 1 : NEURONS) {
          {(((1 << LEVEL_BITS) - 1) * DEVICE_BITS - 1) {1'b0}}, 1'b1, {DEVICE_BITS{1'b0}}}},
  /// Words of LANES inputs, bits of their number; bits of an output: 32 in the last layer, else
  /// OUT_BITS. Do not overwrite.
  parameter integer WORDS = (INPUTS + LANES - 1) / LANES,
  parameter integer WORD_BITS = pl_geometry::index_bits(WORDS),
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
  /// Activation memory: a vector, its context and its bank; one read port of LANES elements.
  input  wire in_valid,
  input  wire in_ctx,
  input  wire in_bank,
  output wire in_advance,
  output wire in_release,
  output wire read_en,
  output wire read_bank,
  output wire [WORD_BITS-1:0] read_addr,
  input  wire [LANES*IN_BITS-1:0] read_data,
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
  localparam integer STEPS = RAIL == 1 ? 2 * WORDS : WORDS;
  localparam integer DEPTH = CONTEXTS * STEPS;
  localparam integer ADDR_BITS = pl_geometry::index_bits(DEPTH);
  localparam integer TREE_LEVELS = $clog2(LANES);
  localparam integer TAIL = INPUTS - (WORDS - 1) * LANES;  // inputs of the last word
  localparam integer LEVELS_BITS = (1 << LEVEL_BITS) * DEVICE_BITS;
  localparam integer NEURON_BITS = pl_geometry::index_bits(NEURONS);
  localparam integer REGISTER_BITS = pl_geometry::index_bits(CONTEXTS * NEURONS);

  generate
    if (LAYER < 0 || INPUTS < 1 || NEURONS < 1 || NEURONS > 256 || LANES < 1 || CONTEXTS < 1 ||
        CONTEXTS > 2)
      begin : gen_check
        pl_error_level_layer_shape_out_of_range i_error ();
      end
    if (ROW_BITS < LANES * LEVEL_BITS) begin : gen_check_row
      pl_error_level_layer_row_bus_is_too_narrow i_error ();
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

  // Issue. The tag goes along with the step: tap k is the step that was issued k cycles ago.
  wire issue, first, last, live, last_word, complement;
  wire [ADDR_BITS-1:0] addr;
  pl_level_sequencer #(
    .WORDS(WORDS), .DUAL(RAIL == 1 ? 1 : 0), .NEURONS(NEURONS), .CONTEXTS(CONTEXTS)
  ) i_sequencer (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(in_valid), .in_ctx(in_ctx), .issue(issue),
    .release_input(in_release), .first(first), .last(last), .live(live), .word(read_addr),
    .last_word(last_word), .complement(complement), .addr(addr)
  );
  assign in_advance = in_release;
  assign read_en = en;
  assign read_bank = in_bank;

  localparam integer DEPTH_OF_TAGS = TREE_LEVELS + 3;
  localparam integer TAG_BITS = 6;
  localparam integer CTX_AT = 0;
  localparam integer FIRST_AT = 1;
  localparam integer LAST_AT = 2;
  localparam integer LIVE_AT = 3;
  localparam integer LAST_WORD_AT = 4;
  localparam integer COMPLEMENT_AT = 5;
  wire [DEPTH_OF_TAGS:0] valid;
  wire [TAG_BITS*(DEPTH_OF_TAGS+1)-1:0] tag;
  pl_tag_pipeline #(.DEPTH(DEPTH_OF_TAGS), .WIDTH(TAG_BITS)) i_tags (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(issue),
    .in_tag({complement, last_word, live, last, first, in_ctx}), .valid(valid), .tag(tag)
  );
  wire unused = &{1'b0, valid, tag, row_addr};

  // The inputs of a step, together with its levels.
  wire [LANES*IN_BITS-1:0] values = tag[TAG_BITS+COMPLEMENT_AT] ? ~read_data : read_data;
  wire [LANES-1:0] values_live;
  genvar p, j;
  generate
    for (p = 0; p < LANES; p = p + 1) begin : gen_live
      if (p < TAIL) begin : gen_always
        assign values_live[p] = tag[TAG_BITS+LIVE_AT];
      end else begin : gen_not_in_the_last
        assign values_live[p] = tag[TAG_BITS+LIVE_AT] && !tag[TAG_BITS+LAST_WORD_AT];
      end
    end
  endgenerate

  // Neurons.
  localparam integer SUM_AT = TREE_LEVELS + 2;
  wire [NEURONS-1:0] acc_valid;
  wire [NEURONS*ACC_BITS-1:0] acc;
  generate
    for (j = 0; j < NEURONS; j = j + 1) begin : gen_neuron
      localparam [7:0] THIS_NEURON = j;
      localparam [143:0] IMAGE_OF_NEURON =
          BOOT != 0 ? pl_geometry::wiring_image(LAYER, j) : 144'd0;
      logic target_q;
      always_ff @(posedge clk)
        target_q <= row_layer == THIS_LAYER && row_section == 8'd6 && row_stage == THIS_NEURON;
      pl_level_neuron #(
        .LANES(LANES), .IN_BITS(IN_BITS), .DEVICE_BITS(DEVICE_BITS), .ACC_BITS(ACC_BITS),
        .SPLIT(RAIL == 2 ? 1 : 0), .UNIT(UNIT), .LEVEL_BITS(LEVEL_BITS),
        .LEVELS(LEVELS[(SHARED_PROFILE != 0 ? 0 : j)*LEVELS_BITS+:LEVELS_BITS]), .DEPTH(DEPTH),
        .IMAGE(IMAGE_OF_NEURON)
      ) i_neuron (
        .clk(clk), .rst_n(rst_n), .en(en), .write_en(row_valid && target_q),
        .write_addr(row_addr[ADDR_BITS-1:0]), .write_data(row_data[LANES*LEVEL_BITS-1:0]),
        .addr(addr), .values(values), .live(values_live), .sum_valid(valid[SUM_AT]),
        .sum_first(tag[TAG_BITS*SUM_AT+FIRST_AT]), .sum_last(tag[TAG_BITS*SUM_AT+LAST_AT]),
        .acc_valid(acc_valid[j]), .acc(acc[ACC_BITS*j+:ACC_BITS])
      );
    end
  endgenerate
  wire unused_valid = &{1'b0, acc_valid};

  // The sums of all neurons, one after the other.
  wire sum_valid, sum_ctx;
  wire [NEURON_BITS-1:0] sum_neuron;
  wire [ACC_BITS-1:0] sum;
  wire [REGISTER_BITS-1:0] register_addr;
  pl_collector #(
    .LANES(NEURONS), .WIDTH(ACC_BITS), .NEURONS(NEURONS), .CONTEXTS(CONTEXTS)
  ) i_collector (
    .clk(clk), .rst_n(rst_n), .en(en), .take(acc_valid[0]),
    .take_ctx(tag[TAG_BITS*DEPTH_OF_TAGS+CTX_AT]), .sums(acc), .register_addr(register_addr),
    .out_valid(sum_valid), .out_neuron(sum_neuron), .out_ctx(sum_ctx), .out_sum(sum)
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
