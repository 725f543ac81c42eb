// Memory with one write port and one registered read port.
//
// Timing: `read_data` of cycle t+1 is the row addressed in cycle t (if `read_en`). What is read of a
// row in the cycle in which it is written is undefined: nobody uses it (the loader writes contexts
// that are not running).
`default_nettype none
module pl_stage_memory #(
  /// Bits of one row.
  parameter integer WIDTH = 8,
  /// Rows.
  parameter integer DEPTH = 4,
  /// What the memory holds when the power comes on, a $readmemh image of DEPTH rows,
  /// rounded up to a multiple of 256; "": nothing in particular.
  parameter IMAGE = "",
  /// 1: without an image every row holds 0 when the power comes on.
  parameter integer CLEAR = 0
) (
  input  wire clk,
  input  wire write_en,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] write_addr,
  input  wire [WIDTH-1:0] write_data,
  /// The read register takes a new row; low: it keeps the old one.
  input  wire read_en,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] read_addr,
  output logic [WIDTH-1:0] read_data
);
  generate
    if (WIDTH < 1 || DEPTH < 1) begin : gen_check
      pl_error_stage_memory_needs_a_bit_and_a_row i_error ();
    end
  endgenerate

  // With an image as deep as whole block RAMs, so that a tool that exchanges the contents of block
  // RAMs finds all of it.
  localparam integer STORED = IMAGE != "" ? 256 * ((DEPTH + 255) / 256) : DEPTH;
  (* no_rw_check *) logic [WIDTH-1:0] rows[0:STORED-1];
  generate
    if (IMAGE != "") begin : gen_image
      initial $readmemh(IMAGE, rows);
    end else if (CLEAR != 0) begin : gen_clear
      integer row;
      initial
        for (row = 0; row < STORED; row = row + 1) rows[row] = {WIDTH{1'b0}};
    end
  endgenerate

  localparam integer ADDR_BITS = pl_geometry::index_bits(DEPTH);
  localparam integer STORED_BITS = pl_geometry::index_bits(STORED);
  wire [31:0] write_row = {{(32 - ADDR_BITS) {1'b0}}, write_addr};
  wire [31:0] read_row = {{(32 - ADDR_BITS) {1'b0}}, read_addr};
  always_ff @(posedge clk) if (write_en) rows[write_row[STORED_BITS-1:0]] <= write_data;
  always_ff @(posedge clk) if (read_en) read_data <= rows[read_row[STORED_BITS-1:0]];
  wire unused = &{1'b0, write_row, read_row};
endmodule
`default_nettype wire
