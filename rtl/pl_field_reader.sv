// Cuts a stream of 32-bit words into fields of changing width: fields follow one another without
// padding, least significant bit first, as in every code of compiler/perm.
//
// The words pass through a window in chunks. `at` is where the next field begins; a chunk enters at
// the top, and everything moves down, as soon as the field begins in the second chunk or behind it:
//
//            at
//            v
//   bits 0 ..|..FIELD.. | ... W-1 |  <- next chunk of the word         W = FIELD_BITS - 1 + CHUNK
//
// Timing: with words always there, the first field floor(W / CHUNK) + 1 cycles after `start`, then
// one a cycle where no field is wider than a chunk, one in two cycles up to two chunks. Behind the
// last word the window fills with zeros.
`default_nettype none
module pl_field_reader #(
  /// Bits of the widest field.
  parameter integer FIELD_BITS = 10,
  /// Bits taken from a word in a cycle: 8 or 16.
  parameter integer CHUNK = 8,
  /// Words of the stream.
  parameter integer WORDS = 4,
  /// Bits of a field's width. Do not overwrite.
  parameter integer WIDTH_BITS = $clog2(FIELD_BITS + 1)
) (
  input  wire clk,
  input  wire rst_n,
  /// A stream begins with the next word.
  input  wire start,
  /// Words; one that is offered stays until it is taken.
  input  wire in_valid,
  input  wire [31:0] in_data,
  output wire in_ready,
  /// The next field in the lowest `width` bits, with the bits behind it above.
  output wire field_valid,
  output wire [FIELD_BITS-1:0] field,
  /// Takes the field, of `width` bits; only while it is valid.
  input  wire take,
  input  wire [WIDTH_BITS-1:0] width,
  /// The last field is taken, now or before: what is left of the last word is dropped.
  input  wire finish
);
  localparam integer WINDOW = FIELD_BITS - 1 + CHUNK;
  localparam integer AT_BITS = $clog2(WINDOW + 1);
  localparam integer CHUNK_LOG = $clog2(CHUNK);
  localparam integer PART_BITS = 5 - CHUNK_LOG;
  localparam integer COUNT_BITS = $clog2(WORDS + 1);

  generate
    if (FIELD_BITS < 1 || WORDS < 1) begin : gen_check
      pl_error_field_reader_needs_a_bit_and_a_word i_error ();
    end
    if ((CHUNK != 8 && CHUNK != 16) || FIELD_BITS > 2 * CHUNK) begin : gen_check_chunk
      pl_error_field_reader_chunk_does_not_fit i_error ();
    end
  endgenerate

  logic [WINDOW-1:0] window;
  logic [AT_BITS-1:0] at;
  logic [PART_BITS-1:0] part;         // chunk of the word that enters next
  logic [COUNT_BITS-1:0] words_left;  // the word at the port included

  assign field_valid = at[AT_BITS-1:CHUNK_LOG] == {(AT_BITS - CHUNK_LOG) {1'b0}};
  wire [WINDOW-1:0] shifted = window >> at[CHUNK_LOG-1:0];
  assign field = shifted[FIELD_BITS-1:0];
  wire unused = &{1'b0, shifted};

  wire [AT_BITS-1:0] width_wide;
  generate
    if (WIDTH_BITS < AT_BITS) begin : gen_widen
      assign width_wide = {{(AT_BITS - WIDTH_BITS) {1'b0}}, width};
    end else begin : gen_as_wide
      assign width_wide = width;
    end
  endgenerate
  wire [AT_BITS-1:0] next_at = take ? at + width_wide : at;
  wire ended = words_left == {COUNT_BITS{1'b0}};
  wire behind = next_at[AT_BITS-1:CHUNK_LOG] != {(AT_BITS - CHUNK_LOG) {1'b0}};
  wire advance = behind && (in_valid || ended);
  wire [CHUNK-1:0] chunk = ended ? {CHUNK{1'b0}} : in_data[CHUNK*part+:CHUNK];
  wire word_done = advance && part == {PART_BITS{1'b1}};
  assign in_ready = !ended && (word_done || finish);

  localparam [AT_BITS-1:0] WINDOW_SIZE = WINDOW[AT_BITS-1:0];
  localparam [AT_BITS-1:0] CHUNK_SIZE = CHUNK[AT_BITS-1:0];
  localparam [COUNT_BITS-1:0] ALL_WORDS = WORDS[COUNT_BITS-1:0];
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      at <= {AT_BITS{1'b0}};
      part <= {PART_BITS{1'b0}};
      words_left <= {COUNT_BITS{1'b0}};
    end else if (start) begin
      at <= WINDOW_SIZE;
      part <= {PART_BITS{1'b0}};
      words_left <= ALL_WORDS;
    end else begin
      at <= advance ? next_at - CHUNK_SIZE : next_at;
      if (finish) words_left <= {COUNT_BITS{1'b0}};
      else if (in_ready) words_left <= words_left - 1'b1;
      if (advance && !ended) part <= part + 1'b1;
    end
  end

  generate
    if (WINDOW == CHUNK) begin : gen_whole
      always_ff @(posedge clk) if (advance) window <= chunk;
    end else begin : gen_moving
      always_ff @(posedge clk) if (advance) window <= {chunk, window[WINDOW-1:CHUNK]};
    end
  endgenerate
endmodule
`default_nettype wire
