// Bitonic sorting network of any width that sets itself: no router needed (Batcher, 1968;
// compiler/perm/bitonic.cpp has the same comparators, all with the smaller key to the low line).
//
//   n = 4     0 -o--o-----o-     To wire line i to slot k, send k on line i while `set_up` is high.
//             1 -o--|--o--o-     A comparator that finds the larger key on its low line crosses and
//             2 -o--|--o--o-     remembers it; the items behind go the way that their key went.
//             3 -o--o-----o-
//
// Timing: D = L(L+1)/2 stages, L = ceil(log2 n) (a wire for one line), ceil(D / REGISTER_EVERY)
// cycles, an item a cycle, keys or data: the keys may be followed by the first data in the next
// cycle, and by other keys at any time. Bit i of stage d of `latched` is there after the item of
// keys has been in front of it: floor(d / REGISTER_EVERY) + 1 cycles after the keys entered.
`default_nettype none
module pl_bitonic #(
  /// Lines of the network, any number from 1.
  parameter integer LINES = 5,
  /// Bits of one line: at least the ceil(log2 n) bits of a key.
  parameter integer WIDTH = 8,
  /// A register after every so many stages and after the last; 0: data pass in no time, the bits
  /// are latched at the end of the cycle.
  parameter integer REGISTER_EVERY = 1
) (
  input  wire clk,
  /// Every stage moves on; low: every register keeps its value.
  input  wire en,
  /// The item that enters holds keys: line i, in its lowest ceil(log2 n) bits, the number of the
  /// slot that it goes to, each slot once. It comes out sorted, slot r with key r.
  input  wire set_up,
  /// Line q in bits [WIDTH*q +: WIDTH].
  input  wire [LINES*WIDTH-1:0] in_data,
  output wire [LINES*WIDTH-1:0] out_data,
  /// The latched bits of all stages end to end, stage 0 lowest: stage d starts at
  /// pl_geometry::circuit_offset(pl_geometry::BITONIC, LINES, d), bit i belongs to its switch i.
  output wire [pl_geometry::circuit_bits(pl_geometry::BITONIC, LINES)-1:0] latched
);
  localparam integer BITS = pl_geometry::circuit_bits(pl_geometry::BITONIC, LINES);
  pl_exchange_network #(
    .CIRCUIT(pl_geometry::BITONIC), .LINES(LINES), .WIDTH(WIDTH), .REGISTER_EVERY(REGISTER_EVERY)
  ) i_network (
    .clk(clk), .en(en), .set_up(set_up), .bits({BITS{1'b0}}), .latched(latched),
    .in_data(in_data), .out_data(out_data)
  );
endmodule
`default_nettype wire
