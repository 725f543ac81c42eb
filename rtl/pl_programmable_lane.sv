// One lane of the engine `programmable`: a memory of weights, the product of an input with the weight
// of the step, and the sum of a neuron.
//
// Timing: `addr` comes in cycle t, `pick` in t+1, `value` and `live` in t+2, `sum_valid` and its marks
// in t+3; the sum is in `acc` of t+4.
`default_nettype none
module pl_programmable_lane #(
  /// Bits of an input (unsigned), of a weight and of every sum of a neuron (signed).
  parameter integer IN_BITS = 8,
  parameter integer WEIGHT_BITS = 2,
  parameter integer ACC_BITS = 12,
  /// 1: split rails (pl_device_product).
  parameter integer SPLIT = 0,
  /// Weights of a row of the memory, a power of two.
  parameter integer ROW_WEIGHTS = 16,
  /// Rows of the memory: of all contexts.
  parameter integer DEPTH = 2,
  /// Its image when the power comes on, as pl_stage_memory has it.
  parameter IMAGE = ""
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire write_en,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] write_addr,
  /// Weight i in bits [WEIGHT_BITS*i +: WEIGHT_BITS].
  input  wire [ROW_WEIGHTS*WEIGHT_BITS-1:0] write_data,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] addr,
  /// Which weight of the row that was addressed a cycle ago.
  input  wire [pl_geometry::index_bits(ROW_WEIGHTS)-1:0] pick,
  input  wire [IN_BITS-1:0] value,
  /// Low: the step adds nothing.
  input  wire live,
  input  wire sum_valid,
  input  wire sum_first,
  input  wire sum_last,
  /// The sum of a neuron is there.
  output wire acc_valid,
  output wire [ACC_BITS-1:0] acc
);
  localparam integer SIGNED = SPLIT != 0 ? 0 : 1;
  localparam integer PRODUCT_BITS = IN_BITS + SIGNED + WEIGHT_BITS - 1;

  generate
    if (IN_BITS < 1 || WEIGHT_BITS < 2 || ACC_BITS < PRODUCT_BITS || DEPTH < 1 || ROW_WEIGHTS < 1 ||
        (1 << $clog2(ROW_WEIGHTS)) != ROW_WEIGHTS)
      begin : gen_check
        pl_error_programmable_lane_parameters i_error ();
      end
  endgenerate

  wire [ROW_WEIGHTS*WEIGHT_BITS-1:0] weights;
  pl_stage_memory #(
    .WIDTH(ROW_WEIGHTS * WEIGHT_BITS), .DEPTH(DEPTH), .IMAGE(IMAGE)
  ) i_weights (
    .clk(clk), .write_en(write_en), .write_addr(write_addr), .write_data(write_data),
    .read_en(en), .read_addr(addr), .read_data(weights)
  );

  logic [WEIGHT_BITS-1:0] weight_q;
  generate
    if (ROW_WEIGHTS == 1) begin : gen_one
      wire unused = &{1'b0, pick};
      always_ff @(posedge clk) if (en) weight_q <= weights;
    end else begin : gen_pick
      always_ff @(posedge clk) if (en) weight_q <= weights[WEIGHT_BITS*pick+:WEIGHT_BITS];
    end
  endgenerate

  wire [PRODUCT_BITS-1:0] product;
  pl_device_product #(
    .WIDTH(IN_BITS), .DEVICE_BITS(WEIGHT_BITS), .SPLIT(SPLIT), .UNIT(0), .SIGNED(SIGNED)
  ) i_product (
    .clk(clk), .en(en), .live(live), .value(value), .device(weight_q), .product(product)
  );

  wire [ACC_BITS:0] addend = {
    {(ACC_BITS + 1 - PRODUCT_BITS) {SIGNED != 0 && product[PRODUCT_BITS-1]}}, product
  };
  wire unused_sign = &{1'b0, addend};
  pl_accumulator #(.WIDTH(ACC_BITS)) i_accumulator (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(sum_valid), .in_first(sum_first),
    .in_double(1'b0),
    .in_last(sum_last), .sum(addend[ACC_BITS-1:0]), .out_valid(acc_valid), .acc(acc)
  );
endmodule
`default_nettype wire
