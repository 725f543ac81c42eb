// Decoder of the code `level-map`: the class of every line to `source`, by counting sort: class c
// hands out its slots in ascending order, so that the lines of a class come in ascending order.
//
//   two slots of each class, lines on classes 1, 0, 0, 1  ->  source = {1, 2, 0, 3}
//
// A line has ceil(log2 L) bits; lines are packed without padding, least significant bit first, into
// 32-bit words, the last of them filled up with bits that are ignored.
//
// Timing: with words always there, `done` rises n + 2 cycles after `start`, one line a cycle; for one
// class, which has no words, n + 1. A result is read, when done, like any memory: `read_data` of
// cycle t+1 is the entry addressed in cycle t.
`default_nettype none
module pl_level_map_decoder #(
  /// Lines, and slots; any number from 1.
  parameter integer LINES = 5,
  /// Classes L, 1..65536; each has a counter of flip-flops.
  parameter integer CLASSES = 2,
  /// Bits of a number of slots. Do not overwrite.
  parameter integer COUNT_BITS = $clog2(LINES + 1),
  /// First slot of class c in bits [COUNT_BITS*c +: COUNT_BITS], ascending, the first 0; a class
  /// ends where the next one starts. Default: every slot is of the last class.
  parameter [CLASSES*COUNT_BITS-1:0] STARTS = {CLASSES * COUNT_BITS{1'b0}},
  /// Bits of an entry. Do not overwrite.
  parameter integer INDEX_BITS = pl_geometry::index_bits(LINES)
) (
  input  wire clk,
  input  wire rst_n,
  /// Begins a map with the next word; not while busy.
  input  wire start,
  /// Words of the code; one that is offered stays until it is taken.
  input  wire in_valid,
  input  wire [31:0] in_data,
  output wire in_ready,
  output logic busy,
  /// The source is complete; until the next start.
  output logic done,
  /// A line named no class, or a class that was full (so that another one is not); until the next
  /// start. The words are read to the end nevertheless, and the result is no permutation.
  output logic error,
  /// Read port of the result, only while not busy.
  input  wire [INDEX_BITS-1:0] read_addr,
  output wire [INDEX_BITS-1:0] read_data
);
  localparam integer CLASS_BITS = $clog2(CLASSES);
  localparam [INDEX_BITS-1:0] LAST_LINE = LINES[INDEX_BITS-1:0] - 1'b1;
  localparam [COUNT_BITS-1:0] ALL_SLOTS = LINES[COUNT_BITS-1:0];

  generate
    if (LINES < 1 || CLASSES < 1 || CLASSES > 65536) begin : gen_check
      pl_error_level_map_decoder_shape_out_of_range i_error ();
    end
    if (STARTS[COUNT_BITS-1:0] != {COUNT_BITS{1'b0}}) begin : gen_check_start
      pl_error_level_map_decoder_first_class_starts_at_0 i_error ();
    end
  endgenerate

  logic [INDEX_BITS-1:0] line;
  wire last = line == LAST_LINE;
  wire step;                   // the class of `line` is there
  wire [CLASSES-1:0] is_class; // it is this one

  genvar c;
  generate
    if (CLASSES == 1) begin : gen_no_code
      wire unused = &{1'b0, in_valid, in_data};
      assign in_ready = 1'b0;
      assign step = busy;
      assign is_class = 1'b1;
    end else begin : gen_code
      localparam [$clog2(CLASS_BITS+1)-1:0] WIDTH = CLASS_BITS[$clog2(CLASS_BITS+1)-1:0];
      wire field_valid;
      wire [CLASS_BITS-1:0] field;
      assign step = busy && field_valid;
      pl_field_reader #(
        .FIELD_BITS(CLASS_BITS), .CHUNK(CLASS_BITS <= 8 ? 8 : 16),
        .WORDS((LINES * CLASS_BITS + 31) / 32)
      ) i_reader (
        .clk(clk), .rst_n(rst_n), .start(start), .in_valid(in_valid), .in_data(in_data),
        .in_ready(in_ready), .field_valid(field_valid), .field(field), .take(step), .width(WIDTH),
        .finish(step && last)
      );
      for (c = 0; c < CLASSES; c = c + 1) begin : gen_class
        localparam [CLASS_BITS-1:0] NUMBER = c;
        assign is_class[c] = field == NUMBER;
      end
    end

    // next: the slot that the class hands out; the tables collect that of the class of this line.
    for (c = 0; c < CLASSES; c = c + 1) begin : gen_counter
      localparam [COUNT_BITS-1:0] FIRST = STARTS[COUNT_BITS*c+:COUNT_BITS];
      localparam [COUNT_BITS-1:0] END =
          c == CLASSES - 1 ? ALL_SLOTS : STARTS[COUNT_BITS*((c+1)%CLASSES)+:COUNT_BITS];
      logic [COUNT_BITS-1:0] next;
      wire [COUNT_BITS-1:0] slot_so_far, end_so_far;
      if (c == 0) begin : gen_first
        assign slot_so_far = is_class[c] ? next : {COUNT_BITS{1'b0}};
        assign end_so_far = is_class[c] ? END : {COUNT_BITS{1'b0}};
      end else begin : gen_next
        assign slot_so_far = is_class[c] ? next : gen_counter[c-1].slot_so_far;
        assign end_so_far = is_class[c] ? END : gen_counter[c-1].end_so_far;
      end
      always_ff @(posedge clk)
        if (start) next <= FIRST;
        else if (step && is_class[c]) next <= next + 1'b1;
    end
  endgenerate

  // For a class that does not exist both are 0: it counts as full.
  wire [COUNT_BITS-1:0] slot = gen_counter[CLASSES-1].slot_so_far;
  wire full = slot == gen_counter[CLASSES-1].end_so_far;
  pl_stage_memory #(.WIDTH(INDEX_BITS), .DEPTH(LINES)) i_memory (
    .clk(clk), .write_en(step && !full), .write_addr(slot[INDEX_BITS-1:0]), .write_data(line),
    .read_en(!busy), .read_addr(read_addr), .read_data(read_data)
  );

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      busy <= 1'b0;
      done <= 1'b0;
      error <= 1'b0;
    end else if (start) begin
      busy <= 1'b1;
      done <= 1'b0;
      error <= 1'b0;
    end else if (step) begin
      busy <= !last;
      done <= last;
      if (full) error <= 1'b1;
    end
    if (start) line <= {INDEX_BITS{1'b0}};
    else if (step) line <= line + 1'b1;
  end
endmodule
`default_nettype wire
