// Loads the rows of vectors.hex into pl_index_memory one after the other and sends two items back to
// back through each. A row of vectors.hex is {source of every slot}; line q of the first item
// carries q, of the second the complement. In random cycles the pipeline stops or a row of the
// memory is loaded again; without these (STALL = 0) the cycle of every row is checked.
`timescale 1ns / 1ps
`default_nettype none
module index_memory_tb;
  parameter integer LINES = 5;
  parameter integer WIDTH = 8;
  parameter integer LANES = 2;
  parameter integer ITEMS = 1;
  parameter integer STALL = 0;
  localparam integer INDEX_BITS = pl_geometry::index_bits(LINES);
  localparam integer ROWS = (LINES + LANES - 1) / LANES;
  localparam integer ROW_BITS = pl_geometry::index_bits(ROWS);

  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0;
  reg en = 1'b1;
  reg load_en = 1'b0;
  reg [ROW_BITS-1:0] load_row = 0;
  reg in_valid = 1'b0;
  reg second = 1'b0;
  reg [LINES*INDEX_BITS-1:0] rows[0:ITEMS-1];
  reg [LANES*ROWS*INDEX_BITS-1:0] wiring = 0;
  reg [LINES*WIDTH-1:0] lines;
  wire in_release, out_valid;
  wire [ROW_BITS-1:0] out_row;
  wire [LANES*WIDTH-1:0] out_data;
  integer item, q, k, cycles, expected_row, slot, got;
  integer errors = 0;

  pl_index_memory #(.LINES(LINES), .WIDTH(WIDTH), .LANES(LANES)) dut (
    .clk(clk), .rst_n(rst_n), .en(en), .load_en(load_en), .load_row(load_row),
    .load_data(wiring[LANES*INDEX_BITS*load_row+:LANES*INDEX_BITS]), .in_valid(in_valid),
    .in_data(second ? ~lines : lines), .in_release(in_release), .out_valid(out_valid),
    .out_row(out_row), .out_data(out_data)
  );

  task check(input integer row, input second_item);
    reg [WIDTH-1:0] line;
    begin
      if (out_row !== row) errors = errors + 1;
      for (k = 0; k < LANES; k = k + 1) begin
        slot = LANES * row + k;
        if (slot < LINES) begin
          line = wiring[INDEX_BITS*slot+:INDEX_BITS];
          if (out_data[WIDTH*k+:WIDTH] !== (second_item ? ~line : line)) errors = errors + 1;
        end
      end
    end
  endtask

  always @(posedge clk)
    if (in_release) begin
      second <= 1'b1;
      if (second) in_valid <= 1'b0;
    end

  initial begin
    $readmemh("vectors.hex", rows);
    for (q = 0; q < LINES; q = q + 1) lines[WIDTH*q+:WIDTH] = q;
    @(negedge clk);
    rst_n = 1'b1;
    for (item = 0; item < ITEMS; item = item + 1) begin
      wiring = rows[item];
      for (q = 0; q < ROWS; q = q + 1) begin
        load_en = 1'b1;
        load_row = q;
        @(negedge clk);
      end
      load_en = 1'b0;
      // The cycle after a load is lost to the item that is already there.
      in_valid = 1'b1;
      second = 1'b0;
      cycles = 0;
      got = 0;
      while (got < 2 * ROWS) begin
        if (STALL != 0) begin
          en = $random % 4 != 0;
          load_en = $random % 8 == 0;
          load_row = {$random} % ROWS;
        end
        @(negedge clk);
        cycles = cycles + 1;
        if (en && out_valid) begin
          check(got % ROWS, got >= ROWS);
          got = got + 1;
          if (STALL == 0 && cycles != got + 1) errors = errors + 1;
        end
      end
      en = 1'b1;
      load_en = 1'b0;
    end
    if (errors == 0) $display("PASS %0d", ITEMS);
    else $display("FAIL %0d of %0d", errors, ITEMS);
    $finish;
  end
endmodule
`default_nettype wire
