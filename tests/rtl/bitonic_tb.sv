// Sends the rows of vectors.hex through pl_bitonic: keys, and in the very next cycle one item of
// data, then the next row. A row is {source of every slot, slot of every line, switch bits}. The
// keys must come out sorted, the data as the source says, and the latched bits of every stage must
// change in the cycle that the head comment states: neither before nor after.
`timescale 1ns / 1ps
`default_nettype none
module bitonic_tb;
  parameter integer LINES = 5;
  parameter integer WIDTH = 8;
  parameter integer REGISTER_EVERY = 1;
  parameter integer ITEMS = 1;
  localparam integer CIRCUIT = pl_geometry::BITONIC;
  localparam integer STAGES = pl_geometry::circuit_stages(CIRCUIT, LINES);
  localparam integer BITS = pl_geometry::circuit_bits(CIRCUIT, LINES);
  localparam integer KEY_BITS = pl_geometry::index_bits(LINES);
  localparam integer LATENCY = pl_geometry::circuit_latency(CIRCUIT, LINES, REGISTER_EVERY);
  localparam integer SLOTS_AT = BITS;
  localparam integer SOURCE_AT = BITS + LINES * KEY_BITS;
  localparam integer ROW_BITS = BITS + 2 * LINES * KEY_BITS;

  reg clk = 1'b0;
  always #5 clk = !clk;
  reg en = 1'b1;
  reg [ROW_BITS-1:0] rows[0:ITEMS-1];
  integer tick = 0;  // 2*row: keys, 2*row + 1: data
  integer cycle = 0;
  integer errors = 0;

  // Above its key a line carries ones: they must not take part in the comparison.
  wire set_up = tick % 2 == 0;
  wire [ROW_BITS-1:0] row = rows[tick / 2 < ITEMS ? tick / 2 : 0];
  wire [LINES*WIDTH-1:0] in_data;
  wire [LINES*WIDTH-1:0] out_data;
  wire [BITS-1:0] latched;
  integer answer;
  wire [ROW_BITS-1:0] answered = rows[answer < 0 ? 0 : answer / 2];
  wire [LINES-1:0] wrong_line;
  always @* answer = tick - LATENCY;
  genvar q, d;
  generate
    for (q = 0; q < LINES; q = q + 1) begin : gen_line
      localparam [WIDTH-1:0] NUMBER = q;
      wire [WIDTH-1:0] key = {WIDTH{q % 2 == 0}} << KEY_BITS | row[SLOTS_AT+KEY_BITS*q+:KEY_BITS];
      assign in_data[WIDTH*q+:WIDTH] = set_up ? key : NUMBER;
      wire [WIDTH-1:0] got = out_data[WIDTH*q+:WIDTH];
      wire [WIDTH-1:0] source = answered[SOURCE_AT+KEY_BITS*q+:KEY_BITS];
      assign wrong_line[q] = answer % 2 == 0 ? got[KEY_BITS-1:0] !== NUMBER[KEY_BITS-1:0]
                                             : got !== source;
    end
  endgenerate

  wire [pl_geometry::max(STAGES, 1)-1:0] wrong_stage;
  generate
    if (STAGES == 0) begin : gen_no_stage
      assign wrong_stage = latched;
    end
    for (d = 0; d < STAGES; d = d + 1) begin : gen_stage
      localparam integer FIRST = pl_geometry::circuit_offset(CIRCUIT, LINES, d);
      localparam integer COUNT = pl_geometry::circuit_switches(CIRCUIT, LINES, d);
      localparam integer AGE =
          1 + (REGISTER_EVERY == 0 ? 0 : d / pl_geometry::max(REGISTER_EVERY, 1));
      wire [ROW_BITS-1:0] set_by = rows[tick < AGE || (tick - AGE) / 2 >= ITEMS ? 0
                                                                             : (tick - AGE) / 2];
      assign wrong_stage[d] =
          tick >= AGE && tick - AGE < 2 * ITEMS && latched[FIRST+:COUNT] !== set_by[FIRST+:COUNT];
    end
  endgenerate

  pl_bitonic #(.LINES(LINES), .WIDTH(WIDTH), .REGISTER_EVERY(REGISTER_EVERY)) dut (
    .clk(clk), .en(en), .set_up(set_up), .in_data(in_data), .out_data(out_data), .latched(latched)
  );

  initial $readmemh("vectors.hex", rows);

  always @(posedge clk) begin
    if (en) begin
      if (answer >= 0 && wrong_line != 0) errors = errors + 1;
      if (wrong_stage != 0) errors = errors + 1;
      if (answer == 2 * ITEMS - 1) begin
        if (errors == 0) $display("PASS %0d", ITEMS);
        else $display("FAIL %0d of %0d", errors, ITEMS);
        $finish;
      end
      tick <= tick + 1;
    end
    cycle <= cycle + 1;
    en <= cycle % 7 != 3 && cycle % 7 != 4;
  end
endmodule
`default_nettype wire
