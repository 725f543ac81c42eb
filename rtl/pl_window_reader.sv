// Reads the windows of a feature map, one after the other, into the buffer of an engine.
//
// Timing: LANES values a cycle. What is issued in cycle t is read by the edge that ends it and
// offered to the window buffer in t+1; while that is not ready, everything here stands still.
`default_nettype none
module pl_window_reader #(
  /// The map: rows, columns, channels.
  parameter integer ROWS = 3,
  parameter integer COLUMNS = 4,
  parameter integer CHANNELS = 2,
  /// Rows and columns of a window, and how far the next one lies.
  parameter integer KERNEL = 2,
  parameter integer STRIDE = 1,
  /// Rows and columns of padding in front of the map, of code ZERO.
  parameter integer TOP = 0,
  parameter integer LEFT = 0,
  parameter integer ZERO = 0,
  /// Windows in a column and in a row of the walk.
  parameter integer OUT_ROWS = 2,
  parameter integer OUT_COLUMNS = 3,
  /// Values of one read; divides CHANNELS.
  parameter integer LANES = 1,
  /// Bits of a value.
  parameter integer BITS = 8,
  /// Words of the map, bits of their address. Do not overwrite.
  parameter integer WORDS = ROWS * COLUMNS * (CHANNELS / LANES),
  parameter integer ADDR_BITS = pl_geometry::index_bits(WORDS)
) (
  input  wire clk,
  input  wire rst_n,
  /// Feature map: an image, its context and bank. `in_leave` with the last read of an image.
  input  wire in_valid,
  input  wire in_ctx,
  input  wire in_bank,
  output wire in_leave,
  /// What the layer adds is there as well; 1 where it adds nothing.
  input  wire skip_valid,
  output wire read_en,
  output wire read_bank,
  output wire [ADDR_BITS-1:0] read_addr,
  input  wire [LANES*BITS-1:0] read_data,
  /// Write port of the window buffer.
  input  wire wr_ready,
  output wire wr_valid,
  output wire wr_last,
  output wire [15:0] wr_addr,
  output wire wr_ctx,
  output wire [LANES*BITS-1:0] wr_data
);
  localparam integer PARTS = CHANNELS / LANES;
  localparam integer STEPS = KERNEL * KERNEL * PARTS;
  localparam integer PART_BITS = pl_geometry::index_bits(PARTS);
  localparam integer KERNEL_BITS = pl_geometry::index_bits(KERNEL);
  localparam integer ROW_BITS = pl_geometry::index_bits(OUT_ROWS);
  localparam integer COLUMN_BITS = pl_geometry::index_bits(OUT_COLUMNS);
  // Coordinates in the map, of padding too: signed.
  localparam integer PLACE_BITS = $clog2(
      pl_geometry::max(OUT_ROWS, OUT_COLUMNS) * STRIDE + KERNEL + pl_geometry::max(ROWS, COLUMNS)) +
      2;

  generate
    if (ROWS < 1 || COLUMNS < 1 || CHANNELS < 1 || KERNEL < 1 || STRIDE < 1 || OUT_ROWS < 1 ||
        OUT_COLUMNS < 1 || LANES < 1 || PARTS * LANES != CHANNELS || TOP < 0 || TOP >= KERNEL ||
        LEFT < 0 || LEFT >= KERNEL || BITS < 1)
      begin : gen_check
        pl_error_window_reader_shape_out_of_range i_error ();
      end
  endgenerate

  localparam [PART_BITS-1:0] LAST_PART = PARTS[PART_BITS-1:0] - 1'b1;
  localparam [KERNEL_BITS-1:0] LAST_KERNEL = KERNEL[KERNEL_BITS-1:0] - 1'b1;
  localparam [ROW_BITS-1:0] LAST_ROW = OUT_ROWS[ROW_BITS-1:0] - 1'b1;
  localparam [COLUMN_BITS-1:0] LAST_COLUMN = OUT_COLUMNS[COLUMN_BITS-1:0] - 1'b1;

  // Places as words of the map, modulo its size rounded up: right wherever the map is read.
  localparam integer LINE_STEP = COLUMNS * PARTS;
  localparam integer FIRST_WORD = -(TOP * COLUMNS + LEFT) * PARTS;
  localparam [ADDR_BITS-1:0] FIRST = FIRST_WORD[ADDR_BITS-1:0];
  localparam [ADDR_BITS-1:0] TO_LINE = LINE_STEP[ADDR_BITS-1:0];
  localparam integer COLUMN_STEP = STRIDE * PARTS;
  localparam integer ROW_STEP = STRIDE * LINE_STEP;
  localparam [ADDR_BITS-1:0] TO_COLUMN = COLUMN_STEP[ADDR_BITS-1:0];
  localparam [ADDR_BITS-1:0] TO_ROW = ROW_STEP[ADDR_BITS-1:0];
  // The same in rows and columns.
  localparam integer FIRST_Y = -TOP;
  localparam integer FIRST_X = -LEFT;
  localparam signed [PLACE_BITS-1:0] Y_FIRST = FIRST_Y[PLACE_BITS-1:0];
  localparam signed [PLACE_BITS-1:0] X_FIRST = FIRST_X[PLACE_BITS-1:0];
  localparam signed [PLACE_BITS-1:0] PLACE_STRIDE = STRIDE[PLACE_BITS-1:0];
  localparam signed [PLACE_BITS-1:0] Y_END = ROWS[PLACE_BITS-1:0];
  localparam signed [PLACE_BITS-1:0] X_END = COLUMNS[PLACE_BITS-1:0];
  localparam signed [PLACE_BITS-1:0] ONE = 1;
  localparam signed [PLACE_BITS-1:0] NONE = 0;

  logic [PART_BITS-1:0] part_q;
  logic [KERNEL_BITS-1:0] kernel_column_q;
  logic [KERNEL_BITS-1:0] kernel_row_q;
  logic [COLUMN_BITS-1:0] column_q;
  logic [ROW_BITS-1:0] row_q;
  logic [15:0] step_q;
  // First word of the row of windows, of the window, of its line, and the word in hand.
  logic [ADDR_BITS-1:0] row_word_q, window_word_q, line_word_q, word_q;
  logic signed [PLACE_BITS-1:0] window_y_q, window_x_q, y_q, x_q;

  logic valid_1, covered_1, last_1, ctx_1;
  logic [15:0] step_1;

  wire en = !(valid_1 && !wr_ready);
  wire issue = en && in_valid && skip_valid;

  wire part_ends = part_q == LAST_PART;
  wire line_ends = part_ends && kernel_column_q == LAST_KERNEL;
  wire window_ends = line_ends && kernel_row_q == LAST_KERNEL;
  wire row_ends = window_ends && column_q == LAST_COLUMN;
  wire image_ends = row_ends && row_q == LAST_ROW;
  wire covered = y_q >= NONE && y_q < Y_END && x_q >= NONE && x_q < X_END;

  assign in_leave = issue && image_ends;
  assign read_en = en;
  assign read_bank = in_bank;
  assign read_addr = word_q;

  // Where the next window begins.
  wire [ADDR_BITS-1:0] next_row_word = image_ends ? FIRST : row_word_q + TO_ROW;
  wire [ADDR_BITS-1:0] next_window_word = row_ends ? next_row_word : window_word_q + TO_COLUMN;
  wire signed [PLACE_BITS-1:0] next_y =
      image_ends ? Y_FIRST : row_ends ? window_y_q + PLACE_STRIDE : window_y_q;
  wire signed [PLACE_BITS-1:0] next_x = row_ends ? X_FIRST : window_x_q + PLACE_STRIDE;

  always_ff @(posedge clk)
    if (!rst_n) begin
      part_q <= {PART_BITS{1'b0}};
      kernel_column_q <= {KERNEL_BITS{1'b0}};
      kernel_row_q <= {KERNEL_BITS{1'b0}};
      column_q <= {COLUMN_BITS{1'b0}};
      row_q <= {ROW_BITS{1'b0}};
      step_q <= 16'd0;
      row_word_q <= FIRST;
      window_word_q <= FIRST;
      line_word_q <= FIRST;
      word_q <= FIRST;
      window_y_q <= Y_FIRST;
      window_x_q <= X_FIRST;
      y_q <= Y_FIRST;
      x_q <= X_FIRST;
    end else if (issue) begin
      part_q <= part_ends ? {PART_BITS{1'b0}} : part_q + 1'b1;
      if (part_ends)
        kernel_column_q <= line_ends ? {KERNEL_BITS{1'b0}} : kernel_column_q + 1'b1;
      if (line_ends) kernel_row_q <= window_ends ? {KERNEL_BITS{1'b0}} : kernel_row_q + 1'b1;
      if (window_ends) column_q <= row_ends ? {COLUMN_BITS{1'b0}} : column_q + 1'b1;
      if (row_ends) row_q <= image_ends ? {ROW_BITS{1'b0}} : row_q + 1'b1;
      step_q <= window_ends ? 16'd0 : step_q + 16'd1;
      if (window_ends) begin
        window_word_q <= next_window_word;
        line_word_q <= next_window_word;
        word_q <= next_window_word;
        window_y_q <= next_y;
        window_x_q <= next_x;
        y_q <= next_y;
        x_q <= next_x;
      end else if (line_ends) begin
        line_word_q <= line_word_q + TO_LINE;
        word_q <= line_word_q + TO_LINE;
        y_q <= y_q + ONE;
        x_q <= window_x_q;
      end else begin
        word_q <= word_q + 1'b1;
        if (part_ends) x_q <= x_q + ONE;
      end
      if (row_ends) row_word_q <= next_row_word;
    end

  always_ff @(posedge clk)
    if (!rst_n) valid_1 <= 1'b0;
    else if (en) valid_1 <= issue;
  always_ff @(posedge clk)
    if (en) begin
      covered_1 <= covered;
      last_1 <= window_ends;
      ctx_1 <= in_ctx;
      step_1 <= step_q;
    end

  localparam [BITS-1:0] PADDING = ZERO[BITS-1:0];
  assign wr_valid = valid_1;
  assign wr_last = last_1;
  assign wr_addr = step_1;
  assign wr_ctx = ctx_1;
  assign wr_data = covered_1 ? read_data : {LANES{PADDING}};

  generate
    if (STEPS > 65535) begin : gen_check_steps
      pl_error_window_reader_window_is_too_large i_error ();
    end
  endgenerate
endmodule
`default_nettype wire
