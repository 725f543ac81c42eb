// Collects the logits of an image, finds the largest of the first `classes`, and sends both.
//
// A result is OUTPUTS + 1 beats: the logits in order, then the label with tlast. The lowest index
// wins a tie. Two banks: one is sent while the next is written.
`default_nettype none
module pl_result_unit #(
  /// Logits of an image, 1 to 32767.
  parameter integer OUTPUTS = 2
) (
  input  wire clk,
  input  wire rst_n,
  input  wire wr_valid,
  input  wire [15:0] wr_index,
  input  wire wr_last,
  input  wire wr_ctx,
  /// Signed logit.
  input  wire [31:0] wr_data,
  output wire wr_ready,
  /// Row bus of the configuration loader: section 4 sets the number of classes of a context.
  input  wire row_valid,
  input  wire [7:0] row_section,
  input  wire row_ctx,
  input  wire [15:0] row_classes,
  output wire [31:0] res_tdata,
  output wire res_tvalid,
  input  wire res_tready,
  output wire res_tlast,
  /// The last beat of an image of context done_ctx has been taken in this cycle.
  output wire done,
  output wire done_ctx
);
  localparam [7:0] SECTION_CLASSES = 8'd4;
  localparam integer INDEX_BITS = pl_geometry::index_bits(2 * OUTPUTS);
  localparam [INDEX_BITS-1:0] BANK = OUTPUTS[INDEX_BITS-1:0];
  localparam [INDEX_BITS-1:0] ZERO = {INDEX_BITS{1'b0}};

  generate
    if (OUTPUTS < 1 || OUTPUTS > 32767) begin : gen_check
      pl_error_result_unit_outputs i_error ();
    end
  endgenerate

  logic [1:0] full_q;
  logic [1:0] ctx_q;
  logic wr_bank_q;
  logic rd_bank_q;
  logic [15:0] beat_q;
  logic [15:0] label_q [0:1];
  logic [15:0] classes_q [0:1];
  (* no_rw_check *)
  logic [31:0] logits_q [0:2*OUTPUTS-1];

  // Write side with the running maximum.
  logic signed [31:0] best_q;
  logic [15:0] best_index_q;
  wire signed [31:0] logit = wr_data;
  wire write = wr_valid && wr_ready;
  wire better = wr_index == 16'd0 || (wr_index < classes_q[wr_ctx] && logit > best_q);
  wire [15:0] best_index = better ? wr_index : best_index_q;
  wire [INDEX_BITS-1:0] wr_address = wr_index[INDEX_BITS-1:0] + (wr_bank_q ? BANK : ZERO);

  assign wr_ready = !full_q[wr_bank_q];

  always_ff @(posedge clk) begin
    if (write) begin
      logits_q[wr_address] <= wr_data;
      if (better) best_q <= logit;
      best_index_q <= best_index;
    end
    if (write && wr_last) begin
      label_q[wr_bank_q] <= best_index;
      ctx_q[wr_bank_q] <= wr_ctx;
    end
    if (row_valid && row_section == SECTION_CLASSES) classes_q[row_ctx] <= row_classes;
  end

  // Read side.
  wire last_beat = beat_q == OUTPUTS[15:0];
  wire [INDEX_BITS-1:0] rd_address = beat_q[INDEX_BITS-1:0] + (rd_bank_q ? BANK : ZERO);
  wire [31:0] logit_out = logits_q[rd_address];
  wire taken = res_tvalid && res_tready;

  assign res_tvalid = full_q[rd_bank_q];
  assign res_tlast = res_tvalid && last_beat;
  assign res_tdata = !res_tvalid ? 32'd0 : last_beat ? {16'd0, label_q[rd_bank_q]} : logit_out;
  assign done = taken && last_beat;
  assign done_ctx = ctx_q[rd_bank_q];

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      full_q <= 2'b00;
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
      beat_q <= 16'd0;
    end else begin
      if (write && wr_last) begin
        full_q[wr_bank_q] <= 1'b1;
        wr_bank_q <= !wr_bank_q;
      end
      if (done) begin
        full_q[rd_bank_q] <= 1'b0;
        rd_bank_q <= !rd_bank_q;
      end
      if (taken) beat_q <= last_beat ? 16'd0 : beat_q + 16'd1;
    end
  end
endmodule
`default_nettype wire
