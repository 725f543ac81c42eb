// Streams rows of vectors.hex through pl_as_waksman, one item a cycle, each with switch bits of its
// own, and stops the pipeline now and then. A row is {expected source of every slot, switch bits};
// line q carries the number q.
`timescale 1ns / 1ps
`default_nettype none
module as_waksman_tb;
  parameter integer LINES = 5;
  parameter integer WIDTH = 8;
  parameter integer ITEMS = 1;
  localparam integer STAGES = pl_geometry::stages(LINES);
  localparam integer BITS = pl_geometry::network_bits(LINES);

  reg clk = 1'b0;
  always #5 clk = !clk;
  reg en = 1'b1;
  reg [LINES*WIDTH+BITS-1:0] rows[0:ITEMS-1];
  reg [LINES*WIDTH-1:0] in_data;
  wire [LINES*WIDTH-1:0] out_data;
  wire [BITS-1:0] bits;
  integer item = 0;
  integer cycle = 0;
  integer errors = 0;
  integer q;

  // Stage d has item - d in front of it.
  genvar d;
  generate
    if (STAGES == 0) begin : gen_none
      assign bits = 1'b0;
    end
    for (d = 0; d < STAGES; d = d + 1) begin : gen_stage
      localparam integer FIRST = pl_geometry::switch_offset(LINES, d);
      localparam integer COUNT = pl_geometry::switches(LINES, d);
      wire [LINES*WIDTH+BITS-1:0] row = rows[item < d || item - d >= ITEMS ? 0 : item - d];
      assign bits[FIRST+:COUNT] = row[FIRST+:COUNT];
    end
  endgenerate

  pl_as_waksman #(.LINES(LINES), .WIDTH(WIDTH)) dut (
    .clk(clk), .en(en), .bits(bits), .in_data(in_data), .out_data(out_data)
  );

  wire [LINES*WIDTH+BITS-1:0] answered = rows[item < STAGES ? 0 : item - STAGES];

  initial begin
    $readmemh("vectors.hex", rows);
    for (q = 0; q < LINES; q = q + 1) in_data[WIDTH*q+:WIDTH] = q;
  end

  always @(posedge clk) begin
    if (en) begin
      if (item >= STAGES && out_data !== answered[BITS+:LINES*WIDTH]) errors = errors + 1;
      if (item == ITEMS - 1 + STAGES) begin
        if (errors == 0) $display("PASS %0d", ITEMS);
        else $display("FAIL %0d of %0d", errors, ITEMS);
        $finish;
      end
      item <= item + 1;
    end
    cycle <= cycle + 1;
    en <= cycle % 7 != 3 && cycle % 7 != 4;
  end
endmodule
`default_nettype wire
