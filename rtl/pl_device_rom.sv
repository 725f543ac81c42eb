// The devices of a layer with a profile per neuron: one row of devices per neuron, frozen.
//
// Timing: `devices` of cycle t+1 is the row of the neuron addressed in cycle t (if `en`).
`default_nettype none
module pl_device_rom #(
  /// Devices in a row.
  parameter integer LINES = 4,
  /// Bits of one device (signed).
  parameter integer DEVICE_BITS = 2,
  /// Rows.
  parameter integer NEURONS = 2,
  /// Image of the rows for $readmemh, a row a line, device r in bits [DEVICE_BITS*r +:
  /// DEVICE_BITS]; "" makes every device zero.
  parameter IMAGE = ""
) (
  input  wire clk,
  input  wire en,
  input  wire [pl_geometry::index_bits(NEURONS)-1:0] neuron,
  output logic [LINES*DEVICE_BITS-1:0] devices
);
  generate
    if (LINES < 1 || DEVICE_BITS < 1 || NEURONS < 1) begin : gen_check
      pl_error_device_rom_needs_lines_bits_and_neurons i_error ();
    end
  endgenerate

  logic [LINES*DEVICE_BITS-1:0] rows[0:NEURONS-1];
  generate
    if (IMAGE != "") begin : gen_image
      initial $readmemh(IMAGE, rows);
    end else begin : gen_zero
      integer i;
      initial for (i = 0; i < NEURONS; i = i + 1) rows[i] = {(LINES * DEVICE_BITS) {1'b0}};
    end
  endgenerate

  always_ff @(posedge clk) if (en) devices <= rows[neuron];
endmodule
`default_nettype wire
