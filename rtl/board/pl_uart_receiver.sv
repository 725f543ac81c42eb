// Bytes from a serial line: 8 data bits, no parity, one stop bit, least significant bit first.
//
// Timing: a byte is there for one cycle in the middle of its stop bit. A start bit that is gone in
// its middle and a stop bit that is low (a break) give no byte.
`default_nettype none
module pl_uart_receiver #(
  /// Cycles of a bit, at least 4.
  parameter integer DIVISOR = 12
) (
  input  wire clk,
  input  wire rst_n,
  /// The line, not synchronised.
  input  wire rx,
  output wire valid,
  output wire [7:0] data
);
  localparam integer COUNT_BITS = $clog2(DIVISOR);
  localparam integer LAST_CYCLE = DIVISOR - 1;
  localparam integer MIDDLE = DIVISOR / 2 - 1;

  generate
    if (DIVISOR < 4) begin : gen_check
      pl_error_uart_receiver_divisor_below_4 i_error ();
    end
  endgenerate

  logic [1:0] sync_q;
  always_ff @(posedge clk)
    if (!rst_n) sync_q <= 2'b11;
    else sync_q <= {sync_q[0], rx};
  wire line = sync_q[1];

  logic busy_q;
  logic broken_q;  // the stop bit was low: the line must rise before the next start bit
  logic [COUNT_BITS-1:0] count_q;
  logic [3:0] bit_q;  // 0 start, 1 to 8 data, 9 stop
  logic [7:0] data_q;
  logic valid_q;
  assign valid = valid_q;
  assign data = data_q;

  wire sample = count_q == MIDDLE[COUNT_BITS-1:0];
  wire bit_ends = count_q == LAST_CYCLE[COUNT_BITS-1:0];

  always_ff @(posedge clk) begin
    valid_q <= 1'b0;
    if (!rst_n) begin
      busy_q <= 1'b0;
      broken_q <= 1'b0;
    end else if (!busy_q) begin
      busy_q <= !line && !broken_q;
      if (line) broken_q <= 1'b0;
      count_q <= {COUNT_BITS{1'b0}};
      bit_q <= 4'd0;
    end else begin
      count_q <= bit_ends ? {COUNT_BITS{1'b0}} : count_q + 1'b1;
      if (bit_ends) bit_q <= bit_q + 4'd1;
      if (sample)
        case (bit_q)
          4'd0: busy_q <= !line;
          4'd9: begin
            valid_q <= line;
            broken_q <= !line;
            busy_q <= 1'b0;
          end
          default: data_q <= {line, data_q[7:1]};
        endcase
    end
  end
endmodule
`default_nettype wire
