// Sum over the passes of a neuron, bit-serial over all planes, the highest first.
//
// Timing: the pass taken in cycle t is in `acc` of cycle t+1; `out_valid` marks whole neurons.
`default_nettype none
module pl_accumulator #(
  /// Bits of the sum (signed); the chip proves that no partial sum overflows.
  parameter integer WIDTH = 16,
  /// 1: `in_double` counts.
  parameter integer SERIAL = 0
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire in_valid,
  /// First pass of a neuron: forget the sum so far.
  input  wire in_first,
  /// First pass of a lower plane: the sum so far weighs twice as much.
  input  wire in_double,
  /// Last pass of a neuron.
  input  wire in_last,
  input  wire [WIDTH-1:0] sum,
  output logic out_valid,
  output logic [WIDTH-1:0] acc
);
  generate
    if (WIDTH < 1) begin : gen_check
      pl_error_accumulator_needs_a_bit i_error ();
    end
  endgenerate

  wire [WIDTH-1:0] so_far;
  generate
    if (SERIAL != 0 && WIDTH > 1) begin : gen_serial
      assign so_far = in_double ? {acc[WIDTH-2:0], 1'b0} : acc;
    end else begin : gen_whole
      wire unused = &{1'b0, in_double};
      assign so_far = acc;
    end
  endgenerate

  always_ff @(posedge clk) begin
    if (en && in_valid) acc <= (in_first ? {WIDTH{1'b0}} : so_far) + sum;
    if (!rst_n) out_valid <= 1'b0;
    else if (en) out_valid <= in_valid && in_last;
  end
endmodule
`default_nettype wire
