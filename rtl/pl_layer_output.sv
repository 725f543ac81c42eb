// The end of a layer of any engine: from the sum of a neuron to the write into the block behind.
//
// Timing: a sum of cycle t, whose registers were addressed in cycle t-1, is at the write port in
// cycle t + 4, in the last layer t + 1.
`default_nettype none
module pl_layer_output #(
  /// Neurons of the layer.
  parameter integer NEURONS = 4,
  /// Bits of a sum (signed).
  parameter integer ACC_BITS = 12,
  /// Bits of an output code (without meaning in the last layer).
  parameter integer OUT_BITS = 8,
  /// 1: the last layer, which writes 32-bit logits.
  parameter integer LAST = 0,
  /// Configurations held at once.
  parameter integer CONTEXTS = 2,
  /// Bits of the row bus, at least 128.
  parameter integer ROW_BITS = 128,
  /// Bits of a code that is added; 0: nothing is added.
  parameter integer SKIP_BITS = 0,
  /// Bits of the skip port, and of an output: 32 in the last layer, else OUT_BITS. Do not overwrite.
  parameter integer SKIP_PORT = pl_geometry::max(SKIP_BITS, 1),
  parameter integer VALUE_BITS = LAST != 0 ? 32 : OUT_BITS
) (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  /// Row bus of the configuration loader: a row of this layer.
  input  wire row_valid,
  input  wire [7:0] row_section,
  input  wire [31:0] row_addr,
  input  wire [ROW_BITS-1:0] row_data,
  /// Row of the registers that the sum of the next cycle needs.
  input  wire [pl_geometry::index_bits(CONTEXTS*NEURONS)-1:0] read_addr,
  input  wire in_valid,
  input  wire [pl_geometry::index_bits(NEURONS)-1:0] in_neuron,
  input  wire in_ctx,
  input  wire [ACC_BITS-1:0] acc,
  /// The code that is added to the sum.
  input  wire [SKIP_PORT-1:0] skip,
  /// Write port of the block behind.
  input  wire wr_ready,
  output wire wr_valid,
  output wire wr_last,
  output wire [15:0] wr_index,
  output wire wr_ctx,
  output wire [VALUE_BITS-1:0] wr_data,
  /// The write of this cycle; index and value are zero while there is none.
  output wire probe_valid,
  output wire [15:0] probe_index,
  output wire [31:0] probe_value
);
  localparam integer NEURON_BITS = pl_geometry::index_bits(NEURONS);
  localparam integer ADDR_BITS = pl_geometry::index_bits(CONTEXTS * NEURONS);
  localparam [NEURON_BITS-1:0] LAST_NEURON = NEURONS[NEURON_BITS-1:0] - 1'b1;

  generate
    if (NEURONS < 1 || NEURONS > 65535 || ROW_BITS < 128) begin : gen_check
      pl_error_layer_output_needs_neurons_and_a_row_bus_of_128_bits i_error ();
    end
  endgenerate
  wire unused = &{1'b0, row_addr, row_data};

  // The registers of a neuron arrive together with its sum.
  wire [31:0] b;
  wire [16:0] m;
  wire [47:0] c;
  wire [CONTEXTS*(SKIP_BITS!=0?72:55)-1:0] layer_registers;
  wire [NEURON_BITS-1:0] neuron;
  pl_register_file #(.DEPTH(CONTEXTS * NEURONS), .LAST(LAST)) i_registers (
    .clk(clk), .write_en(row_valid && row_section == 8'd2), .write_addr(row_addr[ADDR_BITS-1:0]),
    .write_data(row_data[127:0]), .read_en(en), .read_addr(read_addr), .b(b), .m(m), .c(c)
  );
  pl_layer_registers #(.CONTEXTS(CONTEXTS), .ADDS(SKIP_BITS != 0 ? 1 : 0)) i_layer_registers (
    .clk(clk), .write_en(row_valid && row_section == 8'd3), .write_ctx(row_addr[0]),
    .write_data(row_data[127:0]), .registers(layer_registers)
  );
  pl_post_op #(
    .ACC_BITS(ACC_BITS), .OUT_BITS(OUT_BITS), .LAST(LAST), .INDEX_BITS(NEURON_BITS),
    .CONTEXTS(CONTEXTS), .SKIP_BITS(SKIP_BITS)
  ) i_post_op (
    .clk(clk), .rst_n(rst_n), .en(en), .in_valid(in_valid), .in_index(in_neuron), .in_ctx(in_ctx),
    .acc(acc), .b(b), .m(m), .c(c), .skip(skip), .layer_registers(layer_registers), .out_valid(wr_valid),
    .out_index(neuron), .out_ctx(wr_ctx), .out_value(wr_data)
  );

  assign wr_last = neuron == LAST_NEURON;
  assign wr_index = {{(16 - NEURON_BITS) {1'b0}}, neuron};

  assign probe_valid = wr_valid && wr_ready;
  assign probe_index = probe_valid ? wr_index : 16'd0;
  generate
    if (VALUE_BITS == 32) begin : gen_probe_logit
      assign probe_value = probe_valid ? wr_data : 32'd0;
    end else begin : gen_probe_code
      assign probe_value = probe_valid ? {{(32 - VALUE_BITS) {1'b0}}, wr_data} : 32'd0;
    end
  endgenerate
endmodule
`default_nettype wire
