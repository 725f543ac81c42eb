// Devices that one lane meets one after the other, the same for every neuron: a table of constants.
//
// Timing: `device` of cycle t+1 is that of the step addressed in cycle t (if `en`).
`default_nettype none
module pl_device_table #(
  /// Devices.
  parameter integer COUNT = 4,
  /// Bits of one device (signed).
  parameter integer DEVICE_BITS = 2,
  /// Device i in bits [DEVICE_BITS*i +: DEVICE_BITS].
  parameter [COUNT*DEVICE_BITS-1:0] DEVICES = {COUNT{{(DEVICE_BITS - 1) {1'b0}}, 1'b1}}
) (
  input  wire clk,
  input  wire en,
  input  wire [pl_geometry::index_bits(COUNT)-1:0] step,
  output logic [DEVICE_BITS-1:0] device
);
  generate
    if (COUNT < 1 || DEVICE_BITS < 1) begin : gen_check
      pl_error_device_table_needs_a_device_and_a_bit i_error ();
    end
  endgenerate

  logic [DEVICE_BITS-1:0] rows[0:COUNT-1];
  integer i;
  initial for (i = 0; i < COUNT; i = i + 1) rows[i] = DEVICES[DEVICE_BITS*i+:DEVICE_BITS];

  always_ff @(posedge clk) if (en) device <= rows[step];
endmodule
`default_nettype wire
