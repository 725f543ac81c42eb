// Takes the sums of several neurons at once and passes them on one a cycle, in the order of the
// neurons.
//
// Timing: sum i of a take in cycle t is at the output in cycle t + 1 + i, and its registers are
// addressed in cycle t + i. The next take comes with the last sum of the one before at the earliest;
// takes bring neurons 0..LANES-1, LANES..2*LANES-1, ..., the last of them those that are left.
`default_nettype none
module pl_collector #(
  /// Sums of a take.
  parameter integer LANES = 2,
  /// Bits of a sum.
  parameter integer WIDTH = 12,
  /// Neurons of the layer.
  parameter integer NEURONS = 3,
  /// Configurations held at once, 1 or 2.
  parameter integer CONTEXTS = 2
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire take,
  input  wire take_ctx,
  /// Sum i in bits [WIDTH*i +: WIDTH].
  input  wire [LANES*WIDTH-1:0] sums,
  /// Row of the neuron that comes next: take_ctx * NEURONS + neuron.
  output wire [pl_geometry::index_bits(CONTEXTS*NEURONS)-1:0] register_addr,
  output wire out_valid,
  output wire [pl_geometry::index_bits(NEURONS)-1:0] out_neuron,
  output wire out_ctx,
  output wire [WIDTH-1:0] out_sum
);
  localparam integer NEURON_BITS = pl_geometry::index_bits(NEURONS);
  localparam integer ADDR_BITS = pl_geometry::index_bits(CONTEXTS * NEURONS);
  localparam integer ITEM_BITS = pl_geometry::index_bits(LANES);
  localparam [NEURON_BITS-1:0] LAST_NEURON = NEURONS[NEURON_BITS-1:0] - 1'b1;
  localparam [ITEM_BITS-1:0] LAST_ITEM = LANES[ITEM_BITS-1:0] - 1'b1;

  generate
    if (LANES < 1 || WIDTH < 1 || NEURONS < 1 || CONTEXTS < 1 || CONTEXTS > 2) begin : gen_check
      pl_error_collector_needs_sums_and_neurons i_error ();
    end
  endgenerate

  logic busy_q;
  logic ctx_q;
  logic [ITEM_BITS-1:0] item_q;
  logic [NEURON_BITS-1:0] neuron_q;  // at the output
  logic [NEURON_BITS-1:0] next_q;    // whose registers are addressed
  logic [LANES*WIDTH-1:0] sums_q;    // that of the output lowest

  assign out_valid = busy_q;
  assign out_neuron = neuron_q;
  assign out_ctx = ctx_q;
  assign out_sum = sums_q[WIDTH-1:0];

  wire last = item_q == LAST_ITEM || neuron_q == LAST_NEURON;
  wire step = take || (busy_q && !last);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      busy_q <= 1'b0;
      next_q <= {NEURON_BITS{1'b0}};
    end else if (en) begin
      busy_q <= step;
      if (step) next_q <= next_q == LAST_NEURON ? {NEURON_BITS{1'b0}} : next_q + 1'b1;
    end
    if (en && step) begin
      item_q <= take ? {ITEM_BITS{1'b0}} : item_q + 1'b1;
      neuron_q <= next_q;
    end
    if (en && take) ctx_q <= take_ctx;
  end

  generate
    if (LANES == 1) begin : gen_one
      always_ff @(posedge clk) if (en && take) sums_q <= sums;
    end else begin : gen_shift
      always_ff @(posedge clk)
        if (en && step)
          sums_q <= take ? sums : {sums[LANES*WIDTH-1-:WIDTH], sums_q[LANES*WIDTH-1:WIDTH]};
    end
    if (CONTEXTS == 2) begin : gen_addr
      localparam [ADDR_BITS-1:0] STRIDE = NEURONS[ADDR_BITS-1:0];
      wire [ADDR_BITS-1:0] wide = {{(ADDR_BITS - NEURON_BITS) {1'b0}}, next_q};
      assign register_addr = (take ? take_ctx : ctx_q) ? wide + STRIDE : wide;
    end else begin : gen_same
      assign register_addr = next_q;
    end
  endgenerate
endmodule
`default_nettype wire
