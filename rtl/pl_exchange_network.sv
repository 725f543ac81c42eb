// Body of the exchange networks pl_as_waksman, pl_benes and pl_bitonic: stages of switches that
// pass two lines straight or crossed. pl_geometry says which lines they join.
//
// Timing: stage d works on the bits that its part of `bits` shows floor(d / REGISTER_EVERY) cycles
// after the item entered; the item leaves after pl_geometry::circuit_latency cycles. With
// REGISTER_EVERY = 0 nothing is clocked but the latched bits of a bitonic network.
//
//   REGISTER_EVERY = 2, five stages:   in -> 0 -> 1 -> [reg] -> 2 -> 3 -> [reg] -> 4 -> [reg] -> out
//
// Every switch is two multiplexers with one select. The lines are written down in words of up to 64
// bits (LANES lines each) and the selects as a mask over a word: the same gates as one variable per
// line, and several times less work for a simulator.
`default_nettype none
module pl_exchange_network #(
  /// pl_geometry::AS_WAKSMAN, BENES or BITONIC.
  parameter integer CIRCUIT = 0,
  /// Lines of the network, any number from 1.
  parameter integer LINES = 5,
  /// Bits of one line.
  parameter integer WIDTH = 8,
  /// A register after every so many stages and after the last; 0: no register.
  parameter integer REGISTER_EVERY = 1,
  /// A switch whose bit is 0 is not built: its lines pass straight and its bit is ignored.
  parameter [pl_geometry::circuit_bits(CIRCUIT, LINES)-1:0] PRESENT =
      {pl_geometry::circuit_bits(CIRCUIT, LINES) {1'b1}}
) (
  input  wire clk,
  /// Every stage moves on; low: every register keeps its value.
  input  wire en,
  /// Bitonic: the item that enters is one of keys, by which the switches set themselves. Without
  /// meaning elsewhere.
  input  wire set_up,
  /// AS-Waksman, Benes: the bits of all stages end to end, stage 0 lowest: stage d starts at
  /// pl_geometry::circuit_offset(CIRCUIT, LINES, d). Bit i of a stage belongs to its switch i: 0
  /// straight, 1 crossed. Without meaning in a bitonic network.
  input  wire [pl_geometry::circuit_bits(CIRCUIT, LINES)-1:0] bits,
  /// Bitonic: the bits that the switches have latched, in the same order; zero elsewhere.
  output wire [pl_geometry::circuit_bits(CIRCUIT, LINES)-1:0] latched,
  /// Line q in bits [WIDTH*q +: WIDTH].
  input  wire [LINES*WIDTH-1:0] in_data,
  output wire [LINES*WIDTH-1:0] out_data
);
  localparam integer STAGES = pl_geometry::circuit_stages(CIRCUIT, LINES);
  localparam integer SETS_ITSELF = CIRCUIT == pl_geometry::BITONIC ? 1 : 0;
  localparam integer KEY_BITS = pl_geometry::index_bits(LINES);
  localparam integer LANES = pl_geometry::min(pl_geometry::lanes(WIDTH), 1 << $clog2(LINES));
  localparam integer WORDS = (LINES + LANES - 1) / LANES;
  localparam integer WORD_BITS = LANES * WIDTH;
  // Bits of the last word that belong to lines; the lanes above them are constant zero.
  localparam integer REST_BITS = LINES * WIDTH - (WORDS - 1) * WORD_BITS;

  generate
    if (pl_geometry::is_circuit(CIRCUIT) == 0) begin : gen_check_circuit
      pl_error_exchange_network_knows_no_such_circuit i_error ();
    end
    if (LINES < 1 || WIDTH < 1 || REGISTER_EVERY < 0) begin : gen_check
      pl_error_exchange_network_needs_a_line_and_a_bit i_error ();
    end
    if (SETS_ITSELF != 0 && STAGES > 0 && WIDTH < KEY_BITS) begin : gen_check_key
      pl_error_exchange_network_lines_are_too_narrow_for_a_key i_error ();
    end
  endgenerate

  wire unused = &{1'b0, clk, en, set_up, bits};

  genvar d, i, w, j;
  generate
    if (STAGES == 0) begin : gen_wire
      assign latched = 1'b0;
      assign out_data = in_data;
    end else begin : gen_network
      if (SETS_ITSELF == 0) begin : gen_not_latched
        assign latched = {pl_geometry::circuit_bits(CIRCUIT, LINES) {1'b0}};
      end

      for (d = 0; d < STAGES; d = d + 1) begin : gen_stage
        localparam integer FIRST = pl_geometry::circuit_offset(CIRCUIT, LINES, d);
        localparam integer SWITCHES = pl_geometry::circuit_switches(CIRCUIT, LINES, d);
        localparam [SWITCHES-1:0] BUILT = PRESENT[FIRST+:SWITCHES];
        localparam integer MASK = pl_geometry::partner_mask(CIRCUIT, LINES, d);
        // Of the groups of 2*HALF lines (pl_geometry), the first misses LEFT_OUT switches in the second
        // half of an AS-Waksman network, and has those of the positions from ODD on; in a mirror stage
        // an incomplete last group misses the first MISSING.
        localparam integer HALF = 1 << ($clog2(MASK + 1) - 1);
        localparam integer SECOND_HALF =
            CIRCUIT == pl_geometry::AS_WAKSMAN && d >= $clog2(LINES) ? 1 : 0;
        localparam integer BLOCKS_ODD = (LINES / HALF) % 2;
        localparam integer LEFT_OUT =
            SECOND_HALF == 0 ? 0 : BLOCKS_ODD == 0 ? HALF - LINES % HALF : LINES % HALF;
        localparam integer ODD = SECOND_HALF == 0 || BLOCKS_ODD == 0 ? 0 : LINES % HALF;
        localparam integer WHOLE_GROUPS = LINES / (2 * HALF);
        localparam integer MISSING = MASK == HALF ? 0 : 2 * HALF - LINES % (2 * HALF);
        // Line j of word w has its partner in line j XOR LANE_MASK of word w XOR WORD_MASK.
        localparam integer WORD_MASK = MASK / LANES;
        localparam integer LANE_MASK = MASK % LANES;
        localparam integer REGISTERED =
            REGISTER_EVERY == 0 ? 0 : d == STAGES - 1 ? 1 : (d + 1) % REGISTER_EVERY == 0 ? 1 : 0;

        // The select of every switch of this stage.
        wire [SWITCHES-1:0] crossing;
        if (SETS_ITSELF != 0) begin : gen_self
          logic [SWITCHES-1:0] set_q;
          assign latched[FIRST+:SWITCHES] = set_q;
          wire stage_set_up;
          if (d == 0) begin : gen_first
            assign stage_set_up = set_up;
          end else begin : gen_next
            assign stage_set_up = gen_stage[d-1].gen_self.next_set_up;
          end
          wire next_set_up;
          if (REGISTERED != 0) begin : gen_register
            logic set_up_q;
            always_ff @(posedge clk) if (en) set_up_q <= stage_set_up;
            assign next_set_up = set_up_q;
          end else begin : gen_through
            assign next_set_up = stage_set_up;
          end
          if (d == STAGES - 1) begin : gen_last
            wire unused_set_up = next_set_up;
          end
          for (i = 0; i < SWITCHES; i = i + 1) begin : gen_comparator
            localparam integer LOW = (i / HALF) * 2 * HALF + i % HALF
                                     + (i / HALF == WHOLE_GROUPS ? MISSING : 0);
            localparam integer HIGH = LOW ^ MASK;
            wire [KEY_BITS-1:0] low =
                gen_stage[d].gen_word[LOW/LANES].straight[WIDTH*(LOW%LANES)+:KEY_BITS];
            wire [KEY_BITS-1:0] high =
                gen_stage[d].gen_word[HIGH/LANES].straight[WIDTH*(HIGH%LANES)+:KEY_BITS];
            wire out_of_order = low > high;
            always_ff @(posedge clk) if (en && stage_set_up) set_q[i] <= out_of_order;
            assign crossing[i] = stage_set_up ? out_of_order : set_q[i];
          end
        end else begin : gen_given
          assign crossing = bits[FIRST+:SWITCHES];
          // A stage whose switches are all left out.
          wire unused_crossing = &{1'b0, crossing};
        end

        for (w = 0; w < WORDS; w = w + 1) begin : gen_word
          localparam integer PARTNER = w ^ WORD_MASK;
          wire [WORD_BITS-1:0] straight;  // the lines of this word
          wire [WORD_BITS-1:0] crossed;   // the partner of each
          wire [WORD_BITS-1:0] select;    // ones over the lines whose switch is crossed
          wire [WORD_BITS-1:0] moved = (straight & ~select) | (crossed & select);
          wire [WORD_BITS-1:0] value;

          if (d > 0) begin : gen_next
            assign straight = gen_stage[d-1].gen_word[w].value;
          end else if (w < WORDS - 1 || REST_BITS == WORD_BITS) begin : gen_full
            assign straight = in_data[WORD_BITS*w+:WORD_BITS];
          end else begin : gen_rest
            assign straight = {{(WORD_BITS - REST_BITS) {1'b0}}, in_data[WORD_BITS*w+:REST_BITS]};
          end

          if (PARTNER >= WORDS) begin : gen_alone
            assign crossed = straight;
          end else if (LANE_MASK == 0) begin : gen_across
            assign crossed = gen_stage[d].gen_word[PARTNER].straight;
          end else begin : gen_exchanged
            wire [WORD_BITS-1:0] partner = gen_stage[d].gen_word[PARTNER].straight;
            for (j = 0; j < LANES; j = j + 1) begin : gen_lane
              assign crossed[WIDTH*j+:WIDTH] = partner[WIDTH*(j^LANE_MASK)+:WIDTH];
            end
          end

          if (PARTNER < w && LANE_MASK == 0) begin : gen_shared
            assign select = gen_stage[d].gen_word[PARTNER].select;
          end else begin : gen_select
            for (j = 0; j < LANES; j = j + 1) begin : gen_lane
              localparam integer LINE = LANES * w + j;
              localparam integer LOW = LINE < (LINE ^ MASK) ? LINE : LINE ^ MASK;
              localparam integer GROUP = LOW / (2 * HALF);
              localparam integer POSITION = LOW % HALF;
              // Number of the switch on these lines, or -1.
              localparam integer INDEX =
                  (LOW ^ MASK) >= LINES ? -1
                  : GROUP == WHOLE_GROUPS ? GROUP * HALF - LEFT_OUT + POSITION - MISSING
                  : GROUP > 0 ? GROUP * HALF - LEFT_OUT + POSITION
                  : POSITION < ODD || POSITION >= ODD + HALF - LEFT_OUT ? -1 : POSITION - ODD;
              if (INDEX < 0) begin : gen_none
                assign select[WIDTH*j+:WIDTH] = {WIDTH{1'b0}};
              end else if (BUILT[INDEX]) begin : gen_switch
                assign select[WIDTH*j+:WIDTH] = {WIDTH{crossing[INDEX]}};
              end else begin : gen_pruned
                assign select[WIDTH*j+:WIDTH] = {WIDTH{1'b0}};
              end
            end
          end

          if (REGISTERED != 0) begin : gen_register
            logic [WORD_BITS-1:0] value_q;
            always_ff @(posedge clk) if (en) value_q <= moved;
            assign value = value_q;
          end else begin : gen_through
            assign value = moved;
          end
        end
      end

      // No name for a full word: one more net here and Verilator joins them two by two.
      for (w = 0; w < WORDS; w = w + 1) begin : gen_out
        if (w < WORDS - 1 || REST_BITS == WORD_BITS) begin : gen_full
          assign out_data[WORD_BITS*w+:WORD_BITS] = gen_stage[STAGES-1].gen_word[w].value;
        end else begin : gen_rest
          wire [WORD_BITS-1:0] last = gen_stage[STAGES-1].gen_word[w].value;
          wire unused_lanes = &{1'b0, last[WORD_BITS-1:REST_BITS]};
          assign out_data[WORD_BITS*w+:REST_BITS] = last[REST_BITS-1:0];
        end
      end
    end
  endgenerate
endmodule
`default_nettype wire
