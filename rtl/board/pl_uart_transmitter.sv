// Bytes onto a serial line: 8 data bits, no parity, one stop bit, least significant bit first.
//
// Timing: a byte is taken in a cycle with valid and ready; the line carries it in the 10 * DIVISOR
// cycles behind, and ready is low in them.
`default_nettype none
module pl_uart_transmitter #(
  /// Cycles of a bit, at least 2.
  parameter integer DIVISOR = 12
) (
  input  wire clk,
  input  wire rst_n,
  input  wire valid,
  output wire ready,
  input  wire [7:0] data,
  output wire tx
);
  localparam integer COUNT_BITS = $clog2(DIVISOR);
  localparam integer LAST_CYCLE = DIVISOR - 1;

  generate
    if (DIVISOR < 2) begin : gen_check
      pl_error_uart_transmitter_divisor_below_2 i_error ();
    end
  endgenerate

  logic [COUNT_BITS-1:0] count_q;
  logic [3:0] left_q;  // bits still on the line or to come, the one on the line included
  logic [9:0] shift_q;
  assign ready = left_q == 4'd0;
  assign tx = shift_q[0];

  wire bit_ends = count_q == LAST_CYCLE[COUNT_BITS-1:0];

  always_ff @(posedge clk)
    if (!rst_n) begin
      left_q <= 4'd0;
      shift_q <= 10'h3ff;
    end else if (ready) begin
      count_q <= {COUNT_BITS{1'b0}};
      if (valid) begin
        left_q <= 4'd10;
        shift_q <= {1'b1, data, 1'b0};
      end
    end else begin
      count_q <= bit_ends ? {COUNT_BITS{1'b0}} : count_q + 1'b1;
      if (bit_ends) begin
        left_q <= left_q - 4'd1;
        shift_q <= {1'b1, shift_q[9:1]};
      end
    end
endmodule
`default_nettype wire
