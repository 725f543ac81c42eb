// Takes load streams (compiler/program/FORMAT.md), checks every word, and hands complete rows to the
// memories and registers of the layers over the row bus.
//
// One word a cycle; it waits once, after the header, until no image of the target context is left
// inside. A header in error changes nothing; after the header the target context is invalid until a
// packet has ended without an error.
`default_nettype none
module pl_config_loader #(
  parameter integer LAYERS = 1,
  /// Contexts of the chip, 1 or 2.
  parameter integer CONTEXTS = 2,
  /// Neurons of each layer, 16 bits a layer, layer 0 lowest.
  parameter [16*LAYERS-1:0] NEURONS = 16'd2,
  /// Wiring of each layer: its section, 8 bits a layer; stages, and rows of a stage and context, 16
  /// bits a layer.
  parameter [8*LAYERS-1:0] WIRING = 8'd1,
  parameter [16*LAYERS-1:0] STAGES = 16'd3,
  parameter [16*LAYERS-1:0] STAGE_ROWS = 16'd2,
  /// 32-bit words of a row of wiring, 16 bits a layer; of switches instead the lines of the network.
  parameter [16*LAYERS-1:0] SIZES = 16'd4,
  /// Stages of the deepest switch network, at least 1.
  parameter integer MOST_STAGES = 3,
  /// Rows that a full load holds.
  parameter [31:0] TOTAL_ROWS = 32'd10,
  /// Rows of a load that comes while `booting`: the registers and classes alone.
  parameter [31:0] BOOT_ROWS = 32'd4,
  /// Bits of the longest row of any section, a multiple of 32, at least 128.
  parameter integer ROW_BITS = 128,
  /// First 64 bits of the chip's fingerprint.
  parameter [63:0] FINGERPRINT = 64'd0
) (
  input  wire clk,
  input  wire rst_n,
  input  wire [31:0] cfg_tdata,
  input  wire cfg_tvalid,
  output wire cfg_tready,
  input  wire cfg_tlast,
  /// The stream comes from pl_boot; the wiring stands in its memories already.
  input  wire booting,
  output wire [1:0] ctx_valid,
  output wire [7:0] load_error,
  /// Bit per context: images are inside.
  input  wire [1:0] in_flight,
  /// Row bus: in a cycle with row_valid the addressed memory takes row_data.
  output wire row_valid,
  output wire [15:0] row_layer,
  output wire [7:0] row_section,
  output wire [7:0] row_stage,
  /// ctx * rows of the stage + row; for layer registers and classes the context.
  output wire [31:0] row_addr,
  output wire [ROW_BITS-1:0] row_data
);
  localparam [31:0] MAGIC = 32'h314d4c50;
  localparam [7:0] VERSION = 8'd1;
  localparam [31:0] END_MARKER = 32'h00ff0000;

  localparam [7:0] SWITCHES = 8'd1;
  localparam [7:0] NEURON_REGISTERS = 8'd2;
  localparam [7:0] LAYER_REGISTERS = 8'd3;
  localparam [7:0] CLASSES = 8'd4;
  localparam [7:0] ENTRIES = 8'd5;
  localparam [7:0] LEVELS = 8'd6;

  localparam [7:0] NO_ERROR = 8'd0;
  localparam [7:0] ERROR_MAGIC = 8'd1;
  localparam [7:0] ERROR_VERSION = 8'd2;
  localparam [7:0] ERROR_HEADER = 8'd3;
  localparam [7:0] ERROR_FINGERPRINT = 8'd4;
  localparam [7:0] ERROR_RECORD = 8'd5;
  localparam [7:0] ERROR_INCOMPLETE = 8'd6;
  localparam [7:0] ERROR_TRUNCATED = 8'd7;
  localparam [7:0] ERROR_OVERRUN = 8'd8;
  localparam [7:0] ERROR_CHECKSUM = 8'd9;

  localparam [2:0] HEADER = 3'd0;
  localparam [2:0] WAIT = 3'd1;
  localparam [2:0] RECORD = 3'd2;
  localparam [2:0] ROWS = 3'd3;
  localparam [2:0] CRC = 3'd4;
  localparam [2:0] DROP = 3'd5;

  generate
    if (LAYERS < 1 || CONTEXTS < 1 || CONTEXTS > 2 || ROW_BITS < 128 || ROW_BITS % 32 != 0)
      begin : gen_check
        pl_error_config_loader_parameters i_error ();
      end
  endgenerate

  // Row lengths of all stages of switches, a constant table.
  wire [16*LAYERS*MOST_STAGES-1:0] switch_row_words;
  genvar gl, gd;
  generate
    for (gl = 0; gl < LAYERS; gl = gl + 1) begin : gen_layer
      localparam [7:0] LAYER_WIRING = WIRING[8*gl+:8];
      localparam integer LAYER_STAGES = {16'd0, STAGES[16*gl+:16]};
      localparam integer LINES = {16'd0, SIZES[16*gl+:16]};
      if (LAYER_WIRING != SWITCHES && LAYER_WIRING != ENTRIES && LAYER_WIRING != LEVELS)
        begin : gen_check_wiring
          pl_error_config_loader_knows_no_such_wiring i_error ();
        end
      for (gd = 0; gd < MOST_STAGES; gd = gd + 1) begin : gen_stage
        if (LAYER_WIRING == SWITCHES && gd < LAYER_STAGES) begin : gen_words
          localparam integer WORDS = pl_geometry::row_words(LINES, gd);
          assign switch_row_words[16*(gl*MOST_STAGES+gd)+:16] = WORDS[15:0];
        end else begin : gen_none
          assign switch_row_words[16*(gl*MOST_STAGES+gd)+:16] = 16'd0;
        end
      end
    end
  endgenerate

  logic [2:0] state_q;
  logic [2:0] word_q;  // number of the word inside the header or the record head
  logic [1:0] valid_q;
  logic [7:0] error_q;
  logic target_q;
  logic [31:0] crc_q;
  logic [31:0] rows_q;

  // The record in hand.
  logic [15:0] layer_q;
  logic [7:0] section_q;
  logic [7:0] stage_q;
  logic [15:0] row_q;
  logic [15:0] rows_left_q;
  logic [15:0] row_words_q;
  logic [15:0] row_word_q;

  // The row in hand and the row bus.
  logic [ROW_BITS-1:0] row_data_q;
  logic row_valid_q;
  logic [15:0] row_layer_q;
  logic [7:0] row_section_q;
  logic [7:0] row_stage_q;
  logic [31:0] row_addr_q;

  assign cfg_tready = state_q != WAIT;
  assign ctx_valid = valid_q;
  assign load_error = error_q;
  assign row_valid = row_valid_q;
  assign row_layer = row_layer_q;
  assign row_section = row_section_q;
  assign row_stage = row_stage_q;
  assign row_addr = row_addr_q;
  assign row_data = row_data_q;

  wire accept = cfg_tvalid && cfg_tready;
  wire first_word = state_q == HEADER && word_q == 3'd0;

  wire [31:0] crc_next;
  pl_crc32 i_crc (
    .crc(first_word ? 32'hffffffff : crc_q), .word(cfg_tdata), .next(crc_next)
  );

  // Fields of the word in hand, and what they would have to be.
  wire [7:0] head_version = cfg_tdata[7:0];
  wire head_reserved_zero = cfg_tdata[31:16] == 16'd0;
  wire context_exists = cfg_tdata[15:8] < CONTEXTS[7:0];
  localparam [31:0] FINGERPRINT_LOW = FINGERPRINT[31:0];
  localparam [31:0] FINGERPRINT_HIGH = FINGERPRINT[63:32];
  wire [15:0] head_layer = cfg_tdata[15:0];
  wire [7:0] head_section = cfg_tdata[23:16];
  wire [7:0] head_stage = cfg_tdata[31:24];
  wire end_marker = cfg_tdata == END_MARKER;
  wire [31:0] head_layer_index = {16'd0, head_layer};
  wire layer_exists = head_layer_index < LAYERS;
  wire [7:0] head_wiring = layer_exists ? WIRING[8*head_layer_index+:8] : 8'd0;
  wire [15:0] head_stages = layer_exists ? STAGES[16*head_layer_index+:16] : 16'd0;
  wire head_good = (head_section == head_wiring && {8'd0, head_stage} < head_stages) ||
                   ((head_section == NEURON_REGISTERS || head_section == LAYER_REGISTERS) &&
                    layer_exists && head_stage == 8'd0) ||
                   (head_section == CLASSES && head_layer == 16'd0 && head_stage == 8'd0);

  wire [31:0] layer_index = {16'd0, layer_q};
  wire single_row = section_q == LAYER_REGISTERS || section_q == CLASSES;
  wire [15:0] stage_rows = section_q == NEURON_REGISTERS ? NEURONS[16*layer_index+:16]
                                                         : STAGE_ROWS[16*layer_index+:16];
  wire [16:0] row_end = {1'b0, cfg_tdata[15:0]} + {1'b0, cfg_tdata[31:16]};
  wire span_good = cfg_tdata[31:16] != 16'd0 &&
                   (single_row ? cfg_tdata == 32'h00010000 : row_end <= {1'b0, stage_rows});

  localparam [31:0] STAGE_STRIDE = MOST_STAGES;
  wire [31:0] table_index = layer_index * STAGE_STRIDE + {24'd0, stage_q};
  wire [15:0] expected_words = section_q == SWITCHES ? switch_row_words[16*table_index+:16] :
                               section_q == LEVELS ? SIZES[16*layer_index+:16] :
                               section_q == NEURON_REGISTERS ? 16'd4 :
                               section_q == LAYER_REGISTERS ? 16'd3 : 16'd1;

  // The error of the word in hand by its content, before its tlast is looked at.
  logic [7:0] content_error;
  always_comb begin
    content_error = NO_ERROR;
    case (state_q)
      HEADER:
        case (word_q)
          3'd0: if (cfg_tdata != MAGIC) content_error = ERROR_MAGIC;
          3'd1:
            if (head_version != VERSION) content_error = ERROR_VERSION;
            else if (!head_reserved_zero || !context_exists)
              content_error = ERROR_HEADER;
          3'd2: if (cfg_tdata != FINGERPRINT_LOW) content_error = ERROR_FINGERPRINT;
          3'd3: if (cfg_tdata != FINGERPRINT_HIGH) content_error = ERROR_FINGERPRINT;
          default: if (cfg_tdata != 32'd0) content_error = ERROR_HEADER;
        endcase
      RECORD:
        case (word_q)
          3'd0:
            if (end_marker) begin
              if (rows_q != (booting ? BOOT_ROWS : TOTAL_ROWS)) content_error = ERROR_INCOMPLETE;
            end else if (!head_good) content_error = ERROR_RECORD;
          3'd1: if (!span_good) content_error = ERROR_RECORD;
          default: if (cfg_tdata != {16'd0, expected_words}) content_error = ERROR_RECORD;
        endcase
      CRC: if (cfg_tdata != ~crc_q) content_error = ERROR_CHECKSUM;
      default: content_error = NO_ERROR;
    endcase
  end

  wire [7:0] framing_error = state_q == CRC ? (cfg_tlast ? NO_ERROR : ERROR_OVERRUN)
                                            : (cfg_tlast ? ERROR_TRUNCATED : NO_ERROR);
  wire [7:0] word_error = state_q == DROP ? NO_ERROR :
                          content_error != NO_ERROR ? content_error : framing_error;
  wire failed = accept && word_error != NO_ERROR;
  wire good = accept && word_error == NO_ERROR;

  wire row_complete = good && state_q == ROWS && row_word_q + 16'd1 == row_words_q;

  always_ff @(posedge clk) begin
    row_valid_q <= rst_n && row_complete;
    if (row_complete) begin
      row_layer_q <= layer_q;
      row_section_q <= section_q;
      row_stage_q <= stage_q;
      row_addr_q <= single_row ? {31'd0, target_q}
                               : {16'd0, row_q} + (target_q ? {16'd0, stage_rows} : 32'd0);
    end
    if (good && state_q == ROWS) row_data_q[32*row_word_q+:32] <= cfg_tdata;
    if (accept) crc_q <= crc_next;
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q <= HEADER;
      word_q <= 3'd0;
      valid_q <= 2'b00;
      error_q <= NO_ERROR;
    end else begin
      if (accept && first_word) error_q <= NO_ERROR;
      if (failed) begin
        error_q <= word_error;
        state_q <= cfg_tlast ? HEADER : DROP;
        word_q <= 3'd0;
      end else
        case (state_q)
          HEADER:
            if (good) begin
              word_q <= word_q + 3'd1;
              if (word_q == 3'd1) target_q <= cfg_tdata[8];
              if (word_q == 3'd5) begin
                valid_q[target_q] <= 1'b0;
                rows_q <= 32'd0;
                word_q <= 3'd0;
                state_q <= WAIT;
              end
            end
          WAIT: if (!in_flight[target_q]) state_q <= RECORD;
          RECORD:
            if (good)
              case (word_q)
                3'd0:
                  if (end_marker) state_q <= CRC;
                  else begin
                    layer_q <= head_layer;
                    section_q <= head_section;
                    stage_q <= head_stage;
                    word_q <= 3'd1;
                  end
                3'd1: begin
                  row_q <= cfg_tdata[15:0];
                  rows_left_q <= cfg_tdata[31:16];
                  word_q <= 3'd2;
                end
                default: begin
                  row_words_q <= cfg_tdata[15:0];
                  row_word_q <= 16'd0;
                  word_q <= 3'd0;
                  state_q <= ROWS;
                end
              endcase
          ROWS:
            if (row_complete) begin
              rows_q <= rows_q + 32'd1;
              row_word_q <= 16'd0;
              row_q <= row_q + 16'd1;
              rows_left_q <= rows_left_q - 16'd1;
              if (rows_left_q == 16'd1) state_q <= RECORD;
            end else if (good) row_word_q <= row_word_q + 16'd1;
          CRC:
            if (good) begin
              valid_q[target_q] <= 1'b1;
              state_q <= HEADER;
            end
          DROP: if (accept && cfg_tlast) state_q <= HEADER;
          default: state_q <= HEADER;
        endcase
    end
  end
endmodule
`default_nettype wire
