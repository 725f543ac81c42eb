// Configures the chip when it comes out of reset, from a memory that the bitstream fills: the wiring
// stands in the wiring memories already, so that the stored load stream has the registers alone.
//
// Timing: word i of the memory is offered from the cycle i + 1 after reset on, a word a cycle while
// the loader takes them; `booting` is high until the last one has been taken, and the port behind is
// not ready as long.
`default_nettype none
module pl_boot #(
  /// Words of the stored load stream, at least 2.
  parameter integer WORDS = 8,
  /// $readmemh image of it, rounded up to a multiple of 256 words.
  parameter IMAGE = ""
) (
  input  wire clk,
  input  wire rst_n,
  /// The configuration port of the chip.
  input  wire [31:0] in_tdata,
  input  wire in_tvalid,
  output wire in_tready,
  input  wire in_tlast,
  /// The loader.
  output wire [31:0] out_tdata,
  output wire out_tvalid,
  input  wire out_tready,
  output wire out_tlast,
  output wire booting
);
  localparam integer ADDR_BITS = pl_geometry::max($clog2(WORDS), 8);
  localparam integer LAST_WORD = WORDS - 1;

  generate
    if (WORDS < 2) begin : gen_check
      pl_error_boot_needs_two_words i_error ();
    end
  endgenerate

  localparam integer STORED = 256 * ((WORDS + 255) / 256);
  logic [31:0] words[0:STORED-1];
  initial if (IMAGE != "") $readmemh(IMAGE, words);

  logic booting_q, valid_q;
  logic [ADDR_BITS-1:0] next_q;  // to be read
  logic [31:0] word_q;
  logic last_q;
  wire moves = !valid_q || out_tready;
  wire at_end = next_q == LAST_WORD[ADDR_BITS-1:0];

  always_ff @(posedge clk) if (booting_q && moves) word_q <= words[next_q];
  always_ff @(posedge clk)
    if (!rst_n) begin
      booting_q <= 1'b1;
      valid_q <= 1'b0;
      last_q <= 1'b0;
      next_q <= {ADDR_BITS{1'b0}};
    end else if (booting_q && moves) begin
      if (valid_q && last_q) begin
        booting_q <= 1'b0;
        valid_q <= 1'b0;
      end else begin
        valid_q <= 1'b1;
        last_q <= at_end;
        next_q <= at_end ? {ADDR_BITS{1'b0}} : next_q + 1'b1;
      end
    end

  assign booting = booting_q;
  assign out_tdata = booting_q ? word_q : in_tdata;
  assign out_tvalid = booting_q ? valid_q : in_tvalid;
  assign out_tlast = booting_q ? last_q : in_tlast;
  assign in_tready = !booting_q && out_tready;
endmodule
`default_nettype wire
