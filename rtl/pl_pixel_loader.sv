// Takes images from the pixel stream and writes them into the first activation buffer.
//
// An image is ceil(PIXELS / PER_BEAT) beats of PER_BEAT pixels, at most floor(STREAM_BITS / BITS), the
// last one with tlast. An image with tlast too early or missing is dropped: its bank is never
// completed, pix_error stays set until it is cleared, and beats up to the late tlast are taken and ignored.
`default_nettype none
module pl_pixel_loader #(
  parameter integer PIXELS = 4,
  /// Bits of one pixel.
  parameter integer BITS = 8,
  /// Width of the pixel stream.
  parameter integer STREAM_BITS = 64,
  /// Pixels of a beat: as many as fit, or fewer.
  parameter integer PER_BEAT = STREAM_BITS / BITS
) (
  input  wire clk,
  input  wire rst_n,
  input  wire [STREAM_BITS-1:0] pix_tdata,
  input  wire pix_tvalid,
  output wire pix_tready,
  input  wire pix_tlast,
  output wire pix_error,
  input  wire clear_pix_error,
  /// Context that an image gets with its first beat, and whether that context holds a load.
  input  wire ctx_active,
  input  wire ctx_active_valid,
  output wire wr_valid,
  output wire [15:0] wr_addr,
  output wire wr_last,
  output wire wr_ctx,
  output wire [PER_BEAT*BITS-1:0] wr_data,
  input  wire wr_ready,
  /// An image of context wr_ctx has begun / been taken whole / been dropped in this cycle.
  output wire begun,
  output wire whole,
  output wire dropped
);
  localparam integer BEATS = (PIXELS + PER_BEAT - 1) / PER_BEAT;
  localparam integer BEAT_BITS = pl_geometry::index_bits(BEATS);
  localparam [BEAT_BITS-1:0] FIRST_BEAT = {BEAT_BITS{1'b0}};
  localparam [BEAT_BITS-1:0] LAST_BEAT = BEATS[BEAT_BITS-1:0] - 1'b1;

  generate
    if (PIXELS < 1 || BITS < 1 || PER_BEAT < 1 || PER_BEAT * BITS > STREAM_BITS || BEATS > 65535) begin : gen_check
      pl_error_pixel_loader_parameters i_error ();
    end
  endgenerate

  logic [BEAT_BITS-1:0] beat_q;
  logic image_ctx_q;
  logic dropping_q;
  logic error_q;

  wire first = beat_q == FIRST_BEAT;
  wire last = beat_q == LAST_BEAT;

  assign pix_tready = dropping_q || (wr_ready && (!first || ctx_active_valid));
  assign pix_error = error_q;

  wire taken = pix_tvalid && pix_tready && !dropping_q;
  assign wr_valid = taken;
  assign wr_addr = {{(16 - BEAT_BITS) {1'b0}}, beat_q};
  assign wr_last = last && pix_tlast;
  assign wr_ctx = first ? ctx_active : image_ctx_q;
  assign wr_data = pix_tdata[PER_BEAT*BITS-1:0];
  assign begun = taken && first;
  assign whole = taken && wr_last;
  assign dropped = taken && last != pix_tlast;

  generate
    if (PER_BEAT * BITS < STREAM_BITS) begin : gen_surplus
      wire unused = &{1'b0, pix_tdata[STREAM_BITS-1:PER_BEAT*BITS]};
    end
  endgenerate

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      beat_q <= FIRST_BEAT;
      dropping_q <= 1'b0;
      error_q <= 1'b0;
    end else begin
      if (taken) beat_q <= last || pix_tlast ? FIRST_BEAT : beat_q + 1'b1;
      if (dropped) error_q <= 1'b1;
      else if (clear_pix_error) error_q <= 1'b0;
      if (taken && last && !pix_tlast) dropping_q <= 1'b1;
      else if (dropping_q && pix_tvalid && pix_tlast) dropping_q <= 1'b0;
    end
    if (begun) image_ctx_q <= ctx_active;
  end
endmodule
`default_nettype wire
