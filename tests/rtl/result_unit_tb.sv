// Sends images of logits through pl_result_unit, with pauses on both sides, and compares every word
// with what was sent and with the first largest of the first classes. Logits meet in their upper
// half, in their lower half and as a whole far more often than random words would.
`timescale 1ns / 1ps
`default_nettype none
module result_unit_tb;
  parameter integer OUTPUTS = 2;
  parameter integer IMAGES = 200;
  /// 1: writes and beats pause at random; 0: they never do.
  parameter integer PAUSES = 1;

  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0;
  reg wr_valid = 1'b0;
  wire wr_ready;
  reg row_valid = 1'b0;
  reg row_ctx = 1'b0;
  reg loaded = 1'b0;
  wire [31:0] res_tdata;
  wire res_tvalid, res_tlast, done, done_ctx;
  reg res_tready = 1'b0;

  integer sent = 0, taken = 0, cycles = 0, errors = 0, n, best;
  reg [31:0] logits[0:IMAGES*OUTPUTS-1];
  reg [15:0] classes[0:1];
  wire [31:0] image = sent / OUTPUTS;
  wire [31:0] index = sent % OUTPUTS;

  pl_result_unit #(.OUTPUTS(OUTPUTS)) dut (
    .clk(clk), .rst_n(rst_n), .wr_valid(wr_valid), .wr_index(index[15:0]),
    .wr_last(index == OUTPUTS - 1), .wr_ctx(image[0]), .wr_data(logits[sent]), .wr_ready(wr_ready),
    .row_valid(row_valid), .row_section(8'd4), .row_ctx(row_ctx), .row_classes(classes[row_ctx]),
    .res_tdata(res_tdata), .res_tvalid(res_tvalid), .res_tready(res_tready),
    .res_tlast(res_tlast), .done(done), .done_ctx(done_ctx)
  );

  initial begin
    for (n = 0; n < IMAGES * OUTPUTS; n = n + 1)
      begin
        logits[n] = $urandom;
        if ($urandom % 4 != 0) logits[n] = {{14{logits[n][4]}}, logits[n][3:2], 14'd0, logits[n][1:0]};
      end
    classes[0] = OUTPUTS;
    classes[1] = (OUTPUTS + 1) / 2;
    repeat (2) @(posedge clk);
    rst_n <= 1'b1;
    row_valid <= 1'b1;
    @(posedge clk);
    row_ctx <= 1'b1;
    @(posedge clk);
    row_valid <= 1'b0;
    loaded <= 1'b1;
  end

  wire written = wr_valid && wr_ready;
  always @(posedge clk) begin
    if (written) sent <= sent + 1;
    wr_valid <= loaded && sent + (written ? 1 : 0) < IMAGES * OUTPUTS &&
                (PAUSES == 0 || $urandom % 3 != 0);
  end

  reg [31:0] expected;
  wire [31:0] out_image = taken / (OUTPUTS + 1);
  wire [31:0] out_word = taken % (OUTPUTS + 1);
  always @(posedge clk) begin
    res_tready <= PAUSES == 0 || $urandom % 3 != 0;
    cycles = cycles + 1;
    if (res_tvalid && res_tready) begin
      best = 0;
      for (n = 1; n < classes[out_image[0]]; n = n + 1)
        if ($signed(logits[OUTPUTS*out_image+n]) > $signed(logits[OUTPUTS*out_image+best])) best = n;
      expected = out_word == OUTPUTS ? best : logits[OUTPUTS*out_image+out_word];
      if (res_tdata !== expected || res_tlast !== (out_word == OUTPUTS) || done !== res_tlast ||
          (done && done_ctx !== out_image[0]))
        errors = errors + 1;
      taken = taken + 1;
    end
    if (taken == IMAGES * (OUTPUTS + 1) || cycles == 100 * IMAGES * (OUTPUTS + 1)) begin
      $display("%0d words, %0d errors", taken, errors);
      $finish;
    end
  end
endmodule
`default_nettype wire
