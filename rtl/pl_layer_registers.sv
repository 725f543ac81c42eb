// Post-op registers that a whole layer shares, one set per context.
//
// Timing: a row that arrives in cycle t shows in `registers` from cycle t+1 on.
`default_nettype none
module pl_layer_registers #(
  /// Configurations held at once, 1 or 2.
  parameter integer CONTEXTS = 2
) (
  input  wire clk,
  input  wire write_en,
  input  wire write_ctx,
  /// A row of the load stream: s | relu << 8; z | lo << 16; hi.
  input  wire [95:0] write_data,
  /// {hi[15:0], lo[15:0], z[15:0], relu, s[5:0]} of context i in bits [55*i +: 55].
  output wire [CONTEXTS*55-1:0] registers
);
  wire unused = &{1'b0, write_data[95:80], write_data[31:9], write_data[7:6]};

  genvar i;
  generate
    if (CONTEXTS < 1 || CONTEXTS > 2) begin : gen_check
      pl_error_layer_registers_hold_1_or_2_contexts i_error ();
    end
    for (i = 0; i < CONTEXTS; i = i + 1) begin : gen_context
      logic [54:0] row_q;
      always_ff @(posedge clk)
        if (write_en && write_ctx == i[0])
          row_q <= {write_data[79:32], write_data[8], write_data[5:0]};
      assign registers[55*i+:55] = row_q;
    end
  endgenerate
endmodule
`default_nettype wire
