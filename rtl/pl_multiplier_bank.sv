// Products of slots with devices that change from item to item (a profile per neuron).
//
// Timing and the passes of split rails as in pl_device_bank; `devices` come with `slots`.
`default_nettype none
module pl_multiplier_bank #(
  /// Slots, one multiplier each.
  parameter integer LINES = 4,
  /// Bits of one slot (unsigned).
  parameter integer WIDTH = 8,
  /// Bits of one device (signed).
  parameter integer DEVICE_BITS = 2,
  /// 1: split rails, two passes.
  parameter integer SPLIT = 0
) (
  input  wire clk,
  input  wire en,
  /// Pass of the item in `slots`; without split rails it does not matter.
  input  wire second_pass,
  input  wire [LINES*DEVICE_BITS-1:0] devices,
  input  wire [LINES*WIDTH-1:0] slots,
  /// Product r (signed) in bits [(WIDTH+DEVICE_BITS)*r +: WIDTH+DEVICE_BITS].
  output logic [LINES*(WIDTH+DEVICE_BITS)-1:0] products
);
  localparam integer PRODUCT_BITS = WIDTH + DEVICE_BITS;

  generate
    if (LINES < 1 || WIDTH < 1 || DEVICE_BITS < 1) begin : gen_check
      pl_error_multiplier_bank_needs_lines_and_bits i_error ();
    end
    if (SPLIT == 0) begin : gen_single
      wire unused = &{1'b0, second_pass};
    end
  endgenerate

  genvar r;
  generate
    for (r = 0; r < LINES; r = r + 1) begin : gen_slot
      wire signed [PRODUCT_BITS-1:0] slot = {{DEVICE_BITS{1'b0}}, slots[WIDTH*r+:WIDTH]};
      wire negative = devices[DEVICE_BITS*r+DEVICE_BITS-1];
      wire signed [PRODUCT_BITS-1:0] device = {
        {WIDTH{negative}}, devices[DEVICE_BITS*r+:DEVICE_BITS]
      };
      wire signed [PRODUCT_BITS-1:0] product = slot * device;
      if (SPLIT != 0) begin : gen_split
        always_ff @(posedge clk)
          if (en)
            products[PRODUCT_BITS*r+:PRODUCT_BITS] <=
                second_pass != negative ? {PRODUCT_BITS{1'b0}} : negative ? -product : product;
      end else begin : gen_whole
        always_ff @(posedge clk) if (en) products[PRODUCT_BITS*r+:PRODUCT_BITS] <= product;
      end
    end
  endgenerate
endmodule
`default_nettype wire
