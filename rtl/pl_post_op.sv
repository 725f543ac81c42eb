// From an accumulator to an activation code (or, in the last layer, to a logit).
//
//     t = acc + b, relu;  p = t * m;  v = p + c + round;  y = clamp(z + (v >>> s), lo, hi)
//
// and v = p + skip * m2 + c + round in a layer that adds another one; with round = 2^(s-1), 0 for s = 0. Timing: one register for each of the four; the last layer has
// the first alone and no relu. Nothing can overflow: t has one bit more than its wider operand, and
// every later width follows from it.
`default_nettype none
module pl_post_op #(
  /// Bits of the accumulator (signed).
  parameter integer ACC_BITS = 16,
  /// Bits of an activation code; without meaning in the last layer.
  parameter integer OUT_BITS = 8,
  /// 1: last layer, the result is the 32-bit logit acc + b.
  parameter integer LAST = 0,
  /// Bits of the neuron's number, which goes along.
  parameter integer INDEX_BITS = 4,
  /// Configurations held at once, 1 or 2.
  parameter integer CONTEXTS = 2,
  /// Bits of a code that is added; 0: nothing is added.
  parameter integer SKIP_BITS = 0,
  /// Bits of a set of layer registers (pl_layer_registers), of the skip port, and of the result: 32 in the last layer, else OUT_BITS. Do not overwrite.
  parameter integer SET_BITS = SKIP_BITS != 0 ? 72 : 55,
  parameter integer SKIP_PORT = pl_geometry::max(SKIP_BITS, 1),
  parameter integer VALUE_BITS = LAST != 0 ? 32 : OUT_BITS
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire in_valid,
  input  wire [INDEX_BITS-1:0] in_index,
  input  wire in_ctx,
  input  wire [ACC_BITS-1:0] acc,
  /// Registers of the neuron, coming with `acc`: b, m, c.
  input  wire [31:0] b,
  input  wire [16:0] m,
  input  wire [47:0] c,
  /// The code that is added, coming with `acc`.
  input  wire [SKIP_PORT-1:0] skip,
  /// Layer registers of every context, as pl_layer_registers gives them.
  input  wire [CONTEXTS*SET_BITS-1:0] layer_registers,
  output wire out_valid,
  output wire [INDEX_BITS-1:0] out_index,
  output wire out_ctx,
  output wire [VALUE_BITS-1:0] out_value
);
  localparam integer T_BITS = pl_geometry::max(ACC_BITS, 32) + 1;
  localparam integer TAG_BITS = 1 + INDEX_BITS;

  generate
    if (SKIP_BITS < 0 || SKIP_BITS > 16 || ACC_BITS < 1 || OUT_BITS < 1 || OUT_BITS > 16 || INDEX_BITS < 1 ||
        CONTEXTS < 1 || CONTEXTS > 2)
      begin : gen_check
        pl_error_post_op_width_out_of_range i_error ();
      end
  endgenerate

  // 1: bias and relu.
  wire signed [T_BITS-1:0] biased = {{(T_BITS - ACC_BITS) {acc[ACC_BITS-1]}}, acc} +
                                    {{(T_BITS - 32) {b[31]}}, b};
  logic valid_1;
  logic [TAG_BITS-1:0] tag_1;
  always_ff @(posedge clk)
    if (!rst_n) valid_1 <= 1'b0;
    else if (en) valid_1 <= in_valid;
  always_ff @(posedge clk) if (en) tag_1 <= {in_ctx, in_index};

  generate
    if (LAST != 0) begin : gen_logit
      logic [31:0] logit;
      always_ff @(posedge clk) if (en) logit <= biased[31:0];
      assign out_valid = valid_1;
      assign {out_ctx, out_index} = tag_1;
      assign out_value = logit;
      // A logit fits 32 bits by the chip's bounds.
      wire unused = &{1'b0, biased[T_BITS-1:32], m, c, skip, layer_registers};
    end else begin : gen_code
      localparam integer P_BITS = T_BITS + 17;
      localparam integer V_BITS = pl_geometry::max(P_BITS, 48) + 2;
      localparam integer Y_BITS = 19;

      wire relu = layer_registers[SET_BITS*in_ctx+6];
      logic signed [T_BITS-1:0] t;
      logic [16:0] m_1;
      logic [47:0] c_1, c_2;
      always_ff @(posedge clk)
        if (en) begin
          t   <= relu && biased[T_BITS-1] ? {T_BITS{1'b0}} : biased;
          m_1 <= m;
          c_1 <= c;
          c_2 <= c_1;
        end

      // 2: scale.
      wire signed [P_BITS-1:0] t_wide = {{17{t[T_BITS-1]}}, t};
      wire signed [P_BITS-1:0] m_wide = {{T_BITS{m_1[16]}}, m_1};
      logic signed [P_BITS-1:0] p;
      always_ff @(posedge clk) if (en) p <= t_wide * m_wide;

      // The tags of the stages behind, and the layer registers that each stage sees.
      logic [2:0] valid_q;
      logic [TAG_BITS-1:0] tag_2, tag_3, tag_4;
      always_ff @(posedge clk)
        if (!rst_n) valid_q <= 3'b000;
        else if (en) valid_q <= {valid_q[1:0], valid_1};
      always_ff @(posedge clk)
        if (en) begin
          tag_2 <= tag_1;
          tag_3 <= tag_2;
          tag_4 <= tag_3;
        end
      wire [54:0] registers_3 = layer_registers[SET_BITS*tag_2[INDEX_BITS]+:55];
      wire [54:0] registers_4 = layer_registers[SET_BITS*tag_3[INDEX_BITS]+:55];

      // What is added, scaled.
      wire signed [V_BITS-1:0] added;
      if (SKIP_BITS != 0) begin : gen_skip
        localparam integer ADDED_BITS = SKIP_BITS + 18;
        logic [SKIP_BITS-1:0] skip_1;
        wire [16:0] m2 = layer_registers[SET_BITS*tag_1[INDEX_BITS]+55+:17];
        wire signed [ADDED_BITS-1:0] skip_wide = {18'd0, skip_1};
        wire signed [ADDED_BITS-1:0] m2_wide = {{(ADDED_BITS - 17) {m2[16]}}, m2};
        logic signed [ADDED_BITS-1:0] added_2;
        always_ff @(posedge clk)
          if (en) begin
            skip_1  <= skip;
            added_2 <= skip_wide * m2_wide;
          end
        assign added = {{(V_BITS - ADDED_BITS) {added_2[ADDED_BITS-1]}}, added_2};
      end else begin : gen_no_skip
        assign added = {V_BITS{1'b0}};
        wire unused_skip = &{1'b0, skip};
      end

      // 3: offset and rounding.
      wire [V_BITS-1:0] rounding = ({{(V_BITS - 1) {1'b0}}, 1'b1} << registers_3[5:0]) >> 1;
      logic signed [V_BITS-1:0] v;
      always_ff @(posedge clk)
        if (en)
          v <= {{(V_BITS - P_BITS) {p[P_BITS-1]}}, p} + {{(V_BITS - 48) {c_2[47]}}, c_2} + added +
               rounding;

      // 4: shift, zero point, clamp. What lies beyond 18 bits lies beyond every bound with any zero
      // point, so that 18 bits go on, the nearest ones.
      wire signed [V_BITS-1:0] shifted = v >>> registers_4[5:0];
      wire fits = shifted[V_BITS-1:17] == {(V_BITS - 17) {shifted[V_BITS-1]}};
      wire [17:0] nearest = fits ? shifted[17:0] : {shifted[V_BITS-1], {17{!shifted[V_BITS-1]}}};
      wire signed [Y_BITS-1:0] zero = {{(Y_BITS - 16) {1'b0}}, registers_4[22:7]};
      wire signed [Y_BITS-1:0] low = {{(Y_BITS - 16) {1'b0}}, registers_4[38:23]};
      wire signed [Y_BITS-1:0] high = {{(Y_BITS - 16) {1'b0}}, registers_4[54:39]};
      wire signed [Y_BITS-1:0] moved = {nearest[17], nearest} + zero;
      wire signed [Y_BITS-1:0] clamped = moved < low ? low : moved > high ? high : moved;
      logic [OUT_BITS-1:0] y;
      always_ff @(posedge clk) if (en) y <= clamped[OUT_BITS-1:0];

      assign out_valid = valid_q[2];
      assign {out_ctx, out_index} = tag_4;
      assign out_value = y;
      wire unused = &{1'b0, registers_3[54:6], registers_4[6], clamped[Y_BITS-1:OUT_BITS]};
    end
  endgenerate
endmodule
`default_nettype wire
