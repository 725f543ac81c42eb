// Sends the codes of codes.hex (32-bit words, one code after the other) through a decoder and
// compares with rows.hex: a row is {the code is malformed, p[n-1], ..., p[0]}. A decoder that took a
// word too many or too few would read the next code wrong. Words come in random cycles; without gaps
// (STALL = 0) `done` must rise DONE_AFTER cycles after `start` and not before. The macro STARTS has
// the first slots of the classes.
`timescale 1ns / 1ps
`default_nettype none
module decoder_tb;
  parameter integer FACTORIAL = 1;
  parameter integer LINES = 5;
  parameter integer CLASSES = 2;
  parameter integer WORDS = 1;  // of one code
  parameter integer ITEMS = 1;
  parameter integer STALL = 0;
  parameter integer DONE_AFTER = 1;
  localparam integer INDEX_BITS = pl_geometry::index_bits(LINES);

  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0;
  reg start = 1'b0;
  reg offered = 1'b0;
  reg [31:0] codes[0:ITEMS*WORDS];  // the last word belongs to no code
  reg [LINES*INDEX_BITS:0] rows[0:ITEMS-1];
  reg [LINES*INDEX_BITS:0] row;
  reg [INDEX_BITS-1:0] read_addr = 0;
  wire [INDEX_BITS-1:0] read_data;
  wire in_ready, busy, done, error;
  wire in_valid = offered;
  integer word = 0;
  integer errors = 0;
  integer item, cycles, q;

  generate
    if (FACTORIAL != 0) begin : gen_factorial
      pl_factorial_decoder #(.LINES(LINES)) dut (
        .clk(clk), .rst_n(rst_n), .start(start), .in_valid(in_valid), .in_data(codes[word]),
        .in_ready(in_ready), .busy(busy), .done(done), .error(error), .read_addr(read_addr),
        .read_data(read_data)
      );
    end else begin : gen_level_map
      pl_level_map_decoder #(.LINES(LINES), .CLASSES(CLASSES), .STARTS(`STARTS)) dut (
        .clk(clk), .rst_n(rst_n), .start(start), .in_valid(in_valid), .in_data(codes[word]),
        .in_ready(in_ready), .busy(busy), .done(done), .error(error), .read_addr(read_addr),
        .read_data(read_data)
      );
    end
  endgenerate

  // A word that is offered stays until it is taken.
  always @(posedge clk) begin
    if (in_valid && in_ready) word <= word + 1;
    if (!in_valid || in_ready) offered <= STALL == 0 || $random % 3 == 0;
  end

  initial begin
    $readmemh("codes.hex", codes);
    $readmemh("rows.hex", rows);
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    repeat (3) @(negedge clk);
    if (done || busy) errors = errors + 1;
    for (item = 0; item < ITEMS; item = item + 1) begin
      row = rows[item];
      start = 1'b1;
      @(negedge clk);
      start = 1'b0;
      if (error) errors = errors + 1;
      cycles = 1;
      while (!done && cycles < 1000 * (LINES + 1)) begin
        @(negedge clk);
        cycles = cycles + 1;
      end
      if (!done || busy || (STALL == 0 && cycles != DONE_AFTER)) errors = errors + 1;
      if (error !== row[LINES*INDEX_BITS]) errors = errors + 1;
      if (word != (item + 1) * WORDS) errors = errors + 1;
      for (q = 0; q < LINES; q = q + 1) begin
        read_addr = q;
        @(negedge clk);
        if (!row[LINES*INDEX_BITS] && read_data !== row[INDEX_BITS*q+:INDEX_BITS])
          errors = errors + 1;
      end
      if (!done || error !== row[LINES*INDEX_BITS]) errors = errors + 1;
    end
    if (errors == 0) $display("PASS %0d", ITEMS);
    else $display("FAIL %0d in %0d", errors, ITEMS);
    $finish;
  end
endmodule
`default_nettype wire
