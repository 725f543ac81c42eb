// The lines that enter the switch network, from the inputs of a layer or a plane of them.
//
// Timing: `lines` of cycle t+1 belong to `in_data` of cycle t. A complement is hi - x with
// hi = 2^WIDTH - 1: every bit inverted.
`default_nettype none
module pl_line_register #(
  /// Inputs of the layer.
  parameter integer INPUTS = 4,
  /// Bits of one input (unsigned); 1 for a plane.
  parameter integer WIDTH = 8,
  /// 0 single: the inputs. 1 dual: the inputs, then their complements. 2 split: the inputs in the
  /// first pass, their complements in the second.
  parameter integer RAIL = 0,
  /// Lines: 2 * INPUTS for dual rails, else INPUTS. Do not overwrite.
  parameter integer LINES = RAIL == 1 ? 2 * INPUTS : INPUTS
) (
  input  wire clk,
  input  wire en,
  /// Pass of the item; without split rails it does not matter.
  input  wire second_pass,
  input  wire [INPUTS*WIDTH-1:0] in_data,
  output logic [LINES*WIDTH-1:0] lines
);
  generate
    if (INPUTS < 1 || WIDTH < 1 || RAIL < 0 || RAIL > 2) begin : gen_check
      pl_error_line_register_takes_rail_0_1_or_2 i_error ();
    end
    if (RAIL == 2) begin : gen_split
      always_ff @(posedge clk) if (en) lines <= second_pass ? ~in_data : in_data;
    end else begin : gen_fixed
      wire unused = &{1'b0, second_pass};
      if (RAIL == 1) begin : gen_dual
        always_ff @(posedge clk) if (en) lines <= {~in_data, in_data};
      end else begin : gen_single
        always_ff @(posedge clk) if (en) lines <= in_data;
      end
    end
  endgenerate
endmodule
`default_nettype wire
