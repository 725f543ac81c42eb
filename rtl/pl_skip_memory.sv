// What a layer adds: the values of another layer, kept until the sums that they belong to come.
//
// Timing: `value` belongs to the sum that is there, and was read by the edge before; a bank is free
// again in the cycle after the last sum of its image.
`default_nettype none
module pl_skip_memory #(
  /// Values of an image, 1 to 65536, and their bits.
  parameter integer SIZE = 6,
  parameter integer BITS = 8,
  /// Images held at once, at least 2.
  parameter integer BANKS = 3
) (
  input  wire clk,
  input  wire rst_n,
  input  wire in_valid,
  input  wire [15:0] in_addr,
  input  wire in_last,
  input  wire in_ctx,
  input  wire [BITS-1:0] in_data,
  output wire in_ready,
  /// An image is there that the window reader has not begun to leave.
  output wire out_valid,
  input  wire out_advance,
  /// The layer moves, and a sum of it is at the post-op.
  input  wire en,
  input  wire sum_valid,
  output wire [BITS-1:0] value
);
  localparam integer COUNT_BITS = pl_geometry::index_bits(SIZE);
  localparam integer BANK_BITS = pl_geometry::index_bits(BANKS);
  localparam [COUNT_BITS-1:0] LAST = SIZE[COUNT_BITS-1:0] - 1'b1;
  localparam [BANK_BITS-1:0] LAST_BANK = BANKS[BANK_BITS-1:0] - 1'b1;

  logic [COUNT_BITS-1:0] count_q;  // sums of the image that are through
  logic [BANK_BITS-1:0] bank_q;    // the image's bank

  wire taken = en && sum_valid;
  wire leaves = taken && count_q == LAST;
  wire [COUNT_BITS-1:0] count =
      !taken ? count_q : leaves ? {COUNT_BITS{1'b0}} : count_q + 1'b1;
  wire [BANK_BITS-1:0] bank =
      !leaves ? bank_q : bank_q == LAST_BANK ? {BANK_BITS{1'b0}} : bank_q + 1'b1;

  always_ff @(posedge clk)
    if (!rst_n) begin
      count_q <= {COUNT_BITS{1'b0}};
      bank_q <= {BANK_BITS{1'b0}};
    end else begin
      count_q <= count;
      bank_q <= bank;
    end

  wire out_ctx;
  wire [BANK_BITS-1:0] out_bank;
  wire unused = &{1'b0, out_ctx, out_bank};
  pl_activation_memory #(
    .SIZE(SIZE), .BITS(BITS), .LANES(1), .WORD(1), .PORTS(1), .BANKS(BANKS)
  ) i_memory (
    .clk(clk), .rst_n(rst_n), .in_valid(in_valid), .in_addr(in_addr), .in_last(in_last),
    .in_ctx(in_ctx), .in_data(in_data), .in_ready(in_ready), .out_valid(out_valid),
    .out_ctx(out_ctx), .out_bank(out_bank), .out_advance(out_advance), .out_release(leaves),
    .read_en(en), .read_bank(bank), .read_addr(count), .read_data(value)
  );
endmodule
`default_nettype wire
