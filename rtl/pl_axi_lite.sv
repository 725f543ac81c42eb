// The control port: AXI4-Lite registers with the chip's identity, its state and its counters, and
// with the choice of the context. The map is in MICROARCHITECTURE.md.
//
// Timing: a read takes 2 cycles, a write 3; no path from an input to a ready, valid or data pin.
`default_nettype none
module pl_axi_lite #(
  parameter integer LAYERS = 1,
  /// Contexts of the chip, 1 or 2.
  parameter integer CONTEXTS = 2,
  /// First 64 bits of the chip's fingerprint.
  parameter [63:0] FINGERPRINT = 64'd0
) (
  input  wire clk,
  input  wire rst_n,
  input  wire [11:0] s_axil_awaddr,
  input  wire s_axil_awvalid,
  output wire s_axil_awready,
  input  wire [31:0] s_axil_wdata,
  input  wire [3:0] s_axil_wstrb,
  input  wire s_axil_wvalid,
  output wire s_axil_wready,
  output wire [1:0] s_axil_bresp,
  output wire s_axil_bvalid,
  input  wire s_axil_bready,
  input  wire [11:0] s_axil_araddr,
  input  wire s_axil_arvalid,
  output wire s_axil_arready,
  output wire [31:0] s_axil_rdata,
  output wire [1:0] s_axil_rresp,
  output wire s_axil_rvalid,
  input  wire s_axil_rready,
  /// Context that the pins ask for, and the one that is wanted in the end.
  input  wire [7:0] ctx_select,
  output wire [7:0] ctx_wanted,
  input  wire ctx_active,
  input  wire [1:0] ctx_valid,
  /// Id of the load that each context completed last.
  input  wire [63:0] ctx_id,
  /// The loader has begun a load and waits for the rest of it.
  input  wire loading,
  input  wire [7:0] load_error,
  input  wire pix_error,
  output wire clear_pix_error,
  /// In this cycle an image has been taken whole, one has been dropped, a label has been accepted.
  input  wire image_taken,
  input  wire image_dropped,
  input  wire image_done
);
  localparam [31:0] IDENTITY = 32'h314d4c50;
  localparam [31:0] VERSION = 32'd1;
  localparam [1:0] SLVERR = 2'b10;

  // Addresses of words.
  localparam [9:0] SELECT = 10'h7;
  localparam [9:0] COMMAND = 10'h8;
  localparam [9:0] CYCLES_LOW = 10'h9;

  generate
    if (LAYERS < 1 || CONTEXTS < 1 || CONTEXTS > 2) begin : gen_check
      pl_error_axi_lite_parameters i_error ();
    end
  endgenerate

  // Write side.
  logic aw_full_q;
  logic w_full_q;
  logic [9:0] aw_word_q;
  logic [8:0] w_data_q;
  logic w_whole_q;
  logic bvalid_q;
  logic berror_q;
  logic [8:0] select_q;

  assign s_axil_awready = !aw_full_q;
  assign s_axil_wready = !w_full_q;
  assign s_axil_bvalid = bvalid_q;
  assign s_axil_bresp = berror_q ? SLVERR : 2'b00;

  wire acts = aw_full_q && w_full_q && !bvalid_q;
  wire to_select = w_whole_q && aw_word_q == SELECT;
  wire to_command = w_whole_q && aw_word_q == COMMAND;
  assign clear_pix_error = acts && to_command && w_data_q[0];
  wire restart = acts && to_command && w_data_q[1];

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      aw_full_q <= 1'b0;
      w_full_q <= 1'b0;
      bvalid_q <= 1'b0;
      berror_q <= 1'b0;
      select_q <= 9'd0;
    end else begin
      if (acts) aw_full_q <= 1'b0;
      else if (s_axil_awvalid) aw_full_q <= 1'b1;
      if (acts) w_full_q <= 1'b0;
      else if (s_axil_wvalid) w_full_q <= 1'b1;
      if (acts) begin
        bvalid_q <= 1'b1;
        berror_q <= !to_select && !to_command;
      end else if (s_axil_bready) begin
        bvalid_q <= 1'b0;
        berror_q <= 1'b0;
      end
      if (acts && to_select) select_q <= w_data_q;
    end
    if (!aw_full_q) aw_word_q <= s_axil_awaddr[11:2];
    if (!w_full_q) begin
      w_data_q <= s_axil_wdata[8:0];
      w_whole_q <= s_axil_wstrb == 4'b1111;
    end
  end
  assign ctx_wanted = select_q[8] ? select_q[7:0] : ctx_select;

  // Counters. `wrap_q` stands for the carry out of a low word of ones.
  logic [31:0] cycles_low_q;
  logic [31:0] cycles_high_q;
  logic wrap_q;
  logic [31:0] images_q;
  logic [31:0] results_q;
  logic [31:0] dropped_q;

  always_ff @(posedge clk)
    if (!rst_n || restart) begin
      cycles_low_q <= 32'd0;
      cycles_high_q <= 32'd0;
      wrap_q <= 1'b0;
      images_q <= 32'd0;
      results_q <= 32'd0;
      dropped_q <= 32'd0;
    end else begin
      cycles_low_q <= cycles_low_q + 32'd1;
      wrap_q <= cycles_low_q == 32'hfffffffe;
      if (wrap_q) cycles_high_q <= cycles_high_q + 32'd1;
      if (image_taken) images_q <= images_q + 32'd1;
      if (image_done) results_q <= results_q + 32'd1;
      if (image_dropped) dropped_q <= dropped_q + 32'd1;
    end

  // Read side.
  logic rvalid_q;
  logic rerror_q;
  logic [31:0] rdata_q;
  logic [31:0] kept_high_q;

  assign s_axil_arready = !rvalid_q;
  assign s_axil_rvalid = rvalid_q;
  assign s_axil_rdata = rdata_q;
  assign s_axil_rresp = rerror_q ? SLVERR : 2'b00;

  wire [9:0] ar_word = s_axil_araddr[11:2];
  wire ar_taken = s_axil_arvalid && !rvalid_q;
  wire ar_known = ar_word[9:4] == 6'd0;
  wire [31:0] state = {
    6'd0, pix_error, loading, load_error, 6'd0, ctx_valid, 7'd0, ctx_active
  };
  logic [31:0] value;
  always_comb
    case (ar_word[3:0])
      4'h0: value = IDENTITY;
      4'h1: value = VERSION;
      4'h2: value = LAYERS;
      4'h3: value = CONTEXTS;
      4'h4: value = FINGERPRINT[31:0];
      4'h5: value = FINGERPRINT[63:32];
      4'h6: value = state;
      4'h7: value = {23'd0, select_q};
      4'h9: value = cycles_low_q;
      4'ha: value = kept_high_q;
      4'hb: value = images_q;
      4'hc: value = results_q;
      4'hd: value = dropped_q;
      4'he: value = ctx_id[31:0];
      4'hf: value = ctx_id[63:32];
      default: value = 32'd0;
    endcase

  always_ff @(posedge clk)
    if (!rst_n) begin
      rvalid_q <= 1'b0;
      rerror_q <= 1'b0;
      rdata_q <= 32'd0;
      kept_high_q <= 32'd0;
    end else if (rvalid_q) begin
      if (s_axil_rready) begin
        rvalid_q <= 1'b0;
        rerror_q <= 1'b0;
        rdata_q <= 32'd0;
      end
    end else if (ar_taken) begin
      rvalid_q <= 1'b1;
      rerror_q <= !ar_known;
      rdata_q <= ar_known ? value : 32'd0;
      if (ar_word == CYCLES_LOW) kept_high_q <= cycles_high_q;
    end

  wire unused = &{1'b0, s_axil_awaddr[1:0], s_axil_araddr[1:0], s_axil_wdata[31:9]};
endmodule
`default_nettype wire
