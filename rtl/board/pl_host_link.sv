// The streams of permloom_top over bytes, so that a computer on a serial line can use the chip.
//
//     to the chip    'P' and the bytes of an image: its beats, STREAM_BITS / 8 bytes each
//                    'L', four bytes with the number of words, then a load stream of so many words
//                    'S' and one byte: the context wanted
//                    'Q': the chip answers with its status
//     to the host    'R' and the words of a result (outputs + 1)
//                    'S' and four bytes: running context, loaded contexts, error of the last load,
//                    flags (bit 0 an image was dropped, bit 1 since the last answer a byte came
//                    too fast, was none of the commands, or was of an image without a context
//                    that is loaded)
//
// An image that no context is loaded for is swallowed here: the chip would never take it, and the
// line would wait for ever. Words and beats go low byte first. Bytes cannot wait: one that comes while a word or beat is still
// offered to the chip is lost and sets flag 1. Timing: a word is offered to the chip in the
// cycle after its last byte; a result word goes out as soon as the line is free.
`default_nettype none
module pl_host_link #(
  /// Beats of an image, and the width of a beat in bits, whole bytes.
  parameter integer BEATS = 1,
  parameter integer STREAM_BITS = 64
) (
  input  wire clk,
  input  wire rst_n,
  /// Bytes from the line, and onto it.
  input  wire rx_valid,
  input  wire [7:0] rx_data,
  output wire tx_valid,
  input  wire tx_ready,
  output wire [7:0] tx_data,
  /// The streams and pins of permloom_top.
  output wire [31:0] cfg_tdata,
  output wire cfg_tvalid,
  input  wire cfg_tready,
  output wire cfg_tlast,
  output wire [STREAM_BITS-1:0] pix_tdata,
  output wire pix_tvalid,
  input  wire pix_tready,
  output wire pix_tlast,
  input  wire [31:0] res_tdata,
  input  wire res_tvalid,
  output wire res_tready,
  input  wire res_tlast,
  output wire [7:0] ctx_select,
  input  wire [7:0] ctx_active,
  input  wire [7:0] ctx_valid,
  input  wire [7:0] load_error,
  input  wire pix_error
);
  localparam integer WIDTH = pl_geometry::max(STREAM_BITS, 32);
  localparam integer BEAT_BYTES = STREAM_BITS / 8;
  localparam [31:0] LAST_BEAT = BEATS - 1;
  localparam [3:0] LAST_BEAT_BYTE = BEAT_BYTES[3:0] - 4'd1;

  generate
    if (STREAM_BITS < 8 || STREAM_BITS > 64 || STREAM_BITS % 8 != 0 || BEATS < 1) begin : gen_check
      pl_error_host_link_parameters i_error ();
    end
  endgenerate

  localparam [7:0] IMAGE = 8'h50;   // 'P'
  localparam [7:0] LOAD = 8'h4c;    // 'L'
  localparam [7:0] SELECT = 8'h53;  // 'S'
  localparam [7:0] QUERY = 8'h51;   // 'Q'
  localparam [7:0] RESULT = 8'h52;  // 'R'

  localparam [2:0] COMMAND = 3'd0;
  localparam [2:0] PIXELS = 3'd1;
  localparam [2:0] LENGTH = 3'd2;
  localparam [2:0] WORDS = 3'd3;
  localparam [2:0] CONTEXT = 3'd4;

  // From the line: bytes gather in a word from the top down.
  logic [2:0] state_q;
  logic [3:0] byte_q;
  logic [31:0] left_q;  // words or beats behind the one in hand
  logic [WIDTH-1:0] word_q;
  logic offer_cfg_q, offer_pix_q, last_q;
  logic [7:0] select_q;
  logic fault_q;
  logic asked_q;

  wire [WIDTH-1:0] word_next = {rx_data, word_q[WIDTH-1:8]};
  wire waiting = offer_cfg_q || offer_pix_q;
  wire word_ends = byte_q == 4'd3;
  wire beat_ends = byte_q == LAST_BEAT_BYTE;
  wire taken = rx_valid && !waiting;
  wire runs = ctx_valid[ctx_active[2:0]];

  assign cfg_tdata = word_q[WIDTH-1-:32];
  assign pix_tdata = word_q[WIDTH-1-:STREAM_BITS];
  assign cfg_tvalid = offer_cfg_q;
  assign pix_tvalid = offer_pix_q;
  assign cfg_tlast = last_q;
  assign pix_tlast = last_q;
  assign ctx_select = select_q;

  wire status_sent;
  always_ff @(posedge clk)
    if (!rst_n) begin
      state_q <= COMMAND;
      byte_q <= 4'd0;
      offer_cfg_q <= 1'b0;
      offer_pix_q <= 1'b0;
      last_q <= 1'b0;
      select_q <= 8'd0;
      fault_q <= 1'b0;
      asked_q <= 1'b0;
    end else begin
      if (offer_cfg_q && cfg_tready) offer_cfg_q <= 1'b0;
      if (offer_pix_q && pix_tready) offer_pix_q <= 1'b0;
      if (status_sent) begin
        asked_q <= 1'b0;
        fault_q <= 1'b0;
      end
      if (rx_valid && waiting) fault_q <= 1'b1;
      if (taken) begin
        word_q <= word_next;
        byte_q <= byte_q + 4'd1;
        case (state_q)
          PIXELS:
            if (beat_ends) begin
              offer_pix_q <= runs;
              if (!runs) fault_q <= 1'b1;
              last_q <= left_q == 32'd0;
              byte_q <= 4'd0;
              left_q <= left_q - 32'd1;
              if (left_q == 32'd0) state_q <= COMMAND;
            end
          LENGTH:
            if (word_ends) begin
              byte_q <= 4'd0;
              left_q <= word_next[WIDTH-1-:32] - 32'd1;
              state_q <= word_next[WIDTH-1-:32] == 32'd0 ? COMMAND : WORDS;
            end
          WORDS:
            if (word_ends) begin
              offer_cfg_q <= 1'b1;
              last_q <= left_q == 32'd0;
              byte_q <= 4'd0;
              left_q <= left_q - 32'd1;
              if (left_q == 32'd0) state_q <= COMMAND;
            end
          CONTEXT: begin
            select_q <= rx_data;
            state_q <= COMMAND;
          end
          default: begin
            byte_q <= 4'd0;
            left_q <= LAST_BEAT;
            case (rx_data)
              IMAGE: state_q <= PIXELS;
              LOAD: state_q <= LENGTH;
              SELECT: state_q <= CONTEXT;
              QUERY: asked_q <= 1'b1;
              default: fault_q <= 1'b1;
            endcase
          end
        endcase
      end
    end

  // Onto the line: a message is a head byte and words; status comes between results. A result word
  // waits in a register of its own, which keeps the line out of the chip's paths.
  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] HEAD = 2'd1;
  localparam [1:0] BODY = 2'd2;
  logic [1:0] send_q;
  logic status_q;  // of the message in hand: status, not a result
  logic [1:0] out_q;
  logic held_q, held_last_q;
  logic [31:0] held_word_q;
  wire [31:0] status = {6'd0, fault_q, pix_error, load_error, ctx_valid, ctx_active};
  wire [31:0] body = status_q ? status : held_word_q;
  wire sends = tx_valid && tx_ready;
  wire word_sent = sends && send_q == BODY && out_q == 2'd3;

  assign tx_valid = send_q == HEAD || (send_q == BODY && (status_q || held_q));
  assign tx_data = send_q == HEAD ? (status_q ? SELECT : RESULT) : body[8*out_q+:8];
  assign res_tready = !held_q;
  assign status_sent = word_sent && status_q;

  always_ff @(posedge clk)
    if (!rst_n) begin
      send_q <= IDLE;
      out_q <= 2'd0;
      held_q <= 1'b0;
    end else begin
      if (!held_q) held_q <= res_tvalid;
      else if (word_sent && !status_q) held_q <= 1'b0;
      case (send_q)
        HEAD: if (sends) send_q <= BODY;
        BODY: begin
          if (sends) out_q <= out_q + 2'd1;
          if (word_sent && (status_q || held_last_q)) send_q <= IDLE;
        end
        default: begin
          status_q <= asked_q;
          if (asked_q || held_q) send_q <= HEAD;
        end
      endcase
    end
  always_ff @(posedge clk)
    if (!held_q) begin
      held_word_q <= res_tdata;
      held_last_q <= res_tlast;
    end
endmodule
`default_nettype wire
