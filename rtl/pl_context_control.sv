// Which context runs, and how many images of each context are inside the chip.
//
// The active context follows ctx_select as long as that context exists and holds a valid load.
`default_nettype none
module pl_context_control #(
  /// Contexts of the chip, 1 or 2.
  parameter integer CONTEXTS = 2
) (
  input  wire clk,
  input  wire rst_n,
  input  wire [7:0] ctx_select,
  /// One bit per context, from the configuration loader.
  input  wire [1:0] ctx_valid,
  output wire ctx_active,
  /// ctx_valid of the active context.
  output wire ctx_active_valid,
  /// An image of the context entered, was dropped on entry, or left.
  input  wire begun,
  input  wire dropped,
  input  wire entry_ctx,
  input  wire done,
  input  wire done_ctx,
  /// Bit per context: at least one image is inside.
  output wire [1:0] in_flight
);
  generate
    if (CONTEXTS < 1 || CONTEXTS > 2) begin : gen_check
      pl_error_context_control_has_one_or_two_contexts i_error ();
    end
  endgenerate

  logic active_q;
  wire selectable = ctx_select < CONTEXTS[7:0] && ctx_valid[ctx_select[0]];

  always_ff @(posedge clk) begin
    if (!rst_n) active_q <= 1'b0;
    else if (selectable) active_q <= ctx_select[0];
  end
  assign ctx_active = CONTEXTS == 2 && active_q;
  assign ctx_active_valid = ctx_valid[ctx_active];

  genvar c;
  generate
    if (CONTEXTS == 1) begin : gen_one
      assign in_flight[1] = 1'b0;
      wire unused = &{1'b0, active_q};
    end
    for (c = 0; c < CONTEXTS; c = c + 1) begin : gen_count
      // The count of the cycle before last, and what the last one added to it, from -2 to 1: what
      // comes and goes in this cycle is late.
      logic [15:0] images_q;
      logic [1:0] change_q;
      wire enters = begun && entry_ctx == c[0];
      wire drops = dropped && entry_ctx == c[0];
      wire leaves = done && done_ctx == c[0];
      wire odd = enters ^ drops ^ leaves;
      wire negative = (!enters && (drops || leaves)) || (drops && leaves);
      wire [1:0] gone = -change_q;
      always_ff @(posedge clk)
        if (!rst_n) begin
          images_q <= 16'd0;
          change_q <= 2'd0;
        end else begin
          images_q <= images_q + {{14{change_q[1]}}, change_q};
          change_q <= {negative, odd};
        end
      assign in_flight[c] =
          change_q == 2'd1 || images_q[15:2] != 14'd0 || images_q[1:0] != gone;
    end
  endgenerate
endmodule
`default_nettype wire
