// Post-op registers that a whole layer shares, one set per context.
//
// Timing: a row that arrives in cycle t shows in `registers` from cycle t+1 on.
`default_nettype none
module pl_layer_registers #(
  /// Configurations held at once, 1 or 2.
  parameter integer CONTEXTS = 2,
  /// 1: the layer adds another one, and a row has m2 as its fourth word.
  parameter integer ADDS = 0,
  /// Bits of a set: 55, and 17 of m2. Do not overwrite.
  parameter integer SET_BITS = ADDS != 0 ? 72 : 55
) (
  input  wire clk,
  input  wire write_en,
  input  wire write_ctx,
  /// A row of the load stream: s | relu << 8; z | lo << 16; hi; m2.
  input  wire [127:0] write_data,
  /// {m2[16:0] if it adds, hi[15:0], lo[15:0], z[15:0], relu, s[5:0]} of context i in bits
  /// [SET_BITS*i +: SET_BITS].
  output wire [CONTEXTS*SET_BITS-1:0] registers
);
  wire [71:0] set = {write_data[112:96], write_data[79:32], write_data[8], write_data[5:0]};
  wire unused = &{1'b0, write_data[127:80], write_data[31:9], write_data[7:6], set};

  genvar i;
  generate
    if (CONTEXTS < 1 || CONTEXTS > 2) begin : gen_check
      pl_error_layer_registers_hold_1_or_2_contexts i_error ();
    end
    for (i = 0; i < CONTEXTS; i = i + 1) begin : gen_context
      logic [SET_BITS-1:0] row_q;
      always_ff @(posedge clk) if (write_en && write_ctx == i[0]) row_q <= set[SET_BITS-1:0];
      assign registers[SET_BITS*i+:SET_BITS] = row_q;
    end
  endgenerate
endmodule
`default_nettype wire
