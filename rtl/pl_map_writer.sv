// Gives the codes of a layer that walks their places in its output map, and pools them.
//
// Timing: without a pool a code passes in the cycle in which it comes. With one, the code that
// completes a pool is written in the next cycle; the others are taken and vanish into it.
`default_nettype none
module pl_map_writer #(
  /// Neurons of the layer, and its positions.
  parameter integer NEURONS = 2,
  parameter integer ROWS = 4,
  parameter integer COLUMNS = 4,
  /// 0: none; 1: the largest code of WINDOW x WINDOW positions; 2: their sum. Whole windows only.
  parameter integer POOL = 1,
  parameter integer WINDOW = 2,
  /// Bits of a code, and of a value of the map. Do not overwrite the second.
  parameter integer BITS = 8,
  parameter integer VALUE_BITS = POOL == 2 ? BITS + $clog2(WINDOW * WINDOW) : BITS
) (
  input  wire clk,
  input  wire rst_n,
  /// The layer's write port; in_last with its last neuron.
  input  wire in_valid,
  input  wire in_last,
  input  wire in_ctx,
  input  wire [BITS-1:0] in_data,
  output wire in_ready,
  /// Write port of all that read or add the map.
  input  wire wr_ready,
  output wire wr_valid,
  output wire wr_last,
  output wire [15:0] wr_index,
  output wire wr_ctx,
  output wire [VALUE_BITS-1:0] wr_data,
  /// The write of this cycle; index and value are zero while there is none.
  output wire probe_valid,
  output wire [15:0] probe_index,
  output wire [31:0] probe_value
);
  localparam integer POOL_ROWS = POOL == 0 ? ROWS : ROWS / WINDOW;
  localparam integer POOL_COLUMNS = POOL == 0 ? COLUMNS : COLUMNS / WINDOW;
  localparam integer SIZE = POOL_ROWS * POOL_COLUMNS * NEURONS;
  localparam [16:0] LAST_INDEX_WIDE = SIZE[16:0] - 17'd1;
  localparam [15:0] LAST_INDEX = LAST_INDEX_WIDE[15:0];

  generate
    if (NEURONS < 1 || ROWS < 1 || COLUMNS < 1 || POOL < 0 || POOL > 2 || BITS < 1 ||
        VALUE_BITS > 32 || (POOL != 0 && (WINDOW < 2 || WINDOW > ROWS || WINDOW > COLUMNS)) ||
        SIZE > 65536)
      begin : gen_check
        pl_error_map_writer_shape_out_of_range i_error ();
      end
  endgenerate

  // Values that have been completed of the image.
  logic [15:0] index_q;
  wire counts;
  wire index_ends = index_q == LAST_INDEX;
  always_ff @(posedge clk)
    if (!rst_n) index_q <= 16'd0;
    else if (counts) index_q <= index_ends ? 16'd0 : index_q + 16'd1;

  generate
    if (POOL == 0) begin : gen_plain
      assign in_ready = wr_ready;
      assign counts = in_valid && wr_ready;
      assign wr_valid = in_valid;
      assign wr_last = index_ends;
      assign wr_index = index_q;
      assign wr_ctx = in_ctx;
      assign wr_data = in_data;
      wire unused = &{1'b0, in_last};
    end else begin : gen_pool
      localparam integer DEPTH = POOL_COLUMNS * NEURONS;
      localparam integer ADDR_BITS = pl_geometry::index_bits(DEPTH);
      localparam integer WINDOW_BITS = pl_geometry::index_bits(WINDOW);
      localparam integer ROW_BITS = pl_geometry::index_bits(ROWS);
      localparam integer COLUMN_BITS = pl_geometry::index_bits(COLUMNS + 1);
      localparam integer WHOLE_COLUMNS = POOL_COLUMNS * WINDOW;
      localparam integer WHOLE_ROWS = POOL_ROWS * WINDOW;
      localparam [WINDOW_BITS-1:0] LAST_OF_WINDOW = WINDOW[WINDOW_BITS-1:0] - 1'b1;
      localparam [COLUMN_BITS-1:0] COLUMN_END = COLUMNS[COLUMN_BITS-1:0];
      localparam [COLUMN_BITS-1:0] COLUMN_ONE = 1;
      localparam [COLUMN_BITS-1:0] COLUMN_WHOLE = WHOLE_COLUMNS[COLUMN_BITS-1:0];
      localparam [ROW_BITS-1:0] ROW_LAST = ROWS[ROW_BITS-1:0] - 1'b1;
      localparam [ROW_BITS:0] ROW_WHOLE = WHOLE_ROWS[ROW_BITS:0];

      // The register of the values that are complete.
      logic valid_q, last_q, ctx_q;
      logic [15:0] out_index_q;
      logic [VALUE_BITS-1:0] value_q;
      wire en = !(valid_q && !wr_ready);
      assign in_ready = en;
      assign wr_valid = valid_q;
      assign wr_last = last_q;
      assign wr_index = out_index_q;
      assign wr_ctx = ctx_q;
      assign wr_data = value_q;

      // Where the code in hand belongs.
      logic [COLUMN_BITS-1:0] column_q;
      logic [ROW_BITS-1:0] row_q;
      logic [WINDOW_BITS-1:0] window_column_q, window_row_q;
      logic [ADDR_BITS-1:0] pool_q, addr_q;  // place of the pool's first neuron, and of this one
      wire take = in_valid && en;
      wire row_ends = in_last && column_q + COLUMN_ONE == COLUMN_END;
      wire image_ends = row_ends && row_q == ROW_LAST;
      wire window_ends = window_column_q == LAST_OF_WINDOW;
      wire covered = column_q < COLUMN_WHOLE && {1'b0, row_q} < ROW_WHOLE;
      wire first = window_column_q == {WINDOW_BITS{1'b0}} && window_row_q == {WINDOW_BITS{1'b0}};
      wire complete = covered && window_ends && window_row_q == LAST_OF_WINDOW;
      wire [ADDR_BITS-1:0] next_addr = !in_last ? addr_q + 1'b1 :
                                       row_ends ? {ADDR_BITS{1'b0}} :
                                       window_ends ? addr_q + 1'b1 : pool_q;
      wire [ADDR_BITS-1:0] addr = take ? next_addr : addr_q;
      always_ff @(posedge clk)
        if (!rst_n) begin
          column_q <= {COLUMN_BITS{1'b0}};
          row_q <= {ROW_BITS{1'b0}};
          window_column_q <= {WINDOW_BITS{1'b0}};
          window_row_q <= {WINDOW_BITS{1'b0}};
          pool_q <= {ADDR_BITS{1'b0}};
          addr_q <= {ADDR_BITS{1'b0}};
        end else if (take) begin
          addr_q <= next_addr;
          if (in_last) begin
            pool_q <= next_addr;
            column_q <= row_ends ? {COLUMN_BITS{1'b0}} : column_q + 1'b1;
            window_column_q <=
                row_ends || window_ends ? {WINDOW_BITS{1'b0}} : window_column_q + 1'b1;
          end
          if (row_ends) begin
            row_q <= image_ends ? {ROW_BITS{1'b0}} : row_q + 1'b1;
            window_row_q <= image_ends || window_row_q == LAST_OF_WINDOW ? {WINDOW_BITS{1'b0}}
                                                                          : window_row_q + 1'b1;
          end
        end

      // What the pool has so far. With a single neuron the next code may want what this one stores.
      wire [VALUE_BITS-1:0] stored;
      logic [VALUE_BITS-1:0] joined_q;
      logic forward_q;
      wire [VALUE_BITS-1:0] so_far = forward_q ? joined_q : stored;
      wire [VALUE_BITS-1:0] code;
      wire [VALUE_BITS-1:0] joined;
      if (POOL == 1) begin : gen_max
        assign code = in_data;
        assign joined = first || code > so_far ? code : so_far;
      end else begin : gen_sum
        assign code = {{(VALUE_BITS - BITS) {1'b0}}, in_data};
        assign joined = first ? code : so_far + code;
      end
      pl_stage_memory #(.WIDTH(VALUE_BITS), .DEPTH(DEPTH)) i_pools (
        .clk(clk), .write_en(take && covered), .write_addr(addr_q), .write_data(joined),
        .read_en(1'b1), .read_addr(addr), .read_data(stored)
      );
      always_ff @(posedge clk) begin
        forward_q <= take && covered && addr == addr_q;
        joined_q  <= joined;
      end

      assign counts = take && complete;
      always_ff @(posedge clk)
        if (!rst_n) valid_q <= 1'b0;
        else if (en) valid_q <= counts;
      always_ff @(posedge clk)
        if (en) begin
          last_q <= index_ends;
          ctx_q <= in_ctx;
          out_index_q <= index_q;
          value_q <= joined;
        end
    end
  endgenerate

  assign probe_valid = wr_valid && wr_ready;
  assign probe_index = probe_valid ? wr_index : 16'd0;
  assign probe_value = probe_valid ? {{(32 - VALUE_BITS) {1'b0}}, wr_data} : 32'd0;
endmodule
`default_nettype wire
