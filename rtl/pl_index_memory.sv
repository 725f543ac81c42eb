// Index memory: a wiring as a plain list of line numbers, read LANES slots a cycle. The smallest
// circuit, and the slowest: it trades the switches of a network for cycles.
//
//   source = {2, 0, 3, 1}, LANES = 2     row 0: lines 2, 0 -> slots 0, 1
//                                        row 1: lines 3, 1 -> slots 2, 3
//
// Timing: ROWS = ceil(n / LANES) cycles an item, items back to back. Row k of an item is at the
// output k + 1 cycles after the item was first there; `in_release` is high in its last cycle. The
// memory is read a row ahead: a cycle in which a row is loaded and the one after it are lost to the
// items, nothing else is.
`default_nettype none
module pl_index_memory #(
  /// Lines, and slots; any number from 1.
  parameter integer LINES = 5,
  /// Bits of one line.
  parameter integer WIDTH = 8,
  /// Slots read in a cycle, 1..LINES.
  parameter integer LANES = 2,
  /// Rows of the memory. Do not overwrite.
  parameter integer ROWS = (LINES + LANES - 1) / LANES,
  /// Bits of a line number, and of a row number. Do not overwrite.
  parameter integer INDEX_BITS = pl_geometry::index_bits(LINES),
  parameter integer ROW_BITS = pl_geometry::index_bits(ROWS)
) (
  input  wire clk,
  input  wire rst_n,
  /// Items move on; low: the output keeps its value.
  input  wire en,
  /// Loads row `load_row`: the line of slot LANES*row + k in bits [INDEX_BITS*k +: INDEX_BITS].
  input  wire load_en,
  input  wire [ROW_BITS-1:0] load_row,
  input  wire [LANES*INDEX_BITS-1:0] load_data,
  /// The item, held until `in_release`: line q in bits [WIDTH*q +: WIDTH].
  input  wire in_valid,
  input  wire [LINES*WIDTH-1:0] in_data,
  output wire in_release,
  /// Slots LANES*out_row + k in bits [WIDTH*k +: WIDTH]. In the last row, lanes behind slot
  /// LINES-1 show the line that their part of the row names; from LINES on: zero.
  output logic out_valid,
  output logic [ROW_BITS-1:0] out_row,
  output logic [LANES*WIDTH-1:0] out_data
);
  localparam [ROW_BITS-1:0] LAST_ROW = ROWS[ROW_BITS-1:0] - 1'b1;

  generate
    if (LINES < 1 || WIDTH < 1) begin : gen_check
      pl_error_index_memory_needs_a_line_and_a_bit i_error ();
    end
    if (LANES < 1 || LANES > LINES) begin : gen_check_lanes
      pl_error_index_memory_lanes_out_of_range i_error ();
    end
  endgenerate

  logic [ROW_BITS-1:0] row_q;  // the row that the memory shows
  logic stale_q;               // it shows what it held before a load
  wire step = en && in_valid && !load_en && !stale_q;
  wire last = row_q == LAST_ROW;
  wire [ROW_BITS-1:0] next_row = !step ? row_q : last ? {ROW_BITS{1'b0}} : row_q + 1'b1;
  assign in_release = step && last;
  always_ff @(posedge clk) begin
    row_q <= rst_n ? next_row : {ROW_BITS{1'b0}};
    stale_q <= load_en || !rst_n;
  end

  wire [LANES*INDEX_BITS-1:0] indices;
  pl_stage_memory #(.WIDTH(LANES * INDEX_BITS), .DEPTH(ROWS)) i_memory (
    .clk(clk), .write_en(load_en), .write_addr(load_row), .write_data(load_data),
    .read_en(!load_en), .read_addr(next_row), .read_data(indices)
  );

  always_ff @(posedge clk)
    if (!rst_n) out_valid <= 1'b0;
    else if (en) out_valid <= step;
  always_ff @(posedge clk) if (en) out_row <= row_q;
  genvar k;
  generate
    for (k = 0; k < LANES; k = k + 1) begin : gen_lane
      wire [WIDTH-1:0] line;
      pl_line_select #(.LINES(LINES), .WIDTH(WIDTH)) i_select (
        .index(indices[INDEX_BITS*k+:INDEX_BITS]), .in_data(in_data), .out_data(line)
      );
      always_ff @(posedge clk) if (en) out_data[WIDTH*k+:WIDTH] <= line;
    end
  endgenerate
endmodule
`default_nettype wire
