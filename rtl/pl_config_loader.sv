// Takes load streams (compiler/program/FORMAT.md), checks every word, and hands complete rows to the
// memories and registers of the layers over the row bus.
//
// One word a cycle; it waits once, after the header, until no image of the target context is left
// inside. A header in error changes nothing; after the header the target context is invalid until a
// packet has ended without an error. A patch changes rows of what its target context holds. Codes of
// a layer's wiring go through a decoder, which writes the layer's entries in their stead.
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
  /// Layers that add another one: a bit each, and their layer registers have a word more.
  parameter [LAYERS-1:0] ADDS = {LAYERS{1'b0}},
  /// Stages of the deepest switch network, at least 1.
  parameter integer MOST_STAGES = 3,
  /// Rows that a full load holds.
  parameter [31:0] TOTAL_ROWS = 32'd10,
  /// Rows of a load that comes while `booting`: the registers and classes alone.
  parameter [31:0] BOOT_ROWS = 32'd4,
  /// Bits of the longest row of any section, a multiple of 32, at least 128.
  parameter integer ROW_BITS = 128,
  /// First 64 bits of the chip's fingerprint.
  parameter [63:0] FINGERPRINT = 64'd0,
  /// Decoders of layers whose wiring is codes, else 0, 64 bits a layer: in bits 7:0 the kind, 15:8
  /// whether the rail is dual, 31:16 inputs, 47:32 entries of a lane, 63:48 classes (pl_code_decoder).
  parameter [64*LAYERS-1:0] DECODERS = {LAYERS{64'd0}},
  /// Of all their neurons the places, and of those of level-map the first slots of the classes, one
  /// layer behind the other; and how many these are.
  parameter integer PLACE_COUNT = 1,
  parameter [64*PLACE_COUNT-1:0] PLACES = 64'd0,
  parameter integer START_COUNT = 1,
  parameter [16*START_COUNT-1:0] STARTS = 16'd0
) (
  input  wire clk,
  input  wire rst_n,
  input  wire [31:0] cfg_tdata,
  input  wire cfg_tvalid,
  output wire cfg_tready,
  input  wire cfg_tlast,
  /// The stream comes from pl_boot; the wiring stands in its memories already, and word 4 is the id
  /// of the full load that both stand for.
  input  wire booting,
  output wire [1:0] ctx_valid,
  /// Id of the load that each context completed last, 32 bits a context.
  output wire [63:0] ctx_id,
  output wire [7:0] load_error,
  /// Between the first word of a load and its end.
  output wire loading,
  /// Bit per context: images are inside.
  input  wire [1:0] in_flight,
  /// Row bus: in a cycle with row_valid the addressed memory takes row_data. Layer, section and stage
  /// stand in the two cycles before it, too.
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
  localparam [7:0] WEIGHTS = 8'd7;
  localparam [7:0] CODES = 8'd8;  // its low bits are those of no other section

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
  localparam [7:0] ERROR_BASE = 8'd10;
  localparam [7:0] ERROR_CODE = 8'd11;

  localparam integer LAYER_BITS = pl_geometry::index_bits(LAYERS);

  // Codes are no rows of the bus, and longer.
  function automatic integer most_words(input integer layers);
    integer l;
    begin
      most_words = ROW_BITS / 32;
      for (l = 0; l < layers; l = l + 1)
        if (WIRING[8*l+:8] == CODES && {16'd0, SIZES[16*l+:16]} > most_words)
          most_words = {16'd0, SIZES[16*l+:16]};
    end
  endfunction
  localparam integer WORD_BITS = pl_geometry::index_bits(most_words(LAYERS));
  localparam integer PLACE_BITS = pl_geometry::index_bits(ROW_BITS / 32);

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
      if (LAYER_WIRING != SWITCHES && LAYER_WIRING != ENTRIES && LAYER_WIRING != LEVELS &&
          LAYER_WIRING != WEIGHTS && LAYER_WIRING != CODES)
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

  // Where the tables of a layer's decoder begin.
  function automatic integer places_before(input integer layer);
    integer l;
    begin
      places_before = 0;
      for (l = 0; l < layer; l = l + 1)
        if (DECODERS[64*l+:64] != 64'd0)
          places_before = places_before + {16'd0, NEURONS[16*l+:16]};
    end
  endfunction
  function automatic integer starts_before(input integer layer);
    integer l;
    begin
      starts_before = 0;
      for (l = 0; l < layer; l = l + 1)
        starts_before = starts_before + {16'd0, DECODERS[64*l+48+:16]};
    end
  endfunction

  logic [2:0] state_q;
  logic [2:0] word_q;  // number of the word inside the header or the record head
  logic [1:0] valid_q;
  // The word before was wrong: whatever state_q says, the state is DROP.
  logic [2:0] broken_q;
  wire broken = broken_q != 3'b000;
  // What went wrong in this load: a word by its content, or by its tlast.
  logic [2:0] wrong_q;
  logic misplaced_q;
  logic [7:0] content_error_q;
  logic [7:0] framing_error_q;
  logic target_q;
  logic patch_q;
  logic [63:0] id_q;
  // What words 4 and 5 have to be, and that there is nothing to patch.
  logic [31:0] base_q;
  logic no_base_q;
  logic [31:0] crc_q;
  logic [31:0] rows_q;

  // The record in hand: of its layer and section the bits that rows can have.
  logic [LAYER_BITS-1:0] layer_q;
  logic [2:0] section_q;
  logic [7:0] stage_q;
  logic [15:0] stage_rows_q;
  logic [15:0] words_q;  // that a row must have
  logic [15:0] row_q;
  logic [15:0] rows_left_q;
  logic [WORD_BITS-1:0] row_word_q;
  logic [WORD_BITS-1:0] last_word_q;

  // The row in hand and the row bus. The fields of a record are still there in the cycle behind its
  // last word, and the bus carries them as they are.
  logic [ROW_BITS-1:0] row_data_q;
  logic row_valid_q;
  logic [31:0] row_addr_q;

  // Codes: no further word is taken, the one in hand is done with, it was wrong.
  wire in_codes;
  wire code_waits, code_done, code_wrong;

  assign cfg_tready = (state_q != WAIT && !code_waits) || broken;
  assign ctx_valid = valid_q;
  assign ctx_id = id_q;
  assign loading = state_q != HEADER || word_q != 3'd0;
  assign load_error =
      wrong_q != 3'b000 ? content_error_q : misplaced_q ? framing_error_q : NO_ERROR;
  assign row_layer = {{(16 - LAYER_BITS) {1'b0}}, layer_q};

  wire accept = cfg_tvalid && state_q != WAIT && !code_waits && !broken;
  wire first_word = state_q == HEADER && word_q == 3'd0;

  wire [31:0] crc_next;
  pl_crc32 i_crc (
    .crc(crc_q), .word(cfg_tdata), .next(crc_next)
  );

  // The header.
  wire [7:0] head_version = cfg_tdata[7:0];
  wire head_reserved_zero = cfg_tdata[31:17] == 15'd0;
  wire context_exists = cfg_tdata[15:8] < CONTEXTS[7:0];
  localparam [31:0] FINGERPRINT_LOW = FINGERPRINT[31:0];
  localparam [31:0] FINGERPRINT_HIGH = FINGERPRINT[63:32];

  // Word 0 of a record: the section says how many rows a stage has.
  wire [15:0] head_layer = cfg_tdata[15:0];
  wire [7:0] head_section = cfg_tdata[23:16];
  wire [7:0] head_stage = cfg_tdata[31:24];
  wire end_marker = cfg_tdata == END_MARKER;
  wire [31:0] head_layer_index = {16'd0, head_layer};
  wire [LAYERS-1:0] is_layer;   // the layer that is meant
  wire [LAYERS-1:0] is_wiring;  // and its wiring has such a stage
  generate
    for (gl = 0; gl < LAYERS; gl = gl + 1) begin : gen_head
      localparam [15:0] THIS_LAYER = gl;
      localparam [15:0] LAYER_STAGES = STAGES[16*gl+:16];
      assign is_layer[gl] = head_layer == THIS_LAYER;
      if (LAYER_STAGES == 16'd0) begin : gen_none
        assign is_wiring[gl] = 1'b0;
      end else begin : gen_stages
        assign is_wiring[gl] = is_layer[gl] && head_section == WIRING[8*gl+:8] &&
                               {8'd0, head_stage} < LAYER_STAGES;
      end
    end
  endgenerate
  wire head_good = is_wiring != {LAYERS{1'b0}} ||
                   (head_stage == 8'd0 &&
                    (((head_section == NEURON_REGISTERS || head_section == LAYER_REGISTERS) &&
                      is_layer != {LAYERS{1'b0}}) ||
                     (head_section == CLASSES && head_layer == 16'd0)));
  wire [15:0] stage_rows =
      head_section == NEURON_REGISTERS ? NEURONS[16*head_layer_index+:16] :
      head_section == LAYER_REGISTERS || head_section == CLASSES ? 16'd1 :
      STAGE_ROWS[16*head_layer_index+:16];

  // Word 1: first + count - rows - 1 is negative where the rows fit. Three numbers become two before
  // the one chain of carries.
  wire [15:0] first = cfg_tdata[15:0];
  wire [15:0] count = cfg_tdata[31:16];
  wire [15:0] minus_rows = ~stage_rows_q;
  wire [15:0] carries = (first & count) | (first & minus_rows) | (count & minus_rows);
  wire [17:0] beyond = {2'b11, first ^ count ^ minus_rows} + {1'b0, carries, 1'b0};
  wire span_good = count != 16'd0 && beyond[17];
  wire unused = &{1'b0, beyond[16:0]};

  // Word 2: the words of a row.
  wire [31:0] layer_index = {{(32 - LAYER_BITS) {1'b0}}, layer_q};
  localparam [31:0] STAGE_STRIDE = MOST_STAGES;
  wire [31:0] table_index = layer_index * STAGE_STRIDE + {24'd0, stage_q};
  wire [15:0] expected_words = section_q == SWITCHES[2:0] ? switch_row_words[16*table_index+:16] :
                               section_q == LEVELS[2:0] || section_q == CODES[2:0] ?
                                   SIZES[16*layer_index+:16] :
                               section_q == NEURON_REGISTERS[2:0] ? 16'd4 :
                               section_q == LAYER_REGISTERS[2:0] ? (ADDS[layer_q] ? 16'd4 : 16'd3) : 16'd1;

  // The words that open and close a load.
  wire crc_wrong = cfg_tdata != ~crc_q;
  wire header_done =
      accept && state_q == HEADER && word_q == 3'd5 && cfg_tdata == base_q && !cfg_tlast;
  wire names_itself = booting && word_q == 3'd4;
  wire load_done = accept && state_q == CRC && !crc_wrong && cfg_tlast;

  // Whether the word in hand is in error by its content. The two slowest checks stand apart.
  logic other_wrong;
  always_comb
    case (state_q)
      HEADER:
        case (word_q)
          3'd0: other_wrong = cfg_tdata != MAGIC;
          3'd1: other_wrong = head_version != VERSION || !head_reserved_zero || !context_exists;
          3'd2: other_wrong = cfg_tdata != FINGERPRINT_LOW;
          3'd3: other_wrong = cfg_tdata != FINGERPRINT_HIGH;
          default: other_wrong = (cfg_tdata != base_q && !names_itself) || no_base_q;
        endcase
      RECORD: other_wrong = word_q == 3'd2 && cfg_tdata != {16'd0, words_q};
      CRC: other_wrong = crc_wrong;
      default: other_wrong = 1'b0;
    endcase
  wire rows_wrong =
      patch_q ? rows_q == 32'd0 : booting ? rows_q != BOOT_ROWS : rows_q != TOTAL_ROWS;
  wire head_wrong = end_marker ? rows_wrong : !head_good;
  wire in_record = accept && state_q == RECORD;
  wire [2:0] wrong = {
    in_record && word_q == 3'd0 && head_wrong, in_record && word_q == 3'd1 && !span_good,
    accept && other_wrong
  };

  // And the error that it then is.
  logic [7:0] content_error;
  always_comb
    case (state_q)
      HEADER:
        case (word_q)
          3'd0: content_error = ERROR_MAGIC;
          3'd1: content_error = head_version != VERSION ? ERROR_VERSION : ERROR_HEADER;
          3'd2, 3'd3: content_error = ERROR_FINGERPRINT;
          default: content_error = patch_q ? ERROR_BASE : ERROR_HEADER;
        endcase
      RECORD: content_error = word_q == 3'd0 && end_marker ? ERROR_INCOMPLETE : ERROR_RECORD;
      default: content_error = ERROR_CHECKSUM;
    endcase

  // tlast belongs to the CRC word alone.
  wire misplaced = state_q != DROP && cfg_tlast != (state_q == CRC);

  wire row_taken = accept && state_q == ROWS && !cfg_tlast;
  wire row_complete = row_taken && row_word_q == last_word_q;
  // Words of codes take turns in the first two places of the row.
  wire [PLACE_BITS-1:0] row_place =
      in_codes ? {{(PLACE_BITS - 1) {1'b0}}, row_word_q[0]} : row_word_q[PLACE_BITS-1:0];

  always_ff @(posedge clk) begin
    row_valid_q <= rst_n && row_complete && !in_codes;
    if (row_complete)
      row_addr_q <= {16'd0, row_q} + (target_q && !in_codes ? {16'd0, stage_rows_q} : 32'd0);
    if (row_taken) row_data_q[32*row_place+:32] <= cfg_tdata;
    // After tlast comes the first word of a load.
    if (!rst_n || (cfg_tvalid && cfg_tready && cfg_tlast)) crc_q <= 32'hffffffff;
    else if (accept) crc_q <= crc_next;
  end

  // Fields of the header and of a record. A word in error may leave its own behind: nothing looks at
  // them before the next load.
  always_ff @(posedge clk) begin
    if (state_q == HEADER && word_q == 3'd1 && cfg_tvalid) begin
      target_q <= CONTEXTS > 1 ? cfg_tdata[8] : 1'b0;
      patch_q <= cfg_tdata[16];
    end
    if (state_q == HEADER && word_q == 3'd3) begin
      base_q <= patch_q ? id_q[32*target_q+:32] : 32'd0;
      no_base_q <= patch_q && !valid_q[target_q];
    end else if (state_q == HEADER && word_q == 3'd4 && accept) base_q <= 32'd0;
    if (state_q == RECORD && word_q == 3'd0 && cfg_tvalid) begin
      layer_q <= head_layer[LAYER_BITS-1:0];
      section_q <= head_section[2:0];
      stage_q <= head_stage;
      stage_rows_q <= stage_rows;
    end
    if (state_q == RECORD && word_q == 3'd1) words_q <= expected_words;
    if (state_q == RECORD && word_q == 3'd2) last_word_q <= words_q[WORD_BITS-1:0] - 1'b1;
    if (state_q == RECORD && word_q == 3'd1 && cfg_tvalid) begin
      row_q <= cfg_tdata[15:0];
      rows_left_q <= cfg_tdata[31:16];
    end else if (row_complete) begin
      row_q <= row_q + 16'd1;
      rows_left_q <= rows_left_q - 16'd1;
    end
    if (row_taken) row_word_q <= row_complete ? {WORD_BITS{1'b0}} : row_word_q + 1'b1;
    else if (state_q != ROWS) row_word_q <= {WORD_BITS{1'b0}};
    if (state_q == WAIT) rows_q <= 32'd0;
    else if (row_complete) rows_q <= rows_q + 32'd1;
  end

  // The decoders. Whose layer it is takes the words and drives the row bus while it decodes.
  generate
    if (DECODERS == {LAYERS{64'd0}}) begin : gen_no_codes
      wire unused_tables = &{1'b0, PLACES, STARTS};
      assign in_codes = 1'b0;
      assign code_waits = 1'b0;
      assign code_done = 1'b0;
      assign code_wrong = 1'b0;
      assign row_valid = row_valid_q;
      assign row_section = {5'd0, section_q};
      assign row_stage = stage_q;
      assign row_addr = row_addr_q;
      assign row_data = row_data_q;
    end else begin : gen_codes
      logic [1:0] held_q;  // words that are there
      logic oldest_q;      // place of the first of them
      logic start_q;       // one is the first of its row
      logic decoding_q;    // the row is complete
      wire [LAYERS-1:0] ready, done, wrong_code, write_valid;
      wire code_taken = held_q != 2'd0 && ready != {LAYERS{1'b0}};
      assign in_codes = state_q == ROWS && section_q == CODES[2:0];
      assign code_waits = in_codes && (held_q[1] || decoding_q);
      assign code_done = decoding_q && done != {LAYERS{1'b0}};
      assign code_wrong = code_done && (done & wrong_code) != {LAYERS{1'b0}};
      always_ff @(posedge clk) begin
        if (!rst_n || !in_codes || code_done) begin
          held_q <= 2'd0;
          oldest_q <= 1'b0;
          start_q <= 1'b0;
          decoding_q <= 1'b0;
        end else begin
          held_q <= held_q + {1'b0, row_taken} - {1'b0, code_taken};
          oldest_q <= oldest_q ^ code_taken;
          start_q <= row_taken && row_word_q == {WORD_BITS{1'b0}};
          if (row_complete) decoding_q <= 1'b1;
        end
      end

      // Of the layer that decodes; what others hold is of no meaning and not looked at.
      wire [32*LAYERS-1:0] layer_addr, layer_data;
      wire [8*LAYERS-1:0] layer_lane;
      for (gl = 0; gl < LAYERS; gl = gl + 1) begin : gen_decoder
        localparam [63:0] DECODER = DECODERS[64*gl+:64];
        localparam integer LAYER_NEURONS = {16'd0, NEURONS[16*gl+:16]};
        localparam integer LAYER_CLASSES = {16'd0, DECODER[63:48]};
        localparam integer FIRST_PLACE = places_before(gl);
        localparam integer FIRST_START = starts_before(gl);
        if (DECODER == 64'd0) begin : gen_none
          assign ready[gl] = 1'b0;
          assign done[gl] = 1'b0;
          assign wrong_code[gl] = 1'b0;
          assign write_valid[gl] = 1'b0;
          assign layer_lane[8*gl+:8] = 8'd0;
          assign layer_addr[32*gl+:32] = 32'd0;
          assign layer_data[32*gl+:32] = 32'd0;
        end else begin : gen_there
          localparam [LAYER_BITS-1:0] THIS_LAYER = gl;
          wire mine = layer_q == THIS_LAYER;
          wire layer_ready, layer_done, layer_write;
          assign {ready[gl], done[gl]} = {layer_ready && mine, layer_done && mine};
          assign write_valid[gl] = layer_write && mine;  // not of a code that was broken off
          pl_code_decoder #(
            .KIND({24'd0, DECODER[7:0]}), .INPUTS({16'd0, DECODER[31:16]}),
            .DUAL({31'd0, DECODER[8]}), .NEURONS(LAYER_NEURONS),
            .ENTRIES({16'd0, DECODER[47:32]}), .PLACES(PLACES[64*FIRST_PLACE+:64*LAYER_NEURONS]),
            .CLASSES(LAYER_CLASSES), .STARTS(STARTS[16*FIRST_START+:16*LAYER_CLASSES])
          ) i_decoder (
            .clk(clk), .rst_n(rst_n), .start(start_q && mine),
            .in_valid(held_q != 2'd0 && !start_q && mine), .in_data(row_data_q[32*oldest_q+:32]),
            .in_last(decoding_q && !held_q[1]), .in_ready(layer_ready),
            .neuron(row_addr_q[15:0]), .context_1(target_q), .done(layer_done),
            .error(wrong_code[gl]), .write_valid(layer_write),
            .write_lane(layer_lane[8*gl+:8]), .write_addr(layer_addr[32*gl+:32]),
            .write_data(layer_data[32*gl+:32])
          );
        end
      end

      assign row_valid = row_valid_q || write_valid != {LAYERS{1'b0}};
      assign row_section = decoding_q ? ENTRIES : {5'd0, section_q};
      assign row_stage = decoding_q ? layer_lane[8*layer_index+:8] : stage_q;
      assign row_addr = decoding_q ? layer_addr[32*layer_index+:32] : row_addr_q;
      assign row_data = {
        row_data_q[ROW_BITS-1:32],
        decoding_q ? layer_data[32*layer_index+:32] : row_data_q[31:0]
      };
    end
  endgenerate

  // The checks of content are the slowest signals here and go into two registers alone: the state
  // moves on as if the word were right, and `broken` corrects it a cycle later.
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q <= HEADER;
      word_q <= 3'd0;
      valid_q <= 2'b00;
      id_q <= 64'd0;
      broken_q <= 3'b000;
      wrong_q <= 3'b000;
      misplaced_q <= 1'b0;
    end else begin
      broken_q <= cfg_tlast ? 3'b000 : wrong;
      wrong_q <= wrong | {2'b00, code_wrong} | (accept && first_word ? 3'b000 : wrong_q);
      if (accept && misplaced) misplaced_q <= 1'b1;
      else if (accept && first_word) misplaced_q <= 1'b0;
      if (header_done) valid_q[target_q] <= 1'b0;
      if (load_done) valid_q[target_q] <= 1'b1;
      if (booting ? accept && state_q == HEADER && word_q == 3'd4 : load_done)
        id_q[32*target_q+:32] <= cfg_tdata;
      if (broken || state_q == DROP) begin
        state_q <= cfg_tvalid && cfg_tlast ? HEADER : DROP;
        word_q <= 3'd0;
      end else if (accept && (cfg_tlast || misplaced)) begin
        state_q <= cfg_tlast ? HEADER : DROP;
        word_q <= 3'd0;
      end else if (state_q == WAIT) begin
        if (!in_flight[target_q]) state_q <= RECORD;
      end else if (code_done) begin
        if (code_wrong) state_q <= DROP;
        else if (rows_left_q == 16'd0) state_q <= RECORD;
      end else if (accept)
        case (state_q)
          HEADER: begin
            word_q <= word_q == 3'd5 ? 3'd0 : word_q + 3'd1;
            if (word_q == 3'd5) state_q <= WAIT;
          end
          RECORD:
            if (word_q == 3'd2) begin
              word_q <= 3'd0;
              state_q <= ROWS;
            end else if (word_q == 3'd0 && end_marker) state_q <= CRC;
            else word_q <= word_q + 3'd1;
          default: if (row_complete && rows_left_q == 16'd1 && !in_codes) state_q <= RECORD;
        endcase
    end
    if (code_wrong) content_error_q <= ERROR_CODE;
    else if (accept && state_q != DROP) begin
      content_error_q <= content_error;
      framing_error_q <= state_q == CRC ? ERROR_OVERRUN : ERROR_TRUNCATED;
    end
  end
endmodule
`default_nettype wire
