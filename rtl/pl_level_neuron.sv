// One neuron of the engine `level`: the memory that names the level of each input, the products of
// LANES inputs with the devices of their levels, and their sum over the steps.
//
// Timing: `addr` comes in cycle t, `values` and `live` in t+1, `sum_valid` and its marks in t+2+T,
// T = ceil(log2 LANES); the sum is in `acc` of t+3+T.
`default_nettype none
module pl_level_neuron #(
  /// Inputs of a cycle.
  parameter integer LANES = 4,
  /// Bits of an input (unsigned), of a device and of every sum of a neuron (signed).
  parameter integer IN_BITS = 8,
  parameter integer DEVICE_BITS = 2,
  parameter integer ACC_BITS = 12,
  /// 1: split rails (pl_device_product).
  parameter integer SPLIT = 0,
  /// 1: every device is -1, 0 or 1.
  parameter integer UNIT = 0,
  /// Bits that name a level.
  parameter integer LEVEL_BITS = 1,
  /// Device of level v in bits [DEVICE_BITS*v +: DEVICE_BITS].
  parameter [(1<<LEVEL_BITS)*DEVICE_BITS-1:0] LEVELS =
      {{(((1 << LEVEL_BITS) - 1) * DEVICE_BITS - 1) {1'b0}}, 1'b1, {DEVICE_BITS{1'b0}}},
  /// Rows of the memory: of all contexts.
  parameter integer DEPTH = 6,
  /// Its image when the power comes on, as pl_stage_memory has it.
  parameter IMAGE = ""
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire write_en,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] write_addr,
  /// Level of input p in bits [LEVEL_BITS*p +: LEVEL_BITS].
  input  wire [LANES*LEVEL_BITS-1:0] write_data,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] addr,
  /// Input p in bits [IN_BITS*p +: IN_BITS], and whether it counts.
  input  wire [LANES*IN_BITS-1:0] values,
  input  wire [LANES-1:0] live,
  input  wire sum_valid,
  input  wire sum_first,
  input  wire sum_last,
  /// The sum of the neuron is there.
  output wire acc_valid,
  output wire [ACC_BITS-1:0] acc
);
  // Whether a product can be negative.
  function automatic integer any_negative(input integer levels);
    integer v;
    begin
      any_negative = 0;
      for (v = 0; v < levels; v = v + 1)
        if (LEVELS[DEVICE_BITS*v+DEVICE_BITS-1]) any_negative = 1;
    end
  endfunction
  localparam integer SIGNED = SPLIT != 0 ? 0 : any_negative(1 << LEVEL_BITS);
  localparam integer PRODUCT_BITS = IN_BITS + SIGNED + (UNIT != 0 ? 0 : DEVICE_BITS - 1);

  generate
    if (LANES < 1 || IN_BITS < 1 || DEVICE_BITS < 2 || ACC_BITS < 1 || LEVEL_BITS < 1 || DEPTH < 1)
      begin : gen_check
        pl_error_level_neuron_parameters i_error ();
      end
  endgenerate

  wire [LANES*LEVEL_BITS-1:0] levels;
  pl_stage_memory #(
    .WIDTH(LANES * LEVEL_BITS), .DEPTH(DEPTH), .IMAGE(IMAGE)
  ) i_map (
    .clk(clk), .write_en(write_en), .write_addr(write_addr), .write_data(write_data),
    .read_en(en), .read_addr(addr), .read_data(levels)
  );

  wire [LANES*PRODUCT_BITS-1:0] products;
  genvar p;
  generate
    for (p = 0; p < LANES; p = p + 1) begin : gen_product
      wire [DEVICE_BITS-1:0] device =
          LEVELS[DEVICE_BITS*levels[LEVEL_BITS*p+:LEVEL_BITS]+:DEVICE_BITS];
      pl_device_product #(
        .WIDTH(IN_BITS), .DEVICE_BITS(DEVICE_BITS), .SPLIT(SPLIT), .UNIT(UNIT), .SIGNED(SIGNED)
      ) i_product (
        .clk(clk), .en(en), .live(live[p]), .value(values[IN_BITS*p+:IN_BITS]), .device(device),
        .product(products[PRODUCT_BITS*p+:PRODUCT_BITS])
      );
    end
  endgenerate

  wire [ACC_BITS-1:0] sum;
  pl_adder_tree #(
    .COUNT(LANES), .TERM_BITS(PRODUCT_BITS), .SUM_BITS(ACC_BITS), .SIGNED(SIGNED)
  ) i_tree (
    .clk(clk), .en(en), .terms(products), .sum(sum)
  );
  pl_accumulator #(.WIDTH(ACC_BITS)) i_accumulator (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(sum_valid), .in_first(sum_first),
    .in_double(1'b0), .in_last(sum_last), .sum(sum), .out_valid(acc_valid), .acc(acc)
  );
endmodule
`default_nettype wire
