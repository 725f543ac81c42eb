// Decoder of the code `factorial-stream`: digits of the factorial number system to a permutation,
// by the inside-out shuffle of Fisher and Yates in one memory.
//
//   p is empty; for i = 0..n-1 with digit d <= i:   p[i] = p[d]; p[d] = i
//   digits 0, 1, 0, 2:   0   0 1   2 1 0   2 1 3 0
//
// Digit i has ceil(log2(i+1)) bits; digits are packed without padding, least significant bit first,
// into 32-bit words, the last of them filled up with bits that are ignored.
//
// Timing: with words always there, `done` rises 2n + F + 2 cycles after `start`, with
// F = floor((B + 7) / 8) for B = ceil(log2 n) bits of an index: 1572 cycles for n = 784; for n = 1,
// which has no words, 1 cycle. Digit i takes two cycles,
//
//   PICK    reads p[d], writes p[d'] = i-1 for the digit d' before (and remembers d = d', as
//           that value is not yet in the memory),
//   PLACE   writes p[i] = p[d],
//
// and one cycle more writes behind the last digit. A result is read, when done, like any memory:
// `read_data` of cycle t+1 is the entry addressed in cycle t.
`default_nettype none
module pl_factorial_decoder #(
  /// Entries of the permutation, 1..65536.
  parameter integer LINES = 5,
  /// Bits of an entry. Do not overwrite.
  parameter integer INDEX_BITS = pl_geometry::index_bits(LINES)
) (
  input  wire clk,
  input  wire rst_n,
  /// Begins a permutation with the next word; not while busy.
  input  wire start,
  /// Words of the code; one that is offered stays until it is taken.
  input  wire in_valid,
  input  wire [31:0] in_data,
  output wire in_ready,
  output wire busy,
  /// The permutation is complete; until the next start.
  output logic done,
  /// A digit i was above i; until the next start. The words are read to the end nevertheless, and
  /// the result is no permutation.
  output logic error,
  /// Read port of the result, only while not busy.
  input  wire [INDEX_BITS-1:0] read_addr,
  output wire [INDEX_BITS-1:0] read_data
);
  localparam integer CODE_BITS = pl_geometry::factorial_bits(LINES);

  generate
    if (LINES < 1 || LINES > 65536) begin : gen_check
      pl_error_factorial_decoder_lines_out_of_range i_error ();
    end
    if (LINES == 1) begin : gen_single
      wire unused = &{1'b0, in_valid, in_data, read_addr};
      assign in_ready = 1'b0;
      assign busy = 1'b0;
      assign read_data = 1'b0;
      always_ff @(posedge clk)
        if (!rst_n) done <= 1'b0;
        else if (start) done <= 1'b1;
      always_ff @(posedge clk) error <= 1'b0;
    end else begin : gen_decoder
      localparam integer WIDTH_BITS = $clog2(INDEX_BITS + 1);
      localparam [INDEX_BITS-1:0] LAST_LINE = LINES[INDEX_BITS-1:0] - 1'b1;
      localparam [1:0] IDLE = 2'd0, PICK = 2'd1, PLACE = 2'd2, LAST = 2'd3;

      logic [1:0] state;
      logic [INDEX_BITS-1:0] i;       // number of the digit
      logic [INDEX_BITS-1:0] i_before;
      logic [INDEX_BITS-1:0] d_before;
      logic repeated;                 // d equals the digit before
      logic [INDEX_BITS-1:0] mask;    // ones over the bits of digit i
      logic [WIDTH_BITS-1:0] width;   // how many these are

      wire field_valid;
      wire [INDEX_BITS-1:0] field;
      wire pick = state == PICK && field_valid;
      wire place = state == PLACE;
      wire last = state == LAST;
      pl_field_reader #(
        .FIELD_BITS(INDEX_BITS), .CHUNK(8), .WORDS((CODE_BITS + 31) / 32)
      ) i_reader (
        .clk(clk), .rst_n(rst_n), .start(start), .in_valid(in_valid), .in_data(in_data),
        .in_ready(in_ready), .field_valid(field_valid), .field(field), .take(pick), .width(width),
        .finish(last)
      );

      wire [INDEX_BITS-1:0] d = field & mask;
      wire [INDEX_BITS-1:0] old;  // p[d]
      pl_stage_memory #(.WIDTH(INDEX_BITS), .DEPTH(LINES)) i_memory (
        .clk(clk), .write_en(pick || place || last), .write_addr(place ? i : d_before),
        .write_data(place && !repeated ? old : i_before), .read_en(!place && !last),
        .read_addr(busy ? d : read_addr), .read_data(old)
      );
      assign read_data = old;
      assign busy = state != IDLE;

      always_ff @(posedge clk) begin
        if (!rst_n) begin
          state <= IDLE;
          done <= 1'b0;
          error <= 1'b0;
        end else if (start) begin
          state <= PICK;
          done <= 1'b0;
          error <= 1'b0;
        end else begin
          if (pick) state <= PLACE;
          if (place) state <= i == LAST_LINE ? LAST : PICK;
          if (last) state <= IDLE;
          if (last) done <= 1'b1;
          if (pick && d > i) error <= 1'b1;
        end
      end

      wire [INDEX_BITS-1:0] next_i = i + 1'b1;
      always_ff @(posedge clk) begin
        if (start) begin
          i <= {INDEX_BITS{1'b0}};
          mask <= {INDEX_BITS{1'b0}};
          width <= {WIDTH_BITS{1'b0}};
        end else if (place) begin
          i <= next_i;
          mask <= mask | next_i;
          if (i == mask) width <= width + 1'b1;
        end
        if (place) i_before <= i;
        if (pick) d_before <= d;
        if (pick) repeated <= d == d_before;
      end
    end
  endgenerate
endmodule
`default_nettype wire
