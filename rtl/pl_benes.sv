// Benes network of any width: line r of the output is line source[r] of the input, for any source:
// the network of the next power of two without the switches that touch lines from n on.
// compiler/perm/benes.h has the geometry, compiler/perm the router.
//
//   n = 5     stage 0 (0,1) (2,3)   stage 1 (0,2) (1,3)   stage 2 (0,4)   stage 3 (0,2) (1,3)
//             stage 4 (0,1) (2,3)
//
// pl_as_waksman leaves out those of its second half that can always stay straight, here (1,3).
//
// Timing: D = 2*ceil(log2 n) - 1 stages (a wire for one line), ceil(D / REGISTER_EVERY) cycles, an
// item a cycle. Stage d works on the bits that its part of `bits` shows floor(d / REGISTER_EVERY)
// cycles after the item entered; new bits may come with every item.
`default_nettype none
module pl_benes #(
  /// Lines of the network, any number from 1.
  parameter integer LINES = 5,
  /// Bits of one line.
  parameter integer WIDTH = 8,
  /// A register after every so many stages and after the last; 0: purely combinational.
  parameter integer REGISTER_EVERY = 1,
  /// Switches that are built, in the order of `bits`: the lines of the others pass straight, their
  /// bits are ignored. For banks with slots that nobody reads.
  parameter [pl_geometry::circuit_bits(pl_geometry::BENES, LINES)-1:0] PRESENT =
      {pl_geometry::circuit_bits(pl_geometry::BENES, LINES) {1'b1}}
) (
  input  wire clk,
  /// Every stage moves on; low: every register keeps its value.
  input  wire en,
  /// The bits of all stages end to end, stage 0 lowest: stage d starts at
  /// pl_geometry::circuit_offset(pl_geometry::BENES, LINES, d). Bit i of a stage belongs to its
  /// switch i: 0 straight, 1 crossed.
  input  wire [pl_geometry::circuit_bits(pl_geometry::BENES, LINES)-1:0] bits,
  /// Line q in bits [WIDTH*q +: WIDTH].
  input  wire [LINES*WIDTH-1:0] in_data,
  output wire [LINES*WIDTH-1:0] out_data
);
  wire [pl_geometry::circuit_bits(pl_geometry::BENES, LINES)-1:0] latched;
  wire unused = &{1'b0, latched};
  pl_exchange_network #(
    .CIRCUIT(pl_geometry::BENES), .LINES(LINES), .WIDTH(WIDTH),
    .REGISTER_EVERY(REGISTER_EVERY), .PRESENT(PRESENT)
  ) i_network (
    .clk(clk), .en(en), .set_up(1'b0), .bits(bits), .latched(latched), .in_data(in_data),
    .out_data(out_data)
  );
endmodule
`default_nettype wire
