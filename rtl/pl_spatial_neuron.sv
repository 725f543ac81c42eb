// One neuron of the engine `spatial`: a switch network and a bank of devices of its own.
//
// Timing: lines of cycle t are in `acc` of cycle t + D + T + 2, with D = pl_geometry::stages(LINES)
// and T = ceil(log2 LINES); `ctx`, the passes and marks come along as the ports say.
`default_nettype none
module pl_spatial_neuron #(
  /// Lines of the network = slots of the bank, and bits of a line.
  parameter integer LINES = 4,
  parameter integer WIDTH = 8,
  /// Bits of one device (signed), and of every sum (signed).
  parameter integer DEVICE_BITS = 2,
  parameter integer ACC_BITS = 12,
  /// 1: split rails, two passes; 1: lines are bits, one plane of the inputs after the other.
  parameter integer SPLIT = 0,
  parameter integer SERIAL = 0,
  /// Configurations held at once.
  parameter integer CONTEXTS = 2,
  /// Bits of the row bus.
  parameter integer ROW_BITS = 128,
  /// Device r in bits [DEVICE_BITS*r +: DEVICE_BITS].
  parameter [LINES*DEVICE_BITS-1:0] DEVICES = {LINES{{(DEVICE_BITS - 1) {1'b0}}, 1'b1}},
  /// Switches of the network that are built, as in pl_folded_layer.
  parameter [pl_geometry::network_bits(LINES)-1:0] PRESENT =
      {pl_geometry::network_bits(LINES) {1'b1}},
  /// Stages of the network, at least 1. Do not overwrite.
  parameter integer TAPS = pl_geometry::max(pl_geometry::stages(LINES), 1)
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  /// A row of switch bits of this neuron.
  input  wire write_en,
  input  wire write_ctx,
  input  wire [7:0] write_stage,
  input  wire [ROW_BITS-1:0] write_data,
  input  wire [LINES*WIDTH-1:0] lines,
  /// Context of the item in stage d of the network, in bit d.
  input  wire [TAPS-1:0] ctx,
  /// Pass of the item behind the network.
  input  wire bank_pass,
  /// Of the item behind the adder tree.
  input  wire sum_valid,
  input  wire sum_first,
  input  wire sum_double,
  input  wire sum_last,
  output wire acc_valid,
  output wire [ACC_BITS-1:0] acc
);
  localparam integer STAGES = pl_geometry::stages(LINES);
  localparam integer PRODUCT_BITS = WIDTH + DEVICE_BITS;

  wire unused_row = &{1'b0, write_data};
  wire [pl_geometry::network_bits(LINES)-1:0] switch_bits;
  genvar d;
  generate
    if (STAGES == 0) begin : gen_no_stage
      wire unused_stage = &{1'b0, write_en, write_ctx, write_stage, ctx};
      assign switch_bits = 1'b0;
    end
    // Not gen_stage: in a cell within a loop Verilator 5.006 takes that for the loop of the network.
    for (d = 0; d < STAGES; d = d + 1) begin : gen_row
      localparam integer SWITCHES = pl_geometry::switches(LINES, d);
      localparam [7:0] THIS_STAGE = d;
      pl_wiring_register #(.WIDTH(SWITCHES), .CONTEXTS(CONTEXTS)) i_bits (
        .clk(clk), .write_en(write_en && write_stage == THIS_STAGE), .write_ctx(write_ctx),
        .write_data(write_data[SWITCHES-1:0]), .read_ctx(ctx[d]),
        .bits(switch_bits[pl_geometry::switch_offset(LINES, d)+:SWITCHES])
      );
    end
  endgenerate

  wire [LINES*WIDTH-1:0] slots;
  wire [LINES*PRODUCT_BITS-1:0] products;
  wire [ACC_BITS-1:0] sum;
  pl_as_waksman #(.LINES(LINES), .WIDTH(WIDTH), .PRESENT(PRESENT)) i_network (
    .clk(clk), .en(en), .bits(switch_bits), .in_data(lines), .out_data(slots)
  );
  pl_device_bank #(
    .LINES(LINES), .WIDTH(WIDTH), .DEVICE_BITS(DEVICE_BITS), .SPLIT(SPLIT), .DEVICES(DEVICES)
  ) i_bank (
    .clk(clk), .en(en), .second_pass(bank_pass), .slots(slots), .products(products)
  );
  pl_adder_tree #(.COUNT(LINES), .TERM_BITS(PRODUCT_BITS), .SUM_BITS(ACC_BITS)) i_tree (
    .clk(clk), .en(en), .terms(products), .sum(sum)
  );
  pl_accumulator #(.WIDTH(ACC_BITS), .SERIAL(SERIAL)) i_accumulator (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(sum_valid), .in_first(sum_first),
    .in_double(sum_double), .in_last(sum_last), .sum(sum), .out_valid(acc_valid), .acc(acc)
  );
endmodule
`default_nettype wire
