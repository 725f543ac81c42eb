// @NAME@ on @BOARD@, written by permloom @VERSION@; chip @FINGERPRINT@.
//
// A serial line (8 data bits, no parity, one stop bit, @BAUD@ baud) carries the commands of
// pl_host_link. The configuration in the bitstream is loaded when the PLL has locked.
`default_nettype none
module ice40_top (
  /// 12 MHz oscillator.
  input  wire clock_12mhz,
  input  wire uart_rx,
  output wire uart_tx,
  /// A configuration is loaded; the last load was refused, or an image was dropped.
  output wire led_ready,
  output wire led_error
);
  localparam integer DIVISOR = @DIVISOR@;  // cycles of a bit on the line
  localparam LIT = 1'b@LIT@;              // what a pin of a light is while it is lit

  (* keep *) wire clk;
  (* keep *) wire locked;
  @PLL@ #(
    .FEEDBACK_PATH("SIMPLE"), .DIVR(4'd0), .DIVF(7'd@DIVF@), .DIVQ(3'd@DIVQ@), .FILTER_RANGE(3'd1)
  ) i_pll (
    .@PLL_INPUT@(clock_12mhz), .@PLL_OUTPUT@(clk), .LOCK(locked), .RESETB(1'b1), .BYPASS(1'b0)
  );

  // Memories of the part may be read a little after the configuration has ended: wait.
  logic [5:0] waited = 6'd0;
  logic rst_n = 1'b0;
  always_ff @(posedge clk)
    if (!locked) begin
      waited <= 6'd0;
      rst_n <= 1'b0;
    end else begin
      if (!(&waited)) waited <= waited + 6'd1;
      rst_n <= &waited;
    end

  wire rx_valid, tx_valid, tx_ready;
  wire [7:0] rx_data, tx_data;
  pl_uart_receiver #(.DIVISOR(DIVISOR)) i_receiver (
    .clk(clk), .rst_n(rst_n), .rx(uart_rx), .valid(rx_valid), .data(rx_data)
  );
  pl_uart_transmitter #(.DIVISOR(DIVISOR)) i_transmitter (
    .clk(clk), .rst_n(rst_n), .valid(tx_valid), .ready(tx_ready), .data(tx_data), .tx(uart_tx)
  );

  wire [31:0] cfg_tdata, res_tdata;
  wire cfg_tvalid, cfg_tready, cfg_tlast, res_tvalid, res_tready, res_tlast;
  wire [@PIXEL_MSB@:0] pix_tdata;
  wire pix_tvalid, pix_tready, pix_tlast;
  wire [7:0] ctx_select, ctx_active, ctx_valid, load_error;
  wire pix_error;
  pl_host_link #(.BEATS(@BEATS@), .STREAM_BITS(@PIXEL_BITS@)) i_link (
    .clk(clk), .rst_n(rst_n), .rx_valid(rx_valid), .rx_data(rx_data), .tx_valid(tx_valid),
    .tx_ready(tx_ready), .tx_data(tx_data), .cfg_tdata(cfg_tdata), .cfg_tvalid(cfg_tvalid),
    .cfg_tready(cfg_tready), .cfg_tlast(cfg_tlast), .pix_tdata(pix_tdata), .pix_tvalid(pix_tvalid),
    .pix_tready(pix_tready), .pix_tlast(pix_tlast), .res_tdata(res_tdata), .res_tvalid(res_tvalid),
    .res_tready(res_tready), .res_tlast(res_tlast), .ctx_select(ctx_select),
    .ctx_active(ctx_active), .ctx_valid(ctx_valid), .load_error(load_error), .pix_error(pix_error)
  );
  permloom_top i_chip (
    .clk(clk), .rst_n(rst_n), .cfg_tdata(cfg_tdata), .cfg_tvalid(cfg_tvalid),
    .cfg_tready(cfg_tready), .cfg_tlast(cfg_tlast), .pix_tdata(pix_tdata), .pix_tvalid(pix_tvalid),
    .pix_tready(pix_tready), .pix_tlast(pix_tlast), .res_tdata(res_tdata), .res_tvalid(res_tvalid),
    .res_tready(res_tready), .res_tlast(res_tlast), .ctx_select(ctx_select),
    .ctx_active(ctx_active), .ctx_valid(ctx_valid), .load_error(load_error), .pix_error(pix_error),
    // The serial line does the work of the control port.
    .s_axil_awaddr(12'd0), .s_axil_awvalid(1'b0), .s_axil_awready(), .s_axil_wdata(32'd0),
    .s_axil_wstrb(4'd0), .s_axil_wvalid(1'b0), .s_axil_wready(), .s_axil_bresp(), .s_axil_bvalid(),
    .s_axil_bready(1'b0), .s_axil_araddr(12'd0), .s_axil_arvalid(1'b0), .s_axil_arready(),
    .s_axil_rdata(), .s_axil_rresp(), .s_axil_rvalid(), .s_axil_rready(1'b0),
    .probe_valid(), .probe_index(), .probe_value()
  );
  assign led_ready = |ctx_valid == LIT;
  assign led_error = (|load_error || pix_error) == LIT;
endmodule
`default_nettype wire
