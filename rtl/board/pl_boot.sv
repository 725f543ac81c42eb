// Configures the chip when it comes out of reset, from a memory that the bitstream fills: the wiring
// stands in the wiring memories already, so that the stored load stream has the registers alone.
//
// Timing: word i of the memory is offered from cycle i + 2 after reset on, a word a cycle while the
// loader takes them; `booting` is high until the last one has been taken, and the port is not ready
// before. A word of the port is offered to the loader a cycle after it has been taken.
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

  logic booting_q, read_q;
  logic [ADDR_BITS-1:0] next_q;  // to be read
  logic [31:0] word_q;           // read, if read_q
  logic last_q;                  // it is the last one
  logic [31:0] out_data_q;
  logic out_valid_q, out_last_q;

  // The register in front of the loader keeps the memory out of the loader's paths.
  wire free = !out_valid_q || out_tready;
  wire moves = booting_q && free;
  wire at_end = next_q == LAST_WORD[ADDR_BITS-1:0];

  always_ff @(posedge clk) if (moves) word_q <= words[next_q];
  always_ff @(posedge clk)
    if (!rst_n) begin
      booting_q <= 1'b1;
      read_q <= 1'b0;
      last_q <= 1'b0;
      next_q <= {ADDR_BITS{1'b0}};
      out_valid_q <= 1'b0;
    end else begin
      if (moves) begin
        read_q <= !(read_q && last_q);
        last_q <= at_end;
        next_q <= at_end ? {ADDR_BITS{1'b0}} : next_q + 1'b1;
        if (read_q && last_q) booting_q <= 1'b0;
      end
      if (free) out_valid_q <= booting_q ? read_q : in_tvalid;
    end
  always_ff @(posedge clk)
    if (free) begin
      out_data_q <= booting_q ? word_q : in_tdata;
      out_last_q <= booting_q ? last_q : in_tlast;
    end

  assign in_tready = !booting_q && free;
  assign out_tdata = out_data_q;
  assign out_tvalid = out_valid_q;
  assign out_tlast = out_last_q;

  // Until the loader has taken the last word.
  logic still_q;
  always_ff @(posedge clk)
    if (!rst_n) still_q <= 1'b1;
    else if (!booting_q && free) still_q <= 1'b0;
  assign booting = booting_q || still_q;
endmodule
`default_nettype wire
