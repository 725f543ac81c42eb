// Memory whose rows are written in parts and read whole: one write port with an enable for each
// part, one registered read port.
//
// Timing: `read_data` of cycle t+1 is the row addressed in cycle t (if `read_en`). What is read of a
// row in the cycle in which it is written is undefined, as in pl_stage_memory.
`default_nettype none
module pl_part_memory #(
  /// Bits of one part, and parts of one row.
  parameter integer PART_BITS = 8,
  parameter integer PARTS = 2,
  /// Rows.
  parameter integer DEPTH = 4
) (
  input  wire clk,
  /// Part p is written where bit p is set.
  input  wire [PARTS-1:0] write_en,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] write_addr,
  /// Part p in bits [PART_BITS*p +: PART_BITS].
  input  wire [PARTS*PART_BITS-1:0] write_data,
  /// The read register takes a new row; low: it keeps the old one.
  input  wire read_en,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] read_addr,
  output logic [PARTS*PART_BITS-1:0] read_data
);
  generate
    if (PART_BITS < 1 || PARTS < 1 || DEPTH < 1) begin : gen_check
      pl_error_part_memory_needs_a_bit_a_part_and_a_row i_error ();
    end
  endgenerate

  (* no_rw_check *) logic [PARTS*PART_BITS-1:0] rows[0:DEPTH-1];

  integer p;
  always_ff @(posedge clk)
    for (p = 0; p < PARTS; p = p + 1)
      if (write_en[p])
        rows[write_addr][PART_BITS*p+:PART_BITS] <= write_data[PART_BITS*p+:PART_BITS];
  always_ff @(posedge clk) if (read_en) read_data <= rows[read_addr];
endmodule
`default_nettype wire
