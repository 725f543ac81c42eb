// Streams rows of vectors.hex through a circuit, one item a cycle, each with bits of its own, and
// stops the pipeline now and then. A row is {expected source of every slot, bits}; line q carries
// the number q. The macro PRESENT is the mask of the switches that are built.
`timescale 1ns / 1ps
`default_nettype none
module network_tb;
  parameter integer CIRCUIT = 0;  // of pl_geometry; 3: crossbar
  parameter integer LINES = 5;
  parameter integer WIDTH = 8;
  parameter integer REGISTER_EVERY = 1;
  parameter integer ITEMS = 1;
  localparam integer STAGES = CIRCUIT == 3 ? 0 : pl_geometry::circuit_stages(CIRCUIT, LINES);
  localparam integer BITS = CIRCUIT == 3 ? LINES * pl_geometry::index_bits(LINES)
                                         : pl_geometry::circuit_bits(CIRCUIT, LINES);
  localparam integer LATENCY =
      CIRCUIT == 3 ? REGISTER_EVERY : pl_geometry::circuit_latency(CIRCUIT, LINES, REGISTER_EVERY);

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

  wire [LINES*WIDTH+BITS-1:0] row_now = rows[item < ITEMS ? item : 0];
  genvar d;
  generate
    if (STAGES == 0) begin : gen_no_stage
      assign bits = row_now[BITS-1:0];
    end
    // Stage d has item - floor(d / REGISTER_EVERY) in front of it.
    for (d = 0; d < STAGES; d = d + 1) begin : gen_stage
      localparam integer FIRST = pl_geometry::circuit_offset(CIRCUIT, LINES, d);
      localparam integer COUNT = pl_geometry::circuit_switches(CIRCUIT, LINES, d);
      localparam integer AGE = REGISTER_EVERY == 0 ? 0 : d / pl_geometry::max(REGISTER_EVERY, 1);
      wire [LINES*WIDTH+BITS-1:0] row = rows[item < AGE || item - AGE >= ITEMS ? 0 : item - AGE];
      assign bits[FIRST+:COUNT] = row[FIRST+:COUNT];
    end

    if (CIRCUIT == 0) begin : gen_as_waksman
      pl_as_waksman #(
        .LINES(LINES), .WIDTH(WIDTH), .REGISTER_EVERY(REGISTER_EVERY), .PRESENT(`PRESENT)
      ) dut (.clk(clk), .en(en), .bits(bits), .in_data(in_data), .out_data(out_data));
    end else if (CIRCUIT == 1) begin : gen_benes
      pl_benes #(
        .LINES(LINES), .WIDTH(WIDTH), .REGISTER_EVERY(REGISTER_EVERY), .PRESENT(`PRESENT)
      ) dut (.clk(clk), .en(en), .bits(bits), .in_data(in_data), .out_data(out_data));
    end else begin : gen_crossbar
      pl_crossbar #(.LINES(LINES), .WIDTH(WIDTH), .REGISTER_EVERY(REGISTER_EVERY)) dut (
        .clk(clk), .en(en), .bits(bits), .in_data(in_data), .out_data(out_data)
      );
    end
  endgenerate

  wire [LINES*WIDTH+BITS-1:0] answered = rows[item < LATENCY ? 0 : item - LATENCY];

  initial begin
    $readmemh("vectors.hex", rows);
    for (q = 0; q < LINES; q = q + 1) in_data[WIDTH*q+:WIDTH] = q;
  end

  always @(posedge clk) begin
    if (en) begin
      if (item >= LATENCY && out_data !== answered[BITS+:LINES*WIDTH]) errors = errors + 1;
      if (item == ITEMS - 1 + LATENCY) begin
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
