// One line of many: a multiplexer with a line number as its select.
//
// Timing: combinational.
`default_nettype none
module pl_line_select #(
  /// Lines to choose from, any number from 1.
  parameter integer LINES = 5,
  /// Bits of one line.
  parameter integer WIDTH = 8
) (
  /// Number of the line; from LINES on the output is zero.
  input  wire [pl_geometry::index_bits(LINES)-1:0] index,
  /// Line q in bits [WIDTH*q +: WIDTH].
  input  wire [LINES*WIDTH-1:0] in_data,
  output wire [WIDTH-1:0] out_data
);
  localparam integer INDEX_BITS = pl_geometry::index_bits(LINES);
  localparam integer PLACES = 1 << INDEX_BITS;

  generate
    if (LINES < 1 || WIDTH < 1) begin : gen_check
      pl_error_line_select_needs_a_line_and_a_bit i_error ();
    end
  endgenerate

  wire [PLACES*WIDTH-1:0] padded;
  generate
    if (PLACES == LINES) begin : gen_full
      assign padded = in_data;
    end else begin : gen_padded
      assign padded = {{((PLACES - LINES) * WIDTH) {1'b0}}, in_data};
    end
  endgenerate
  assign out_data = padded[WIDTH*index+:WIDTH];
endmodule
`default_nettype wire
