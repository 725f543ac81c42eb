// The bank of a layer whose neurons share one profile: fixed devices, one product register each.
//
// Timing: `products` of cycle t+1 belong to `slots` of cycle t. With split rails the positive
// devices count in pass 0 and the negative ones, without their sign, in pass 1.
`default_nettype none
module pl_device_bank #(
  /// Slots, one device each.
  parameter integer LINES = 4,
  /// Bits of one slot (unsigned).
  parameter integer WIDTH = 8,
  /// Bits of one device (signed).
  parameter integer DEVICE_BITS = 2,
  /// 1: split rails, two passes.
  parameter integer SPLIT = 0,
  /// Device r in bits [DEVICE_BITS*r +: DEVICE_BITS].
  parameter [LINES*DEVICE_BITS-1:0] DEVICES = {LINES{{(DEVICE_BITS - 1) {1'b0}}, 1'b1}}
) (
  input  wire clk,
  input  wire en,
  /// Pass of the item in `slots`; without split rails it does not matter.
  input  wire second_pass,
  input  wire [LINES*WIDTH-1:0] slots,
  /// Product r (signed) in bits [(WIDTH+DEVICE_BITS)*r +: WIDTH+DEVICE_BITS].
  output logic [LINES*(WIDTH+DEVICE_BITS)-1:0] products
);
  localparam integer PRODUCT_BITS = WIDTH + DEVICE_BITS;

  generate
    if (LINES < 1 || WIDTH < 1 || DEVICE_BITS < 1) begin : gen_check
      pl_error_device_bank_needs_lines_and_bits i_error ();
    end
  endgenerate

  // Without split rails, or where every device is zero, the pass is of no account.
  wire unused = &{1'b0, second_pass};

  genvar r;
  generate
    for (r = 0; r < LINES; r = r + 1) begin : gen_slot
      localparam signed [DEVICE_BITS-1:0] DEVICE = DEVICES[DEVICE_BITS*r+:DEVICE_BITS];
      localparam IS_NEGATIVE = DEVICES[DEVICE_BITS*r+DEVICE_BITS-1];
      wire signed [PRODUCT_BITS-1:0] slot = {
        {DEVICE_BITS{1'b0}}, slots[WIDTH*r+:WIDTH]
      };
      if (DEVICE == 0) begin : gen_zero
        wire unused_slot = &{1'b0, slot};
        always_ff @(posedge clk)
          if (en) products[PRODUCT_BITS*r+:PRODUCT_BITS] <= {PRODUCT_BITS{1'b0}};
      end else begin : gen_device
        localparam signed [PRODUCT_BITS-1:0] WEIGHT = {{WIDTH{IS_NEGATIVE}}, DEVICE};
        localparam signed [PRODUCT_BITS-1:0] MAGNITUDE = IS_NEGATIVE ? -WEIGHT : WEIGHT;
        wire signed [PRODUCT_BITS-1:0] product = slot * (SPLIT != 0 ? MAGNITUDE : WEIGHT);
        if (SPLIT != 0) begin : gen_split
          always_ff @(posedge clk)
            if (en)
              products[PRODUCT_BITS*r+:PRODUCT_BITS] <=
                  second_pass == IS_NEGATIVE ? product : {PRODUCT_BITS{1'b0}};
        end else begin : gen_whole
          always_ff @(posedge clk) if (en) products[PRODUCT_BITS*r+:PRODUCT_BITS] <= product;
        end
      end
    end
  endgenerate
endmodule
`default_nettype wire
