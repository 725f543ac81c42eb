// Double buffer between two layers: one write stream in, all elements in parallel out.
//
// Timing: a bank is readable in the cycle after its last write and writable in the cycle after its
// release, so producer and consumer of equal speed never wait for each other. A bit-serial consumer
// takes the highest bit of every element and lets them turn by one, the highest bit becoming the
// lowest, BITS times until they are as they were: no selection of a bit is needed.
`default_nettype none
module pl_activation_buffer #(
  /// Elements of one bank, 1 to 65535.
  parameter integer SIZE = 4,
  /// Bits of an element.
  parameter integer BITS = 8,
  /// Elements of one write: write address a covers elements a*LANES .. a*LANES + LANES - 1.
  parameter integer LANES = 1,
  /// 1: `out_turn` counts.
  parameter integer SERIAL = 0
) (
  input  wire clk,
  input  wire rst_n,
  input  wire in_valid,
  input  wire [15:0] in_addr,
  /// With the write that completes the bank.
  input  wire in_last,
  /// Context of the image, kept with the bank.
  input  wire in_ctx,
  input  wire [LANES*BITS-1:0] in_data,
  output wire in_ready,
  output wire out_valid,
  output wire out_ctx,
  output wire [SIZE*BITS-1:0] out_data,
  /// Every element of the bank turns by one bit; only while out_valid.
  input  wire out_turn,
  /// The bank has been read for the last time; only while out_valid.
  input  wire out_release
);
  localparam integer WRITES = (SIZE + LANES - 1) / LANES;

  generate
    if (SIZE < 1 || SIZE > 65535 || BITS < 1 || LANES < 1) begin : gen_check
      pl_error_activation_buffer_needs_elements i_error ();
    end
    if (SIZE < LANES) begin : gen_surplus
      wire unused = &{1'b0, in_data[LANES*BITS-1:SIZE*BITS]};
    end
  endgenerate

  logic [1:0] full_q;
  logic [1:0] ctx_q;
  logic wr_bank_q;
  logic rd_bank_q;

  assign in_ready = !full_q[wr_bank_q];
  assign out_valid = full_q[rd_bank_q];
  assign out_ctx = ctx_q[rd_bank_q];

  wire write = in_valid && in_ready;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      full_q <= 2'b00;
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
    end else begin
      if (write && in_last) begin
        full_q[wr_bank_q] <= 1'b1;
        wr_bank_q <= !wr_bank_q;
      end
      if (out_release) begin
        full_q[rd_bank_q] <= 1'b0;
        rd_bank_q <= !rd_bank_q;
      end
    end
    if (write && in_last) ctx_q[wr_bank_q] <= in_ctx;
  end

  logic [SIZE*BITS-1:0] low_q;
  logic [SIZE*BITS-1:0] high_q;
  assign out_data = rd_bank_q ? high_q : low_q;

  genvar i, j;
  generate
    if (SERIAL == 0) begin : gen_whole
      wire unused = &{1'b0, out_turn};
    end
    for (i = 0; i < WRITES; i = i + 1) begin : gen_write
      localparam [15:0] ADDRESS = i;
      localparam integer COUNT = pl_geometry::min(LANES, SIZE - LANES * i);
      localparam integer WIDTH = COUNT * BITS;
      wire write_here = write && in_addr == ADDRESS;
      if (SERIAL != 0) begin : gen_serial
        wire [WIDTH-1:0] low_turned, high_turned;
        for (j = 0; j < COUNT; j = j + 1) begin : gen_turn
          localparam integer AT = BITS * (LANES * i + j);
          if (BITS == 1) begin : gen_bit
            assign low_turned[j] = low_q[AT];
            assign high_turned[j] = high_q[AT];
          end else begin : gen_bits
            assign low_turned[BITS*j+:BITS] = {low_q[AT+:BITS-1], low_q[AT+BITS-1]};
            assign high_turned[BITS*j+:BITS] = {high_q[AT+:BITS-1], high_q[AT+BITS-1]};
          end
        end
        // The bank that is written is never the one that turns.
        wire write_low = write_here && !wr_bank_q;
        wire write_high = write_here && wr_bank_q;
        always_ff @(posedge clk) begin
          if (write_low || (out_turn && !rd_bank_q))
            low_q[LANES*BITS*i+:WIDTH] <= write_low ? in_data[WIDTH-1:0] : low_turned;
          if (write_high || (out_turn && rd_bank_q))
            high_q[LANES*BITS*i+:WIDTH] <= write_high ? in_data[WIDTH-1:0] : high_turned;
        end
      end else begin : gen_still
        always_ff @(posedge clk)
          if (write_here) begin
            if (wr_bank_q) high_q[LANES*BITS*i+:WIDTH] <= in_data[WIDTH-1:0];
            else low_q[LANES*BITS*i+:WIDTH] <= in_data[WIDTH-1:0];
          end
      end
    end
  endgenerate
endmodule
`default_nettype wire
