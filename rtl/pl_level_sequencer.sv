// Issues a step of all neurons per cycle while an input is there: LANES inputs, on dual rails the
// complements of all inputs after them.
//
// Timing: `issue`, `release_input` and the numbers are of this cycle. An input is issued for
// max(steps, NEURONS) cycles; with the last one it is released.
`default_nettype none
module pl_level_sequencer #(
  /// Words of LANES inputs that make an input vector.
  parameter integer WORDS = 3,
  /// 1: dual rails, the words pass twice.
  parameter integer DUAL = 0,
  /// Neurons of the layer.
  parameter integer NEURONS = 2,
  /// Configurations held at once, 1 or 2.
  parameter integer CONTEXTS = 2,
  /// Steps of an input vector. Do not overwrite.
  parameter integer STEPS = DUAL != 0 ? 2 * WORDS : WORDS
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  /// An input is there, and its context.
  input  wire in_valid,
  input  wire in_ctx,
  output wire issue,
  output wire release_input,
  /// The step is the first or the last one of the input; it brings inputs.
  output wire first,
  output wire last,
  output wire live,
  /// The word, whether it is the last one of the vector, and whether its complements are meant.
  output wire [pl_geometry::index_bits(WORDS)-1:0] word,
  output wire last_word,
  output wire complement,
  /// Row of the level maps: in_ctx * STEPS + step.
  output wire [pl_geometry::index_bits(CONTEXTS*STEPS)-1:0] addr
);
  localparam integer WINDOW = pl_geometry::max(STEPS, NEURONS);
  localparam integer STEP_BITS = pl_geometry::index_bits(WINDOW);
  localparam integer WORD_BITS = pl_geometry::index_bits(WORDS);
  localparam integer ADDR_BITS = pl_geometry::index_bits(CONTEXTS * STEPS);
  localparam [STEP_BITS-1:0] LAST_STEP = WINDOW[STEP_BITS-1:0] - 1'b1;
  localparam [WORD_BITS-1:0] LAST_WORD = WORDS[WORD_BITS-1:0] - 1'b1;

  generate
    if (WORDS < 1 || NEURONS < 1 || CONTEXTS < 1 || CONTEXTS > 2) begin : gen_check
      pl_error_level_sequencer_needs_words_and_neurons i_error ();
    end
  endgenerate

  logic [STEP_BITS-1:0] step_q;
  logic [WORD_BITS-1:0] word_q;

  assign issue = en && in_valid;
  assign release_input = issue && last;
  assign first = step_q == {STEP_BITS{1'b0}};
  assign last = step_q == LAST_STEP;
  assign word = word_q;
  assign last_word = word_q == LAST_WORD;

  always_ff @(posedge clk)
    if (!rst_n) begin
      step_q <= {STEP_BITS{1'b0}};
      word_q <= {WORD_BITS{1'b0}};
    end else if (issue) begin
      step_q <= last ? {STEP_BITS{1'b0}} : step_q + 1'b1;
      word_q <= last || last_word ? {WORD_BITS{1'b0}} : word_q + 1'b1;
    end

  // Row numbers of the steps that bring inputs fit the address.
  wire [STEP_BITS+ADDR_BITS-1:0] row = {{ADDR_BITS{1'b0}}, step_q};
  wire unused = &{1'b0, in_ctx, row};
  generate
    if (STEPS == WINDOW) begin : gen_all
      assign live = 1'b1;
    end else begin : gen_some
      localparam [STEP_BITS-1:0] COUNT = STEPS[STEP_BITS-1:0];
      assign live = step_q < COUNT;
    end
    if (DUAL != 0) begin : gen_dual
      localparam [STEP_BITS-1:0] FIRST_COMPLEMENT = WORDS[STEP_BITS-1:0];
      assign complement = step_q >= FIRST_COMPLEMENT;
    end else begin : gen_single
      assign complement = 1'b0;
    end
    if (CONTEXTS == 2) begin : gen_addr
      localparam [ADDR_BITS-1:0] STRIDE = STEPS[ADDR_BITS-1:0];
      assign addr = in_ctx ? row[ADDR_BITS-1:0] + STRIDE : row[ADDR_BITS-1:0];
    end else begin : gen_same
      assign addr = row[ADDR_BITS-1:0];
    end
  endgenerate
endmodule
`default_nettype wire
