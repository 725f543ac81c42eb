// Sum of many numbers, one register a level.
//
// Timing: T = ceil(log2 COUNT) levels; `sum` of cycle t+T belongs to `terms` of cycle t (a wire for
// one term). Element i of a level is element 2i plus element 2i+1 of the level before; an odd last
// element passes. Sums are taken modulo 2^SUM_BITS: exact whenever the whole sum fits.
`default_nettype none
module pl_adder_tree #(
  /// Terms.
  parameter integer COUNT = 5,
  /// Bits of one term.
  parameter integer TERM_BITS = 10,
  /// Bits of the sum (signed).
  parameter integer SUM_BITS = 12,
  /// 1: terms are signed; 0: they are not, and no sign is carried along.
  parameter integer SIGNED = 1
) (
  input  wire clk,
  input  wire en,
  /// Term i in bits [TERM_BITS*i +: TERM_BITS].
  input  wire [COUNT*TERM_BITS-1:0] terms,
  output wire [SUM_BITS-1:0] sum
);
  localparam integer LEVELS = $clog2(COUNT);

  generate
    if (COUNT < 1 || TERM_BITS < 1 || SUM_BITS < 1) begin : gen_check
      pl_error_adder_tree_needs_terms_and_bits i_error ();
    end
  endgenerate

  // Level k holds ceil(COUNT / 2^k) numbers of TERM_BITS + k bits, or SUM_BITS where that is less.
  genvar k, i;
  generate
    for (i = 0; i < COUNT; i = i + 1) begin : gen_term
      wire [pl_geometry::min(TERM_BITS, SUM_BITS)-1:0] value =
          terms[TERM_BITS*i+:pl_geometry::min(TERM_BITS, SUM_BITS)];
      if (TERM_BITS > SUM_BITS) begin : gen_cut
        wire unused = &{1'b0, terms[TERM_BITS*i+SUM_BITS+:TERM_BITS-SUM_BITS]};
      end
    end
    for (k = 1; k <= LEVELS; k = k + 1) begin : gen_level
      localparam integer BITS = pl_geometry::min(TERM_BITS + k, SUM_BITS);
      localparam integer BELOW_BITS = pl_geometry::min(TERM_BITS + k - 1, SUM_BITS);
      localparam integer BELOW = (COUNT + (1 << (k - 1)) - 1) >> (k - 1);
      for (i = 0; i < (BELOW + 1) / 2; i = i + 1) begin : gen_node
        wire  [BELOW_BITS-1:0] left;
        wire  [BITS-1:0] left_wide;
        logic [BITS-1:0] value;
        if (k == 1) begin : gen_leaf_left
          assign left = gen_term[2*i].value;
        end else begin : gen_node_left
          assign left = gen_level[k-1].gen_node[2*i].value;
        end
        if (BITS > BELOW_BITS) begin : gen_extend_left
          assign left_wide = {SIGNED != 0 && left[BELOW_BITS-1], left};
        end else begin : gen_keep_left
          assign left_wide = left;
        end
        if (2 * i + 1 < BELOW) begin : gen_add
          wire [BELOW_BITS-1:0] right;
          wire [BITS-1:0] right_wide;
          if (k == 1) begin : gen_leaf_right
            assign right = gen_term[2*i+1].value;
          end else begin : gen_node_right
            assign right = gen_level[k-1].gen_node[2*i+1].value;
          end
          if (BITS > BELOW_BITS) begin : gen_extend_right
            assign right_wide = {SIGNED != 0 && right[BELOW_BITS-1], right};
          end else begin : gen_keep_right
            assign right_wide = right;
          end
          always_ff @(posedge clk) if (en) value <= left_wide + right_wide;
        end else begin : gen_pass
          always_ff @(posedge clk) if (en) value <= left_wide;
        end
      end
    end
  endgenerate

  localparam integer LAST_BITS = pl_geometry::min(TERM_BITS + LEVELS, SUM_BITS);
  wire [LAST_BITS-1:0] last;
  generate
    if (LEVELS == 0) begin : gen_wire
      wire unused = &{1'b0, clk, en};
      assign last = gen_term[0].value;
    end else begin : gen_root
      assign last = gen_level[LEVELS].gen_node[0].value;
    end
    if (LAST_BITS < SUM_BITS) begin : gen_extend
      assign sum = {{(SUM_BITS - LAST_BITS) {SIGNED != 0 && last[LAST_BITS-1]}}, last};
    end else begin : gen_keep
      assign sum = last;
    end
  endgenerate
endmodule
`default_nettype wire
