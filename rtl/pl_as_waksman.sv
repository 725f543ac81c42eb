// Pipelined AS-Waksman network of any width: line r of the output is line source[r] of the input.
//
// Timing: pl_geometry::stages(LINES) = D stages, one register each (D = 0, a wire, for one line).
// Stage d works on the bits that its part of `bits` shows while the item is in front of it, d cycles
// after the item entered; new bits may come with every item.
//
// Every switch is two multiplexers with one select. The lines are written down in words of up to 64
// bits (LANES lines each) and the selects as a mask over a word: the same gates as one variable per
// line, and several times less work for a simulator.
`default_nettype none
module pl_as_waksman #(
  /// Lines of the network, any number from 1.
  parameter integer LINES = 5,
  /// Bits of one line.
  parameter integer WIDTH = 8
) (
  input  wire clk,
  /// Every stage moves on; low: every register keeps its value.
  input  wire en,
  /// The bits of all stages end to end, stage 0 lowest: stage d starts at
  /// pl_geometry::switch_offset(LINES, d). Bit i of a stage belongs to its switch i: 0 straight,
  /// 1 crossed.
  input  wire [pl_geometry::network_bits(LINES)-1:0] bits,
  /// Line q in bits [WIDTH*q +: WIDTH].
  input  wire [LINES*WIDTH-1:0] in_data,
  output wire [LINES*WIDTH-1:0] out_data
);
  localparam integer STAGES = pl_geometry::stages(LINES);
  localparam integer LANES = pl_geometry::lanes(WIDTH);
  localparam integer WORDS = (LINES + LANES - 1) / LANES;
  localparam integer WORD_BITS = LANES * WIDTH;
  // Bits of the last word that belong to lines; the lanes above them are constant zero.
  localparam integer REST_BITS = LINES * WIDTH - (WORDS - 1) * WORD_BITS;

  generate
    if (LINES < 1 || WIDTH < 1) begin : gen_check
      pl_error_as_waksman_needs_a_line_and_a_bit i_error ();
    end
  endgenerate

  genvar d, w, j;
  generate
    if (STAGES == 0) begin : gen_wire
      wire unused = &{1'b0, clk, en, bits};
      assign out_data = in_data;
    end else begin : gen_network
      for (d = 0; d < STAGES; d = d + 1) begin : gen_stage
        localparam integer FIRST = pl_geometry::switch_offset(LINES, d);
        localparam integer SPAN = 1 << pl_geometry::level(LINES, d);
        // How many words away a partner is; 0: it is in the same word.
        localparam integer REACH = SPAN / LANES;

        for (w = 0; w < WORDS; w = w + 1) begin : gen_word
          localparam integer IS_HIGH = REACH > 0 ? (w / pl_geometry::max(REACH, 1)) % 2 : 0;
          localparam integer PARTNER = IS_HIGH == 1 ? w - REACH : w + REACH;
          wire  [WORD_BITS-1:0] straight;  // the lines of this word
          wire  [WORD_BITS-1:0] crossed;   // the partner of each
          wire  [WORD_BITS-1:0] select;    // ones over the lines whose switch is crossed
          logic [WORD_BITS-1:0] value_q;

          if (d > 0) begin : gen_next
            assign straight = gen_stage[d-1].gen_word[w].value_q;
          end else if (w < WORDS - 1 || REST_BITS == WORD_BITS) begin : gen_full
            assign straight = in_data[WORD_BITS*w+:WORD_BITS];
          end else begin : gen_rest
            assign straight = {{(WORD_BITS - REST_BITS) {1'b0}}, in_data[WORD_BITS*w+:REST_BITS]};
          end

          if (REACH == 0) begin : gen_inside
            for (j = 0; j < LANES; j = j + 1) begin : gen_lane
              localparam integer LANE = (j / SPAN) % 2 == 0 ? j + SPAN : j - SPAN;
              assign crossed[WIDTH*j+:WIDTH] = straight[WIDTH*LANE+:WIDTH];
            end
          end else if (PARTNER < WORDS) begin : gen_across
            assign crossed = gen_stage[d].gen_word[PARTNER].straight;
          end else begin : gen_alone
            assign crossed = straight;
          end

          if (IS_HIGH == 1) begin : gen_shared
            assign select = gen_stage[d].gen_word[PARTNER].select;
          end else begin : gen_select
            for (j = 0; j < LANES; j = j + 1) begin : gen_lane
              localparam integer LINE = LANES * w + j;
              localparam integer LOW = (LINE / SPAN) % 2 == 0 ? LINE : LINE - SPAN;
              localparam integer INDEX = pl_geometry::switch_index(LINES, d, LOW);
              if (INDEX >= 0) begin : gen_switch
                assign select[WIDTH*j+:WIDTH] = {WIDTH{bits[FIRST+INDEX]}};
              end else begin : gen_none
                assign select[WIDTH*j+:WIDTH] = {WIDTH{1'b0}};
              end
            end
          end

          always_ff @(posedge clk)
            if (en) value_q <= (straight & ~select) | (crossed & select);
        end
      end

      for (w = 0; w < WORDS; w = w + 1) begin : gen_out
        if (w < WORDS - 1 || REST_BITS == WORD_BITS) begin : gen_full
          assign out_data[WORD_BITS*w+:WORD_BITS] = gen_stage[STAGES-1].gen_word[w].value_q;
        end else begin : gen_rest
          wire [WORD_BITS-1:0] last = gen_stage[STAGES-1].gen_word[w].value_q;
          wire unused = &{1'b0, last[WORD_BITS-1:REST_BITS]};
          assign out_data[WORD_BITS*w+:REST_BITS] = last[REST_BITS-1:0];
        end
      end
    end
  endgenerate
endmodule
`default_nettype wire
