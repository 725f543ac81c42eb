// Collects the logits of an image, finds the largest of the first `classes`, and sends both.
//
// A result is OUTPUTS + 1 beats: the logits in order, then the label with tlast. The lowest index
// wins a tie. Two banks: one is sent while the next is written. The logits come and go in order: few
// of them wait in shift registers, many in a memory that is read a cycle ahead.
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
  localparam integer BEAT_BITS = pl_geometry::index_bits(OUTPUTS + 1);
  localparam [BEAT_BITS-1:0] LAST_BEAT = OUTPUTS[BEAT_BITS-1:0];
  /// Logits of a bank that still go into shift registers.
  localparam integer FEW = 16;

  generate
    if (OUTPUTS < 1 || OUTPUTS > 32767) begin : gen_check
      pl_error_result_unit_outputs i_error ();
    end
  endgenerate

  logic [1:0] full_q;
  logic [1:0] ctx_q;
  logic wr_bank_q;
  logic rd_bank_q;
  logic [BEAT_BITS-1:0] beat_q;
  logic [15:0] label_q [0:1];
  logic [15:0] classes_q [0:1];

  // Write side.
  wire write = wr_valid && wr_ready;
  assign wr_ready = !full_q[wr_bank_q];

  always_ff @(posedge clk) begin
    if (write && wr_last) ctx_q[wr_bank_q] <= wr_ctx;
    if (row_valid && row_section == SECTION_CLASSES) classes_q[row_ctx] <= row_classes;
  end

  // The running maximum of a bank and its index, the label. The upper half of a logit is compared a
  // cycle behind the write and the lower one another cycle later, so that no chain of carries is
  // longer than half a logit: the upper half of a maximum is the maximum of the upper halves. With two
  // logits or more the label is sent two cycles after its bank is full at the earliest, when the last
  // winner is still on its way into the label.
  logic first_1, first_2;  // logit 0
  logic rival_1, rival_2;  // a later one, of a class
  logic wins_3;
  logic bank_1, bank_2, bank_3;
  logic [15:0] index_1, index_2, index_3;
  logic [31:0] logit_1;
  logic [15:0] low_2;
  logic above_2, equal_2;  // the upper half is greater than the one of the maximum so far, or equal
  logic signed [15:0] best_high_q;
  logic [15:0] best_low_q;

  wire signed [15:0] high_1 = logit_1[31:16];
  wire above = high_1 > best_high_q;
  wire wins = first_2 || (rival_2 && (above_2 || (equal_2 && low_2 > best_low_q)));

  always_ff @(posedge clk) begin
    first_1 <= rst_n && write && wr_index == 16'd0;
    rival_1 <= rst_n && write && wr_index != 16'd0 && wr_index < classes_q[wr_ctx];
    bank_1 <= wr_bank_q;
    index_1 <= wr_index;
    logit_1 <= wr_data;
    if (first_1 || (rival_1 && above)) best_high_q <= high_1;
    first_2 <= rst_n && first_1;
    rival_2 <= rst_n && rival_1;
    bank_2 <= bank_1;
    index_2 <= index_1;
    low_2 <= logit_1[15:0];
    above_2 <= above;
    equal_2 <= high_1 == best_high_q;
    if (wins) best_low_q <= low_2;
    wins_3 <= wins;
    bank_3 <= bank_2;
    index_3 <= index_2;
    if (wins_3) label_q[bank_3] <= index_3;
  end

  // Read side.
  wire last_beat = beat_q == LAST_BEAT;
  wire [31:0] logit_out;
  wire taken = res_tvalid && res_tready;

  assign res_tvalid = full_q[rd_bank_q];
  assign res_tlast = res_tvalid && last_beat;
  wire [15:0] label =
      OUTPUTS == 1 ? 16'd0 : wins_3 && bank_3 == rd_bank_q ? index_3 : label_q[rd_bank_q];
  assign res_tdata = !res_tvalid ? 32'd0 : last_beat ? {16'd0, label} : logit_out;
  assign done = taken && last_beat;
  assign done_ctx = ctx_q[rd_bank_q];

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      full_q <= 2'b00;
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
      beat_q <= {BEAT_BITS{1'b0}};
    end else begin
      if (write && wr_last) begin
        full_q[wr_bank_q] <= 1'b1;
        wr_bank_q <= !wr_bank_q;
      end
      if (done) begin
        full_q[rd_bank_q] <= 1'b0;
        rd_bank_q <= !rd_bank_q;
      end
      if (taken) beat_q <= last_beat ? {BEAT_BITS{1'b0}} : beat_q + 1'b1;
    end
  end

  genvar k;
  generate
    if (OUTPUTS <= FEW) begin : gen_shift
      // In at the top, out at the bottom: after OUTPUTS writes logit 0 is lowest.
      for (k = 0; k < 2; k = k + 1) begin : gen_bank
        logic [32*OUTPUTS-1:0] logits_q;
        wire [32*OUTPUTS+31:0] chain = {wr_data, logits_q};
        wire unused = &{1'b0, chain[31:0]};
        wire written = write && wr_bank_q == k[0];
        wire sent = taken && rd_bank_q == k[0];
        always_ff @(posedge clk) if (written || sent) logits_q <= chain[32*OUTPUTS+31:32];
      end
      assign logit_out =
          rd_bank_q ? gen_bank[1].logits_q[31:0] : gen_bank[0].logits_q[31:0];
    end else begin : gen_memory
      localparam integer INDEX_BITS = pl_geometry::index_bits(2 * OUTPUTS);
      localparam [INDEX_BITS-1:0] BANK = OUTPUTS[INDEX_BITS-1:0];
      localparam [INDEX_BITS-1:0] ZERO = {INDEX_BITS{1'b0}};
      wire [INDEX_BITS-1:0] beat = {{(INDEX_BITS - BEAT_BITS) {1'b0}}, beat_q};
      wire next_bank = done ? !rd_bank_q : rd_bank_q;
      wire [INDEX_BITS-1:0] next_beat =
          done ? ZERO : taken ? beat + 1'b1 : beat;
      pl_stage_memory #(.WIDTH(32), .DEPTH(2 * OUTPUTS)) i_logits (
        .clk(clk), .write_en(write),
        .write_addr(wr_index[INDEX_BITS-1:0] + (wr_bank_q ? BANK : ZERO)), .write_data(wr_data),
        .read_en(1'b1), .read_addr(next_beat + (next_bank ? BANK : ZERO)), .read_data(logit_out)
      );
    end
  endgenerate
endmodule
`default_nettype wire
