// One layer of the engine `serial`: LANES neurons side by side, a live slot of each per cycle; slots
// whose device is 0 take none. rtl/MICROARCHITECTURE.md says cycle by cycle what happens.
//
// Timing: LAT = 9 cycles from the issue of a group's last step to the write of its first neuron, 6 in
// the last layer; max(entries of the group, LANES) cycles a group. While the block behind cannot take
// the output register, the whole layer stands still.
`default_nettype none
module pl_serial_layer #(
  /// Number of the layer on the row bus.
  parameter integer LAYER = 0,
  /// Inputs, and neurons.
  parameter integer INPUTS = 4,
  parameter integer NEURONS = 4,
  /// Neurons side by side: neuron g*LANES + l is that of lane l in group g.
  parameter integer LANES = 1,
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
  /// Groups of neurons. Do not overwrite.
  parameter integer GROUPS = (NEURONS + LANES - 1) / LANES,
  /// 1: one profile for all neurons, constants below; 0: a profile per neuron, rows in IMAGE.
  parameter integer SHARED_PROFILE = 1,
  /// 1: every live device is 1 or -1, and no multiplier is built.
  parameter integer UNIT = 0,
  /// Entries of every group, or with a profile per neuron of group g in COUNTS[16*g +: 16]; the
  /// largest of them, and all of them together.
  parameter [16*(SHARED_PROFILE != 0 ? 1 : GROUPS)-1:0] COUNTS =
      {(SHARED_PROFILE != 0 ? 1 : GROUPS) {16'd3}},
  parameter integer MOST = 3,
  parameter integer ENTRIES = 3 * GROUPS,
  /// Of a shared profile: the live devices in ascending order, device i in bits
  /// [DEVICE_BITS*i +: DEVICE_BITS], and how many of them are negative. With UNIT the second says
  /// everything.
  parameter [(MOST > 0 ? MOST : 1)*DEVICE_BITS-1:0] DEVICES =
      {(MOST > 0 ? MOST : 1) {{(DEVICE_BITS - 1) {1'b0}}, 1'b1}},
  parameter integer NEGATIVES = 0,
  /// Of a profile per neuron: image for pl_device_rom, a row an entry, the devices of the lanes, 0
  /// where a lane has none.
  parameter IMAGE = "",
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
  /// Activation memory: a vector, its context and its bank; one read port of one element a lane.
  input  wire in_valid,
  input  wire in_ctx,
  input  wire in_bank,
  output wire in_advance,
  output wire in_release,
  output wire read_en,
  output wire read_bank,
  output wire [LANES*INPUT_BITS-1:0] read_addr,
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
  localparam integer DEPTH = pl_geometry::max(CONTEXTS * ENTRIES, 1);
  localparam integer ADDR_BITS = pl_geometry::index_bits(DEPTH);
  localparam integer ENTRY_BITS = pl_geometry::index_bits(ENTRIES);
  localparam integer STEP_BITS = pl_geometry::index_bits(pl_geometry::max(MOST, LANES) + 1);
  localparam integer NEURON_BITS = pl_geometry::index_bits(NEURONS);
  localparam integer REGISTER_BITS = pl_geometry::index_bits(CONTEXTS * NEURONS);

  generate
    if (LAYER < 0 || INPUTS < 1 || NEURONS < 1 || NEURONS > 65535 || LANES < 1 || LANES > 255 ||
        CONTEXTS < 1 || CONTEXTS > 2)
      begin : gen_check
        pl_error_serial_layer_shape_out_of_range i_error ();
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
  wire issue, first, last, live;
  wire [STEP_BITS-1:0] step;
  wire [ENTRY_BITS-1:0] entry;
  wire [ADDR_BITS-1:0] addr;
  pl_serial_sequencer #(
    .GROUPS(GROUPS), .LANES(LANES), .SHARED_PROFILE(SHARED_PROFILE), .COUNTS(COUNTS), .MOST(MOST),
    .ENTRIES(ENTRIES), .CONTEXTS(CONTEXTS)
  ) i_sequencer (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(in_valid), .in_ctx(in_ctx), .issue(issue),
    .advance_input(in_advance), .step(step), .first(first), .last(last), .live(live),
    .entry(entry), .addr(addr)
  );
  localparam integer DEPTH_OF_TAGS = 4;
  localparam integer TAG_BITS = 6;
  localparam integer CTX_AT = 0;
  localparam integer FIRST_AT = 1;
  localparam integer LAST_AT = 2;
  localparam integer LIVE_AT = 3;
  localparam integer BANK_AT = 4;
  localparam integer LEAVE_AT = 5;
  wire [DEPTH_OF_TAGS:0] valid;
  wire [TAG_BITS*(DEPTH_OF_TAGS+1)-1:0] tag;
  pl_tag_pipeline #(.DEPTH(DEPTH_OF_TAGS), .WIDTH(TAG_BITS)) i_tags (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(issue),
    .in_tag({in_advance, in_bank, live, last, first, in_ctx}), .valid(valid), .tag(tag)
  );
  wire unused = &{1'b0, valid, tag};

  // The inputs of a step are read a cycle after its entries; the last step then lets the bank go.
  assign read_en = en;
  assign read_bank = tag[TAG_BITS+BANK_AT];
  assign in_release = en && valid[1] && tag[TAG_BITS+LEAVE_AT];

  // The devices of a step come together with its inputs.
  wire [LANES*DEVICE_BITS-1:0] devices;
  generate
    if (SHARED_PROFILE != 0) begin : gen_shared
      wire [DEVICE_BITS-1:0] device;
      assign devices = {LANES{device}};
      wire unused_entry = &{1'b0, entry};
      if (MOST == 0 || (UNIT != 0 && (NEGATIVES == 0 || NEGATIVES == MOST))) begin : gen_constant
        localparam [DEVICE_BITS-1:0] ONE = 1;
        wire unused_step = &{1'b0, step};
        assign device = NEGATIVES == 0 ? ONE : -ONE;
      end else begin : gen_by_step
        logic [STEP_BITS-1:0] step_q;
        always_ff @(posedge clk) if (en) step_q <= step;
        if (UNIT != 0) begin : gen_sign
          localparam [STEP_BITS-1:0] FIRST_POSITIVE = NEGATIVES[STEP_BITS-1:0];
          logic negative_q;
          always_ff @(posedge clk) if (en) negative_q <= step_q < FIRST_POSITIVE;
          assign device = {{(DEVICE_BITS - 1) {negative_q}}, 1'b1};
        end else begin : gen_table
          wire [STEP_BITS:0] index = {1'b0, step_q};
          wire unused_index = &{1'b0, index};
          pl_device_table #(
            .COUNT(MOST), .DEVICE_BITS(DEVICE_BITS), .DEVICES(DEVICES)
          ) i_table (
            .clk(clk), .en(en), .step(index[pl_geometry::index_bits(MOST)-1:0]), .device(device)
          );
        end
      end
    end else begin : gen_per_neuron
      wire unused_step = &{1'b0, step};
      logic [ENTRY_BITS-1:0] entry_q;
      always_ff @(posedge clk) if (en) entry_q <= entry;
      pl_device_rom #(
        .LINES(LANES), .DEVICE_BITS(DEVICE_BITS), .NEURONS(pl_geometry::max(ENTRIES, 1)),
        .IMAGE(IMAGE)
      ) i_rom (
        .clk(clk), .en(en), .neuron(entry_q), .devices(devices)
      );
    end
  endgenerate

  // Lanes.
  wire [LANES-1:0] acc_valid;
  wire [LANES*ACC_BITS-1:0] acc;
  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : gen_lane
      localparam [7:0] THIS_LANE = l;
      localparam [143:0] IMAGE_OF_LANE =
          BOOT != 0 && ENTRIES > 0 ? pl_geometry::wiring_image(LAYER, l) : 144'd0;
      logic target_q;
      always_ff @(posedge clk)
        target_q <= row_layer == THIS_LAYER && row_section == 8'd5 && row_stage == THIS_LANE;
      pl_serial_lane #(
        .INPUTS(INPUTS), .IN_BITS(IN_BITS), .DEVICE_BITS(DEVICE_BITS), .ACC_BITS(ACC_BITS),
        .RAIL(RAIL), .UNIT(UNIT),
        .SIGNED(RAIL != 2 && (SHARED_PROFILE == 0 || NEGATIVES > 0) ? 1 : 0), .DEPTH(DEPTH),
        .IMAGE(IMAGE_OF_LANE)
      ) i_lane (
        .clk(clk), .rst_n(rst_n), .en(en), .write_en(row_valid && target_q),
        .write_addr(row_addr[ADDR_BITS-1:0]), .write_data(row_data[31:0]), .addr(addr),
        .input_number(read_addr[INPUT_BITS*l+:INPUT_BITS]),
        .value(read_data[IN_BITS*l+:IN_BITS]), .device(devices[DEVICE_BITS*l+:DEVICE_BITS]),
        .live(tag[TAG_BITS*2+LIVE_AT]), .sum_valid(valid[3]),
        .sum_first(tag[TAG_BITS*3+FIRST_AT]), .sum_last(tag[TAG_BITS*3+LAST_AT]),
        .acc_valid(acc_valid[l]), .acc(acc[ACC_BITS*l+:ACC_BITS])
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
