// Crossbar: every output takes the input that its selector names. Selectors may repeat a line; only
// a set of different ones is a permutation.
//
// Timing: REGISTER_EVERY cycles, 0 or 1; the selectors of an item are read while it enters.
`default_nettype none
module pl_crossbar #(
  /// Inputs, and outputs; any number from 1.
  parameter integer LINES = 5,
  /// Bits of one line.
  parameter integer WIDTH = 8,
  /// 1: a register on the outputs; 0: purely combinational.
  parameter integer REGISTER_EVERY = 1,
  /// Bits of a selector. Do not overwrite.
  parameter integer INDEX_BITS = pl_geometry::index_bits(LINES)
) (
  input  wire clk,
  /// The output register takes a new item; low: it keeps the old one.
  input  wire en,
  /// Selector r in bits [INDEX_BITS*r +: INDEX_BITS]: the line of output r. From LINES on: zero.
  input  wire [LINES*INDEX_BITS-1:0] bits,
  /// Line q in bits [WIDTH*q +: WIDTH].
  input  wire [LINES*WIDTH-1:0] in_data,
  output wire [LINES*WIDTH-1:0] out_data
);
  generate
    if (LINES < 1 || WIDTH < 1) begin : gen_check
      pl_error_crossbar_needs_a_line_and_a_bit i_error ();
    end
    if (REGISTER_EVERY < 0 || REGISTER_EVERY > 1) begin : gen_check_register
      pl_error_crossbar_has_one_register_or_none i_error ();
    end
  endgenerate

  wire [LINES*WIDTH-1:0] selected;
  genvar r;
  generate
    for (r = 0; r < LINES; r = r + 1) begin : gen_output
      pl_line_select #(.LINES(LINES), .WIDTH(WIDTH)) i_select (
        .index(bits[INDEX_BITS*r+:INDEX_BITS]), .in_data(in_data),
        .out_data(selected[WIDTH*r+:WIDTH])
      );
    end
    if (REGISTER_EVERY == 1) begin : gen_register
      logic [LINES*WIDTH-1:0] out_q;
      always_ff @(posedge clk) if (en) out_q <= selected;
      assign out_data = out_q;
    end else begin : gen_through
      wire unused = &{1'b0, clk, en};
      assign out_data = selected;
    end
  endgenerate
endmodule
`default_nettype wire
