// Issues one pass of one neuron per cycle while an input is there; bit-serial, of one plane of the
// inputs after the other.
//
// Timing: `issue`, `release_input` and the numbers are of this cycle. The passes of a plane, then the
// planes of a neuron follow one another; with the last of the last neuron the input is released in
// the same cycle.
`default_nettype none
module pl_sequencer #(
  /// Neurons of the layer.
  parameter integer NEURONS = 4,
  /// Passes of a neuron: 2 for split rails, else 1.
  parameter integer PASSES = 1,
  /// Planes of a neuron: bits of an input where they come bit by bit, else 1.
  parameter integer PLANES = 1,
  /// Configurations held at once, 1 or 2.
  parameter integer CONTEXTS = 2
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  /// An input vector is there.
  input  wire in_valid,
  output wire issue,
  output wire release_input,
  output wire [pl_geometry::index_bits(NEURONS)-1:0] neuron,
  output wire second_pass,
  output wire first_plane,
  output wire last_plane,
  /// The next cycle takes the next plane.
  output wire next_plane,
  /// Context of the input, and the address of the neuron's rows: in_ctx * NEURONS + neuron.
  input  wire in_ctx,
  output wire [pl_geometry::index_bits(CONTEXTS*NEURONS)-1:0] addr
);
  localparam integer NEURON_BITS = pl_geometry::index_bits(NEURONS);
  localparam integer ADDR_BITS = pl_geometry::index_bits(CONTEXTS * NEURONS);
  localparam [NEURON_BITS-1:0] LAST_NEURON = NEURONS[NEURON_BITS-1:0] - 1'b1;

  generate
    if (NEURONS < 1 || PASSES < 1 || PASSES > 2 || PLANES < 1 || CONTEXTS < 1 || CONTEXTS > 2)
    begin : gen_check
      pl_error_sequencer_takes_1_or_2_passes_and_contexts i_error ();
    end
  endgenerate

  logic [NEURON_BITS-1:0] neuron_q;
  logic second_q;
  wire last_pass = PASSES == 1 || second_q;
  wire last_cycle = last_pass && last_plane;

  assign issue = en && in_valid;
  assign release_input = issue && last_cycle && neuron_q == LAST_NEURON;
  assign neuron = neuron_q;
  assign second_pass = second_q;
  assign next_plane = issue && last_pass;

  generate
    if (PLANES == 1) begin : gen_whole
      assign first_plane = 1'b1;
      assign last_plane = 1'b1;
    end else begin : gen_planes
      localparam integer PLANE_BITS = $clog2(PLANES);
      localparam integer LAST = PLANES - 1;
      localparam [PLANE_BITS-1:0] LAST_PLANE = LAST[PLANE_BITS-1:0];
      logic [PLANE_BITS-1:0] plane_q;
      assign first_plane = plane_q == {PLANE_BITS{1'b0}};
      assign last_plane = plane_q == LAST_PLANE;
      always_ff @(posedge clk)
        if (!rst_n) plane_q <= {PLANE_BITS{1'b0}};
        else if (next_plane) plane_q <= last_plane ? {PLANE_BITS{1'b0}} : plane_q + 1'b1;
    end
  endgenerate

  generate
    if (CONTEXTS == 2) begin : gen_addr
      localparam [ADDR_BITS-1:0] STRIDE = NEURONS[ADDR_BITS-1:0];
      wire [ADDR_BITS-1:0] wide = {{(ADDR_BITS - NEURON_BITS) {1'b0}}, neuron_q};
      assign addr = in_ctx ? wide + STRIDE : wide;
    end else begin : gen_same
      wire unused = &{1'b0, in_ctx};
      assign addr = neuron_q;
    end
  endgenerate

  always_ff @(posedge clk)
    if (!rst_n) begin
      neuron_q <= {NEURON_BITS{1'b0}};
      second_q <= 1'b0;
    end else if (issue) begin
      second_q <= !last_pass;
      if (last_cycle) neuron_q <= neuron_q == LAST_NEURON ? {NEURON_BITS{1'b0}} : neuron_q + 1'b1;
    end
endmodule
`default_nettype wire
