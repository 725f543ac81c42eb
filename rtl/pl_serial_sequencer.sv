// Issues a step of a group of neurons per cycle while an input is there: step s of a group works on
// live slot s of each of its neurons.
//
// Timing: `issue`, `advance_input` and the numbers are of this cycle. A group is issued for
// max(entries of the group, LANES) cycles; with the last one of the last group the input is given up.
`default_nettype none
module pl_serial_sequencer #(
  /// Groups of neurons.
  parameter integer GROUPS = 2,
  /// Neurons of a group.
  parameter integer LANES = 1,
  /// 1: every group has COUNTS entries; 0: group g has COUNTS[16*g +: 16].
  parameter integer SHARED_PROFILE = 1,
  parameter [16*(SHARED_PROFILE != 0 ? 1 : GROUPS)-1:0] COUNTS =
      {(SHARED_PROFILE != 0 ? 1 : GROUPS) {16'd3}},
  /// The largest of COUNTS, and the entries of all groups together.
  parameter integer MOST = 3,
  parameter integer ENTRIES = 6,
  /// Configurations held at once, 1 or 2.
  parameter integer CONTEXTS = 2,
  /// Bits of a step, and of the address of an entry. Do not overwrite.
  parameter integer STEP_BITS = pl_geometry::index_bits(pl_geometry::max(MOST, LANES) + 1),
  parameter integer ADDR_BITS = pl_geometry::index_bits(pl_geometry::max(CONTEXTS * ENTRIES, 1))
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  /// An input is there, and its context.
  input  wire in_valid,
  input  wire in_ctx,
  output wire issue,
  output wire advance_input,
  /// The step, whether it is the first or the last one of its group, and whether it has an entry.
  output wire [STEP_BITS-1:0] step,
  output wire first,
  output wire last,
  output wire live,
  /// The step's entry of a context, counted through all groups, and its address: behind the entries
  /// of the contexts before.
  output wire [pl_geometry::index_bits(ENTRIES)-1:0] entry,
  output wire [ADDR_BITS-1:0] addr
);
  localparam integer GROUP_BITS = pl_geometry::index_bits(GROUPS);
  localparam integer ENTRY_BITS = pl_geometry::index_bits(ENTRIES);
  localparam [GROUP_BITS-1:0] LAST_GROUP = GROUPS[GROUP_BITS-1:0] - 1'b1;

  generate
    if (GROUPS < 1 || LANES < 1 || MOST < 0 || ENTRIES < 0 || ENTRIES > 65535 || CONTEXTS < 1 ||
        CONTEXTS > 2)
      begin : gen_check
        pl_error_serial_sequencer_groups_or_entries_out_of_range i_error ();
      end
  endgenerate

  logic [GROUP_BITS-1:0] group_q;
  logic [STEP_BITS-1:0] step_q;
  logic [ENTRY_BITS-1:0] entry_q;

  wire last_group = group_q == LAST_GROUP;
  assign issue = en && in_valid;
  assign advance_input = issue && last && last_group;
  assign step = step_q;
  assign first = step_q == {STEP_BITS{1'b0}};
  assign entry = entry_q;

  wire [GROUP_BITS-1:0] next_group = last_group ? {GROUP_BITS{1'b0}} : group_q + 1'b1;

  always_ff @(posedge clk)
    if (!rst_n) begin
      group_q <= {GROUP_BITS{1'b0}};
      step_q <= {STEP_BITS{1'b0}};
      entry_q <= {ENTRY_BITS{1'b0}};
    end else if (issue) begin
      step_q <= last ? {STEP_BITS{1'b0}} : step_q + 1'b1;
      if (last) group_q <= next_group;
      if (advance_input) entry_q <= {ENTRY_BITS{1'b0}};
      else if (live) entry_q <= entry_q + 1'b1;
    end

  generate
    if (SHARED_PROFILE != 0) begin : gen_constant
      localparam integer WINDOW = pl_geometry::max(MOST, LANES);
      localparam [STEP_BITS-1:0] LAST_STEP = WINDOW[STEP_BITS-1:0] - 1'b1;
      localparam [STEP_BITS-1:0] COUNT = COUNTS[STEP_BITS-1:0];
      assign last = step_q == LAST_STEP;
      if (MOST == 0) begin : gen_none
        assign live = 1'b0;
      end else if (MOST == WINDOW) begin : gen_all
        assign live = 1'b1;
      end else begin : gen_some
        assign live = step_q < COUNT;
      end
    end else begin : gen_table
      // Entries and last step of each group, read a cycle ahead of its first step.
      logic [2*STEP_BITS-1:0] rows[0:GROUPS-1];
      logic [2*STEP_BITS-1:0] row_q;
      integer g;
      initial
        for (g = 0; g < GROUPS; g = g + 1) begin
          rows[g][STEP_BITS-1:0] = COUNTS[16*g+:STEP_BITS];
          rows[g][2*STEP_BITS-1:STEP_BITS] =
              (COUNTS[16*g+:16] > LANES[15:0] ? COUNTS[16*g+:STEP_BITS] : LANES[STEP_BITS-1:0]) -
              1'b1;
        end
      always_ff @(posedge clk)
        row_q <= rows[!rst_n ? {GROUP_BITS{1'b0}} : issue && last ? next_group : group_q];
      assign last = step_q == row_q[2*STEP_BITS-1:STEP_BITS];
      assign live = step_q < row_q[STEP_BITS-1:0];
    end
    if (CONTEXTS == 2 && ENTRIES > 0) begin : gen_addr
      localparam [ADDR_BITS-1:0] STRIDE = ENTRIES[ADDR_BITS-1:0];
      wire [ADDR_BITS-1:0] wide = {{(ADDR_BITS - ENTRY_BITS) {1'b0}}, entry_q};
      assign addr = in_ctx ? wide + STRIDE : wide;
    end else begin : gen_same
      wire unused = &{1'b0, in_ctx};
      assign addr = entry_q;
    end
  endgenerate
endmodule
`default_nettype wire
