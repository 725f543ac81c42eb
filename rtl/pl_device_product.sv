// Product of one input with one device that changes from cycle to cycle, on any rail.
//
// Timing: `product` of cycle t+1 belongs to the inputs of cycle t. With split rails a positive
// device counts on the input, a negative one, without its sign, on the complement.
`default_nettype none
module pl_device_product #(
  /// Bits of an input (unsigned).
  parameter integer WIDTH = 8,
  /// Bits of a device (signed).
  parameter integer DEVICE_BITS = 2,
  /// 1: split rails.
  parameter integer SPLIT = 0,
  /// 1: every device is -1, 0 or 1, and no multiplier is built.
  parameter integer UNIT = 0,
  /// 1: the product is signed; 0: it is not, where no device is negative or rails are split.
  parameter integer SIGNED = 1,
  /// Bits of the product. Do not overwrite.
  parameter integer PRODUCT_BITS = WIDTH + SIGNED + (UNIT != 0 ? 0 : DEVICE_BITS - 1)
) (
  input  wire clk,
  input  wire en,
  /// Low: the product is zero whatever comes.
  input  wire live,
  input  wire [WIDTH-1:0] value,
  input  wire [DEVICE_BITS-1:0] device,
  output logic [PRODUCT_BITS-1:0] product
);
  localparam [PRODUCT_BITS-1:0] ZERO = {PRODUCT_BITS{1'b0}};

  generate
    if (WIDTH < 1 || DEVICE_BITS < 2 || SIGNED < 0 || SIGNED > 1) begin : gen_check
      pl_error_device_product_needs_an_input_and_a_device i_error ();
    end
  endgenerate

  wire negative = (SIGNED != 0 || SPLIT != 0) && device[DEVICE_BITS-1];
  wire [WIDTH-1:0] rail = SPLIT != 0 && negative ? ~value : value;
  wire [PRODUCT_BITS-1:0] wide = {{(PRODUCT_BITS - WIDTH) {1'b0}}, rail};

  generate
    if (UNIT != 0) begin : gen_unit
      wire unused = &{1'b0, device};
      always_ff @(posedge clk)
        if (en)
          product <= !(live && device[0]) ? ZERO : SPLIT == 0 && negative ? -wide : wide;
    end else begin : gen_multiplier
      // All of it modulo 2^PRODUCT_BITS, which the product fits.
      wire [PRODUCT_BITS:0] extended = {{(PRODUCT_BITS + 1 - DEVICE_BITS) {negative}}, device};
      wire [PRODUCT_BITS-1:0] factor = extended[PRODUCT_BITS-1:0];
      wire [PRODUCT_BITS-1:0] weight = SPLIT != 0 && negative ? -factor : factor;
      wire [PRODUCT_BITS-1:0] result = wide * weight;
      wire unused = &{1'b0, extended};
      always_ff @(posedge clk) if (en) product <= live ? result : ZERO;
    end
  endgenerate
endmodule
`default_nettype wire
