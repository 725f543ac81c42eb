// Switch bits of one stage of one network, a row per context, all of them there at once.
//
// Timing: a row that arrives in cycle t shows from cycle t+1 on; `bits` are those of `read_ctx` in the
// same cycle.
`default_nettype none
module pl_wiring_register #(
  /// Switches.
  parameter integer WIDTH = 4,
  /// Configurations held at once, 1 or 2.
  parameter integer CONTEXTS = 2
) (
  input  wire clk,
  input  wire write_en,
  input  wire write_ctx,
  input  wire [WIDTH-1:0] write_data,
  input  wire read_ctx,
  output wire [WIDTH-1:0] bits
);
  generate
    if (WIDTH < 1 || CONTEXTS < 1 || CONTEXTS > 2) begin : gen_check
      pl_error_wiring_register_holds_1_or_2_contexts i_error ();
    end
    if (CONTEXTS == 1) begin : gen_one
      wire unused = &{1'b0, write_ctx, read_ctx};
      logic [WIDTH-1:0] row_q;
      always_ff @(posedge clk) if (write_en) row_q <= write_data;
      assign bits = row_q;
    end else begin : gen_two
      logic [WIDTH-1:0] low_q;
      logic [WIDTH-1:0] high_q;
      always_ff @(posedge clk) begin
        if (write_en && !write_ctx) low_q <= write_data;
        if (write_en && write_ctx) high_q <= write_data;
      end
      assign bits = read_ctx ? high_q : low_q;
    end
  endgenerate
endmodule
`default_nettype wire
