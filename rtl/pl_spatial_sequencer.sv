// Issues the passes and planes of an input, all neurons at once, while an input is there.
//
// Timing: `issue`, `release_input` and the marks are of this cycle. Passes count first, then planes;
// an input takes WINDOW cycles, in those behind its last pass nothing is issued; with the last one
// the input is released.
`default_nettype none
module pl_spatial_sequencer #(
  /// Passes of a plane: 2 for split rails, else 1.
  parameter integer PASSES = 1,
  /// Planes of an input: its bits where they come bit by bit, else 1.
  parameter integer PLANES = 1,
  /// Cycles of an input, at least PASSES * PLANES.
  parameter integer WINDOW = 4
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  /// An input vector is there.
  input  wire in_valid,
  output wire issue,
  output wire release_input,
  /// Of what is issued: the first and the last of its input, its pass.
  output wire first,
  output wire last,
  output wire second_pass,
  /// The next cycle takes the next plane, the last one being followed by the first.
  output wire next_plane
);
  localparam integer CYCLES = PASSES * PLANES;
  localparam integer STEP_BITS = pl_geometry::index_bits(WINDOW);
  localparam integer LAST_OF_ALL = WINDOW - 1;
  localparam integer LAST_OF_INPUT = CYCLES - 1;
  localparam [STEP_BITS-1:0] LAST_STEP = LAST_OF_ALL[STEP_BITS-1:0];
  localparam [STEP_BITS-1:0] LAST_LIVE = LAST_OF_INPUT[STEP_BITS-1:0];

  generate
    if (PASSES < 1 || PASSES > 2 || PLANES < 1 || WINDOW < CYCLES) begin : gen_check
      pl_error_spatial_sequencer_takes_1_or_2_passes_within_its_window i_error ();
    end
  endgenerate

  logic [STEP_BITS-1:0] step_q;
  wire moves = en && in_valid;
  wire live;
  generate
    if (WINDOW == CYCLES) begin : gen_always
      assign live = 1'b1;
    end else begin : gen_some
      assign live = step_q <= LAST_LIVE;
    end
  endgenerate

  assign issue = moves && live;
  assign release_input = moves && step_q == LAST_STEP;
  assign first = step_q == {STEP_BITS{1'b0}};
  assign last = step_q == LAST_LIVE;
  assign second_pass = PASSES == 2 && step_q[0];
  assign next_plane = issue && (PASSES == 1 || second_pass);

  always_ff @(posedge clk)
    if (!rst_n) step_q <= {STEP_BITS{1'b0}};
    else if (moves) step_q <= step_q == LAST_STEP ? {STEP_BITS{1'b0}} : step_q + 1'b1;
endmodule
`default_nettype wire
