// Buffer in front of a layer that reads its inputs by address: banks in memories, one copy of them
// for each read port.
//
// Timing: as pl_activation_buffer, with a bank given up in two steps: `out_advance` shows the other
// one, `out_release` lets the older one be written again. `read_data` of cycle t+1 is what was
// addressed in cycle t (if `read_en`). Elements beyond SIZE are undefined. With a TAIL no bank may be
// read in the first cycle in which it is valid: writes take a cycle longer.
//
// Layout: a row holds max(LANES, WORD) elements; the low bits of its number are those of the bank.
// Writes of fewer elements fill a part of a row; reads of fewer pick theirs behind the memory. The
// last rows can stand in registers, which all ports share, where they would cost every port a block
// RAM more.
`default_nettype none
module pl_activation_memory #(
  /// Elements of one bank, 1 to 65536.
  parameter integer SIZE = 5,
  /// Bits of an element.
  parameter integer BITS = 8,
  /// Elements of one write: write address a covers elements a*LANES .. a*LANES + LANES - 1.
  parameter integer LANES = 1,
  /// Elements of one read, addressed in the same way. LANES / WORD or WORD / LANES is a power of 2.
  parameter integer WORD = 2,
  /// Read ports.
  parameter integer PORTS = 1,
  /// Banks, at least 2, taken in turns.
  parameter integer BANKS = 2,
  /// Rows that stand in registers: 0, or a power of 2 of which DEPTH is a multiple; then a row is one
  /// write.
  parameter integer TAIL = 0,
  /// Bits of a read address, and of the number of a bank. Do not overwrite.
  parameter integer ADDR_BITS = pl_geometry::index_bits((SIZE + WORD - 1) / WORD),
  parameter integer BANK_BITS = pl_geometry::index_bits(BANKS)
) (
  input  wire clk,
  input  wire rst_n,
  input  wire in_valid,
  input  wire [15:0] in_addr,
  /// With the write that completes the bank.
  input  wire in_last,
  /// Context of the image, kept with the bank.
  input  wire in_ctx,
  input  wire [LANES*BITS-1:0] in_data,
  output wire in_ready,
  output wire out_valid,
  output wire out_ctx,
  /// Number of the bank that out_valid and out_ctx tell of.
  output wire [BANK_BITS-1:0] out_bank,
  /// On to the next bank; only while out_valid.
  input  wire out_advance,
  /// The oldest bank has been read for the last time.
  input  wire out_release,
  /// The read registers of all ports take a new word of this bank; low: they keep the old ones.
  input  wire read_en,
  input  wire [BANK_BITS-1:0] read_bank,
  /// Port q in bits [ADDR_BITS*q +: ADDR_BITS], and [WORD*BITS*q +: WORD*BITS].
  input  wire [PORTS*ADDR_BITS-1:0] read_addr,
  output wire [PORTS*WORD*BITS-1:0] read_data
);
  localparam integer ROW = pl_geometry::max(LANES, WORD);
  localparam integer PARTS = ROW / LANES;
  localparam integer WORDS = ROW / WORD;
  localparam integer DEPTH = (1 << BANK_BITS) * ((SIZE + ROW - 1) / ROW);
  localparam integer ROW_BITS = pl_geometry::index_bits(DEPTH);
  localparam integer HEAD = DEPTH - TAIL;
  localparam integer HEAD_BITS = pl_geometry::index_bits(HEAD);

  generate
    if (SIZE < 1 || SIZE > 65536 || BITS < 1 || LANES < 1 || WORD < 1 || PORTS < 1 ||
        BANKS < 2)
      begin : gen_check
        pl_error_activation_memory_needs_elements_and_a_port i_error ();
      end
    if (PARTS * LANES != ROW || WORDS * WORD != ROW ||
        (1 << $clog2(PARTS * WORDS)) != PARTS * WORDS)
      begin : gen_check_ratio
        pl_error_activation_memory_ratio_of_lanes_and_word_is_no_power_of_2 i_error ();
      end
    if (TAIL != 0 && (TAIL < 2 || (1 << $clog2(TAIL)) != TAIL || DEPTH % TAIL != 0 ||
                      DEPTH <= TAIL || PARTS != 1))
      begin : gen_check_tail
        pl_error_activation_memory_tail_is_no_part_of_it i_error ();
      end
  endgenerate

  localparam [BANK_BITS-1:0] LAST_BANK = BANKS[BANK_BITS-1:0] - 1'b1;
  localparam [BANK_BITS-1:0] FIRST_BANK = {BANK_BITS{1'b0}};

  logic [BANKS-1:0] full_q;
  logic [BANKS-1:0] ctx_q;
  logic [BANK_BITS-1:0] wr_bank_q;
  logic [BANK_BITS-1:0] rd_bank_q;
  logic [BANK_BITS-1:0] done_bank_q;

  assign in_ready = !full_q[wr_bank_q];
  assign out_valid = full_q[rd_bank_q];
  assign out_ctx = ctx_q[rd_bank_q];
  assign out_bank = rd_bank_q;

  wire write = in_valid && in_ready;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      full_q <= {BANKS{1'b0}};
      wr_bank_q <= FIRST_BANK;
      rd_bank_q <= FIRST_BANK;
      done_bank_q <= FIRST_BANK;
    end else begin
      if (write && in_last) begin
        full_q[wr_bank_q] <= 1'b1;
        wr_bank_q <= wr_bank_q == LAST_BANK ? FIRST_BANK : wr_bank_q + 1'b1;
      end
      if (out_advance) rd_bank_q <= rd_bank_q == LAST_BANK ? FIRST_BANK : rd_bank_q + 1'b1;
      if (out_release) begin
        full_q[done_bank_q] <= 1'b0;
        done_bank_q <= done_bank_q == LAST_BANK ? FIRST_BANK : done_bank_q + 1'b1;
      end
    end
    if (write && in_last) ctx_q[wr_bank_q] <= in_ctx;
  end

  localparam integer WIDE = 17 + BANK_BITS;
  wire [WIDE-1:0] in_row = {1'b0, in_addr >> $clog2(PARTS), wr_bank_q};
  wire stores;  // the write that reaches the memories
  wire [WIDE-1:0] write_row;
  wire [LANES*BITS-1:0] write_data;
  wire [PARTS-1:0] write_part;
  wire [pl_geometry::max(TAIL, 1)*ROW*BITS-1:0] tail;
  genvar p, q;
  generate
    if (TAIL == 0) begin : gen_no_tail
      assign stores = write;
      assign write_row = in_row;
      assign write_data = in_data;
      assign tail = {ROW * BITS{1'b0}};
      wire unused_tail = &{1'b0, tail};
    end else begin : gen_late
      logic stores_q;
      logic [WIDE-1:0] row_q;
      logic [LANES*BITS-1:0] data_q;
      always_ff @(posedge clk) begin
        stores_q <= rst_n && write;
        row_q <= in_row;
        data_q <= in_data;
      end
      assign stores = stores_q;
      assign write_row = row_q;
      assign write_data = data_q;
    end
    for (p = 0; p < TAIL; p = p + 1) begin : gen_tail
      localparam integer THIS_ROW = HEAD + p;
      logic [ROW*BITS-1:0] row_q;
      always_ff @(posedge clk)
        if (stores && write_row[ROW_BITS-1:0] == THIS_ROW[ROW_BITS-1:0]) row_q <= write_data;
      assign tail[ROW*BITS*p+:ROW*BITS] = row_q;
    end
    for (p = 0; p < PARTS; p = p + 1) begin : gen_part
      if (PARTS == 1) begin : gen_whole
        assign write_part[p] = stores && (TAIL == 0 || write_row < HEAD[WIDE-1:0]);
      end else begin : gen_one
        localparam [$clog2(PARTS)-1:0] THIS_PART = p;
        assign write_part[p] = stores && in_addr[$clog2(PARTS)-1:0] == THIS_PART;
      end
    end
    for (q = 0; q < PORTS; q = q + 1) begin : gen_port
      wire [16:0] address = {{(17 - ADDR_BITS) {1'b0}}, read_addr[ADDR_BITS*q+:ADDR_BITS]};
      wire [WIDE-1:0] row = {address >> $clog2(WORDS), read_bank};
      wire [ROW*BITS-1:0] elements;
      wire [ROW*BITS-1:0] head_elements;
      pl_part_memory #(.PART_BITS(LANES * BITS), .PARTS(PARTS), .DEPTH(HEAD)) i_banks (
        .clk(clk), .write_en(write_part), .write_addr(write_row[HEAD_BITS-1:0]),
        .write_data({PARTS{write_data}}), .read_en(read_en), .read_addr(row[HEAD_BITS-1:0]),
        .read_data(head_elements)
      );
      if (TAIL == 0) begin : gen_head
        assign elements = head_elements;
      end else begin : gen_tail_read
        logic in_tail_q;
        logic [ROW*BITS-1:0] tail_q;
        always_ff @(posedge clk)
          if (read_en) begin
            in_tail_q <= row[ROW_BITS-1:0] >= HEAD[ROW_BITS-1:0];
            tail_q <= tail[ROW*BITS*row[$clog2(TAIL)-1:0]+:ROW*BITS];
          end
        assign elements = in_tail_q ? tail_q : head_elements;
      end
      if (WORDS == 1) begin : gen_all
        assign read_data[ROW*BITS*q+:ROW*BITS] = elements;
      end else begin : gen_pick
        logic [$clog2(WORDS)-1:0] pick_q;
        always_ff @(posedge clk) if (read_en) pick_q <= address[$clog2(WORDS)-1:0];
        assign read_data[WORD*BITS*q+:WORD*BITS] = elements[WORD*BITS*pick_q+:WORD*BITS];
      end
      wire unused_row = &{1'b0, row};
    end
  endgenerate
  wire unused = &{1'b0, write_row};
endmodule
`default_nettype wire
