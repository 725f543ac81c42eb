// Post-op registers b, m, c of every neuron and context.
//
// Timing: a row arrives on the row bus in cycle t and can be read from cycle t+1 on; the registers
// of cycle t+1 are those addressed in cycle t (if `read_en`).
`default_nettype none
module pl_register_file #(
  /// Rows: contexts x neurons.
  parameter integer DEPTH = 4,
  /// 1: last layer, which keeps b alone (m and c read as zero).
  parameter integer LAST = 0
) (
  input  wire clk,
  input  wire write_en,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] write_addr,
  /// A row of the load stream: b, m, c low, c high, a word each.
  input  wire [127:0] write_data,
  input  wire read_en,
  input  wire [pl_geometry::index_bits(DEPTH)-1:0] read_addr,
  output wire [31:0] b,
  output wire [16:0] m,
  output wire [47:0] c
);
  generate
    if (LAST != 0) begin : gen_bias
      wire unused = &{1'b0, write_data[127:32]};
      assign m = 17'd0;
      assign c = 48'd0;
      pl_stage_memory #(.WIDTH(32), .DEPTH(DEPTH)) i_rows (
        .clk(clk), .write_en(write_en), .write_addr(write_addr), .write_data(write_data[31:0]),
        .read_en(read_en), .read_addr(read_addr), .read_data(b)
      );
    end else begin : gen_all
      // The bits left out repeat the sign.
      wire unused = &{1'b0, write_data[127:112], write_data[63:49]};
      pl_stage_memory #(.WIDTH(97), .DEPTH(DEPTH)) i_rows (
        .clk(clk), .write_en(write_en), .write_addr(write_addr),
        .write_data({write_data[111:64], write_data[48:0]}),
        .read_en(read_en), .read_addr(read_addr), .read_data({c, m, b})
      );
    end
  endgenerate
endmodule
`default_nettype wire
