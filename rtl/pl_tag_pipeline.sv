// A valid bit and a tag that travel beside a pipeline, readable at every stage.
//
// Timing: tap k of cycle t+k is the input of cycle t; tap 0 is the input itself.
`default_nettype none
module pl_tag_pipeline #(
  /// Registers, at least 1.
  parameter integer DEPTH = 3,
  /// Bits of the tag.
  parameter integer WIDTH = 4
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire in_valid,
  input  wire [WIDTH-1:0] in_tag,
  /// Tap k in bit k.
  output wire [DEPTH:0] valid,
  /// Tap k in bits [WIDTH*k +: WIDTH].
  output wire [WIDTH*(DEPTH+1)-1:0] tag
);
  generate
    if (DEPTH < 1 || WIDTH < 1) begin : gen_check
      pl_error_tag_pipeline_needs_a_register_and_a_bit i_error ();
    end
  endgenerate

  logic [DEPTH-1:0] valid_q;
  logic [WIDTH*DEPTH-1:0] tag_q;
  assign valid = {valid_q, in_valid};
  assign tag = {tag_q, in_tag};

  always_ff @(posedge clk)
    if (!rst_n) valid_q <= {DEPTH{1'b0}};
    else if (en) valid_q <= valid[DEPTH-1:0];
  always_ff @(posedge clk) if (en) tag_q <= tag[WIDTH*DEPTH-1:0];
endmodule
`default_nettype wire
