// Codes of wiring to entries of a layer of engine `serial`: a decoder, and behind it the walk over a
// neuron's live slots that writes what they are wired to into the memories of the lanes.
//
// Timing: with words always there `done` rises D + c cycles after `start` for a neuron of c live
// slots, D those of the decoder (pl_factorial_decoder, pl_level_map_decoder); in error D cycles.
// Entries are written one a cycle, the last of them in the cycle of `done`.
`default_nettype none
module pl_code_decoder #(
  /// 1 factorial-stream, 2 level-map.
  parameter integer KIND = 1,
  /// Inputs of the layer; with DUAL = 1 the lines are twice as many.
  parameter integer INPUTS = 5,
  parameter integer DUAL = 0,
  /// Neurons of the layer; entries of a lane, of one context.
  parameter integer NEURONS = 2,
  parameter integer ENTRIES = 10,
  /// Of each neuron, 64 bits: in bits 15:0 its first entry, 31:16 its lane, 47:32 how many devices
  /// are negative, 63:48 how many are 0. Negative ones come first, then those of 0.
  parameter [64*NEURONS-1:0] PLACES = {NEURONS{64'd0}},
  /// Of level-map: classes, and the first slot of each, 16 bits.
  parameter integer CLASSES = 2,
  parameter [16*CLASSES-1:0] STARTS = {16'd2, 16'd0}
) (
  input  wire clk,
  input  wire rst_n,
  /// The first word of a code is there; one that was not complete is forgotten. No word is taken.
  input  wire start,
  /// Words of the code; one that is offered stays until it is taken. `in_last`: it is the last one.
  input  wire in_valid,
  input  wire [31:0] in_data,
  input  wire in_last,
  output wire in_ready,
  /// Neuron and context of the code, from the cycle behind its last word on.
  input  wire [15:0] neuron,
  input  wire context_1,
  /// The code is done with: one cycle, with the error of the code.
  output wire done,
  output wire error,
  /// An entry for the memory of a lane; the lane stands since two cycles before the first one.
  output wire write_valid,
  output wire [7:0] write_lane,
  output wire [31:0] write_addr,
  output wire [31:0] write_data
);
  localparam integer LINES = DUAL != 0 ? 2 * INPUTS : INPUTS;
  localparam integer INDEX_BITS = pl_geometry::index_bits(LINES);
  localparam integer COUNT_BITS = $clog2(LINES + 1);
  localparam integer CODE_BITS =
      KIND == 1 ? pl_geometry::factorial_bits(LINES) : LINES * $clog2(CLASSES);
  localparam integer FILL_BITS = (32 - CODE_BITS % 32) % 32;

  generate
    if (KIND < 1 || KIND > 2 || INPUTS < 1 || LINES > 65535 || NEURONS < 1 || CODE_BITS < 1)
      begin : gen_check
        pl_error_code_decoder_parameters i_error ();
      end
  endgenerate

  // STARTS as wide as the decoder has them.
  function automatic [CLASSES*COUNT_BITS-1:0] first_slots(input integer classes);
    integer c;
    for (c = 0; c < classes; c = c + 1)
      first_slots[c*COUNT_BITS+:COUNT_BITS] = STARTS[16*c+:COUNT_BITS];
  endfunction

  wire decoded, wrong, taken;
  wire [INDEX_BITS-1:0] slot;
  wire [INDEX_BITS-1:0] line;
  assign in_ready = taken && !start;
  generate
    if (KIND == 1) begin : gen_factorial
      wire busy;
      wire unused = &{1'b0, busy, STARTS};
      pl_factorial_decoder #(.LINES(LINES)) i_decoder (
        .clk(clk), .rst_n(rst_n), .start(start), .in_valid(in_valid), .in_data(in_data),
        .in_ready(taken), .busy(busy), .done(decoded), .error(wrong), .read_addr(slot),
        .read_data(line)
      );
    end else begin : gen_level_map
      localparam [CLASSES*COUNT_BITS-1:0] FIRST_SLOTS = first_slots(CLASSES);
      wire busy;
      wire unused = &{1'b0, busy};
      pl_level_map_decoder #(
        .LINES(LINES), .CLASSES(CLASSES), .STARTS(FIRST_SLOTS)
      ) i_decoder (
        .clk(clk), .rst_n(rst_n), .start(start), .in_valid(in_valid), .in_data(in_data),
        .in_ready(taken), .busy(busy), .done(decoded), .error(wrong), .read_addr(slot),
        .read_data(line)
      );
    end
  endgenerate

  // Bits behind the code.
  logic filled_q;
  generate
    if (FILL_BITS > 0) begin : gen_fill
      wire filled = in_valid && in_ready && in_last && in_data[31-:FILL_BITS] != {FILL_BITS{1'b0}};
      always_ff @(posedge clk) filled_q <= !start && (filled || filled_q);
    end else begin : gen_full
      wire unused_last = &{1'b0, in_last};
      always_ff @(posedge clk) filled_q <= 1'b0;
    end
  endgenerate

  // What is known of the neuron.
  logic [63:0] place_q;
  wire [31:0] number = {16'd0, neuron};
  always_ff @(posedge clk) place_q <= PLACES[64*number+:64];
  wire [15:0] first_entry = place_q[15:0];
  wire [COUNT_BITS-1:0] negatives = place_q[32+:COUNT_BITS];
  wire [COUNT_BITS-1:0] zeros = place_q[48+:COUNT_BITS];
  localparam [COUNT_BITS-1:0] ALL_SLOTS = LINES[COUNT_BITS-1:0];
  localparam [31:0] ROWS_OF_CONTEXT = ENTRIES;

  // The walk over the live slots. `active_q`: from start on.
  logic active_q, write_q;
  logic [COUNT_BITS-1:0] slot_q;
  logic [COUNT_BITS-1:0] left_q;
  logic [31:0] entry_q;
  wire walks = active_q && decoded;
  wire read = walks && !error && left_q != {COUNT_BITS{1'b0}};
  wire [COUNT_BITS-1:0] next_slot = slot_q + 1'b1;
  assign slot = slot_q[INDEX_BITS-1:0];
  assign error = wrong || filled_q;
  assign done = walks && !read;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      active_q <= 1'b0;
      write_q <= 1'b0;
    end else begin
      active_q <= start || (active_q && !done);
      write_q <= read;
    end
    if (!walks) begin
      slot_q <= negatives == {COUNT_BITS{1'b0}} ? zeros : {COUNT_BITS{1'b0}};
      left_q <= ALL_SLOTS - zeros;
      entry_q <= {16'd0, first_entry} + (context_1 ? ROWS_OF_CONTEXT : 32'd0);
    end else begin
      if (read) begin
        slot_q <= next_slot == negatives ? next_slot + zeros : next_slot;
        left_q <= left_q - 1'b1;
      end
      if (write_q) entry_q <= entry_q + 32'd1;
    end
  end

  assign write_valid = write_q;
  assign write_lane = place_q[23:16];
  assign write_addr = entry_q;
  wire unused = &{1'b0, place_q, slot_q};
  generate
    if (DUAL != 0) begin : gen_dual
      localparam [INDEX_BITS-1:0] FIRST_COMPLEMENT = INPUTS[INDEX_BITS-1:0];
      wire complement = line >= FIRST_COMPLEMENT;
      wire [INDEX_BITS-1:0] input_number = complement ? line - FIRST_COMPLEMENT : line;
      assign write_data = {complement, {(31 - INDEX_BITS) {1'b0}}, input_number};
    end else begin : gen_single
      assign write_data = {{(32 - INDEX_BITS) {1'b0}}, line};
    end
  endgenerate
endmodule
`default_nettype wire
