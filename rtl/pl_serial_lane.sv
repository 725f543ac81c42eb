// One lane of the engine `serial`: the memory that names an input for each step, the product of that
// input with the step's device, and the sum of a neuron.
//
// Timing: `addr` of cycle t is answered by `input_number` in t+1; `value`, `device` and `live` come
// in t+2, `sum_valid` and its marks in t+3; the sum is in `acc` of t+4.
`default_nettype none
module pl_serial_lane #(
  /// Inputs of the layer.
  parameter integer INPUTS = 5,
  /// Bits of an input (unsigned), of a device and of every sum of a neuron (signed).
  parameter integer IN_BITS = 8,
  parameter integer DEVICE_BITS = 2,
  parameter integer ACC_BITS = 12,
  /// 0 single, 1 dual, 2 split (pl_line_register).
  parameter integer RAIL = 0,
  /// 1: every device is -1, 0 or 1.
  parameter integer UNIT = 0,
  /// 0: no product is negative (pl_device_product).
  parameter integer SIGNED = 1,
  /// Entries of the memory: of all contexts.
  parameter integer DEPTH = 12,
  /// Its image when the power comes on, as pl_stage_memory has it.
  parameter IMAGE = ""
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire write_en,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] write_addr,
  /// A row of the load stream: bits 15:0 the input, bit 31 its complement is meant.
  input  wire [31:0] write_data,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] addr,
  output wire [pl_geometry::index_bits(INPUTS)-1:0] input_number,
  input  wire [IN_BITS-1:0] value,
  input  wire [DEVICE_BITS-1:0] device,
  /// Low: the step adds nothing.
  input  wire live,
  input  wire sum_valid,
  input  wire sum_first,
  input  wire sum_last,
  /// The sum of a neuron is there.
  output wire acc_valid,
  output wire [ACC_BITS-1:0] acc
);
  localparam integer INPUT_BITS = pl_geometry::index_bits(INPUTS);
  localparam integer ENTRY_BITS = INPUT_BITS + (RAIL == 1 ? 1 : 0);
  localparam integer PRODUCT_BITS = IN_BITS + SIGNED + (UNIT != 0 ? 0 : DEVICE_BITS - 1);

  generate
    if (INPUTS < 1 || INPUTS > 65535 || IN_BITS < 1 || DEVICE_BITS < 2 || ACC_BITS < 1 ||
        RAIL < 0 || RAIL > 2 || DEPTH < 1)
      begin : gen_check
        pl_error_serial_lane_parameters i_error ();
      end
  endgenerate
  wire unused = &{1'b0, write_data};

  wire [ENTRY_BITS-1:0] write_entry;
  wire [ENTRY_BITS-1:0] entry;
  // A decoder writes no entries of padding. They count for nothing, but to a simulator that knows X
  // they have to be numbers.
  pl_stage_memory #(.WIDTH(ENTRY_BITS), .DEPTH(DEPTH), .IMAGE(IMAGE), .CLEAR(1)) i_entries (
    .clk(clk), .write_en(write_en), .write_addr(write_addr), .write_data(write_entry),
    .read_en(en), .read_addr(addr), .read_data(entry)
  );
  assign input_number = entry[INPUT_BITS-1:0];

  wire [IN_BITS-1:0] line;
  generate
    if (RAIL == 1) begin : gen_dual
      logic complement_q;
      always_ff @(posedge clk) if (en) complement_q <= entry[INPUT_BITS];
      assign write_entry = {write_data[31], write_data[INPUT_BITS-1:0]};
      assign line = complement_q ? ~value : value;
    end else begin : gen_input
      assign write_entry = write_data[INPUT_BITS-1:0];
      assign line = value;
    end
  endgenerate

  wire [PRODUCT_BITS-1:0] product;
  pl_device_product #(
    .WIDTH(IN_BITS), .DEVICE_BITS(DEVICE_BITS), .SPLIT(RAIL == 2 ? 1 : 0), .UNIT(UNIT),
    .SIGNED(SIGNED)
  ) i_product (
    .clk(clk), .en(en), .live(live), .value(line), .device(device), .product(product)
  );

  // The chip proves that a neuron's sums fit ACC_BITS: bits above them repeat the sign.
  wire [ACC_BITS-1:0] addend;
  generate
    if (PRODUCT_BITS < ACC_BITS) begin : gen_extend
      assign addend = {
        {(ACC_BITS - PRODUCT_BITS) {SIGNED != 0 && product[PRODUCT_BITS-1]}}, product
      };
    end else begin : gen_cut
      wire unused_sign = &{1'b0, product};
      assign addend = product[ACC_BITS-1:0];
    end
  endgenerate
  pl_accumulator #(.WIDTH(ACC_BITS)) i_accumulator (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(sum_valid), .in_first(sum_first),
    .in_double(1'b0), .in_last(sum_last), .sum(addend), .out_valid(acc_valid), .acc(acc)
  );
endmodule
`default_nettype wire
