// The cycle counter of pl_axi_lite about a carry out of its low word, which no chip reaches in a
// simulation: the testbench sets the low word forward. Reads of both words, with pauses and reads of
// another register between them that go through all alignments, are compared with a count of 64 bits.
`timescale 1ns / 1ps
`default_nettype none
module axi_lite_tb;
  /// Carries to be seen, each with reads that begin a cycle later.
  parameter integer CARRIES = 24;

  reg clk = 1'b0;
  always #5 clk = !clk;
  reg rst_n = 1'b0;
  reg [11:0] araddr = 12'h024;
  reg arvalid = 1'b0;
  wire arready, rvalid;
  wire [31:0] rdata;
  wire [1:0] rresp;
  wire unused_awready, unused_wready, unused_bvalid, unused_clear;
  wire [1:0] unused_bresp;
  wire [7:0] unused_wanted;

  pl_axi_lite dut (
    .clk(clk), .rst_n(rst_n), .s_axil_awaddr(12'd0), .s_axil_awvalid(1'b0),
    .s_axil_awready(unused_awready), .s_axil_wdata(32'd0), .s_axil_wstrb(4'd0),
    .s_axil_wvalid(1'b0), .s_axil_wready(unused_wready), .s_axil_bresp(unused_bresp),
    .s_axil_bvalid(unused_bvalid), .s_axil_bready(1'b1), .s_axil_araddr(araddr),
    .s_axil_arvalid(arvalid), .s_axil_arready(arready), .s_axil_rdata(rdata),
    .s_axil_rresp(rresp), .s_axil_rvalid(rvalid), .s_axil_rready(1'b1), .ctx_select(8'd0),
    .ctx_wanted(unused_wanted), .ctx_active(1'b0), .ctx_valid(2'd0), .ctx_id(64'd0),
    .loading(1'b0), .load_error(8'd0), .pix_error(1'b0), .clear_pix_error(unused_clear),
    .image_taken(1'b0), .image_dropped(1'b0), .image_done(1'b0)
  );

  // Edges since the reset, and those that the testbench has left out. It drives and looks at the
  // cell between edges.
  reg [63:0] count = 64'd0;
  always @(posedge clk) count <= rst_n ? count + 64'd1 : 64'd0;

  reg [63:0] expected, answer;
  reg [31:0] other;
  integer carry, errors = 0;

  task read(input [11:0] address, output [31:0] word);
    begin
      araddr = address;
      arvalid = 1'b1;
      if (address == 12'h024) expected = count;
      @(negedge clk);
      arvalid = 1'b0;
      word = rdata;
      if (!rvalid || rresp != 2'b00) errors = errors + 1;
      @(negedge clk);
    end
  endtask

  initial begin
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    for (carry = 0; carry < CARRIES; carry = carry + 1) begin
      @(negedge clk);
      dut.cycles_low_q = 32'hfffffff0;
      count[31:0] = 32'hfffffff0;
      repeat (carry) @(negedge clk);
      read(12'h024, answer[31:0]);
      repeat (carry % 5) @(negedge clk);
      if (carry % 2 == 1) read(12'h000, other);
      read(12'h028, answer[63:32]);
      if (answer !== expected) errors = errors + 1;
      repeat (40) @(negedge clk);
    end
    $display("%0d carries, high word %0d, %0d errors", carry, count[63:32], errors);
    $finish;
  end
endmodule
`default_nettype wire
