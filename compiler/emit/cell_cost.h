/// What each cell of rtl/ costs on an iCE40: one function a cell, named as the cell without `pl_`,
/// from the cell's parameters. Flip-flops follow from the registers of the source; of LUTs the
/// adders, multiplexers and gates are counted, the rest is a constant measured by synthesis of the
/// cell alone (tools/dev/cell_counts). Private to compiler/emit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/emit/block_ram.h"
#include "compiler/program/chip.h"

namespace permloom::cells {

/// What belongs to every layer and leads to its output.
struct OutputShape {
    int neurons = 1, contexts = 1, acc_bits = 1, out_bits = 8;
    bool last = false;
    bool adds = false;    ///< a second product, of the skip
    bool probes = false;  ///< its probe is on a pin
};

// Engine `folded`.
Cost sequencer(int neurons, int passes, int planes, int contexts);
/// `depth` registers of the tag of `folded`.
Cost folded_tags(int depth, int neurons, int passes, int planes, int contexts);
/// `line_live` tells which lines are built.
Cost line_register(const std::vector<uint8_t>& line_live, int width, Rail rail);
/// AS-Waksman, with the lines and multiplexers alone that lead to a live slot. `line_live` is left
/// with the lines that it takes.
Cost as_waksman(const std::vector<uint8_t>& live_slots, int width, std::vector<uint8_t>& line_live);
/// `bank`: the devices that all neurons share.
Cost device_bank(std::span<const int32_t> bank, int width, int device_bits, bool split);
Cost device_rom(int lines, int device_bits, int rows);
Cost multiplier_bank(int lines, int width, int device_bits, bool split);

/// Bits of a number that an adder tree takes.
struct Term {
    int64_t low = 0, high = 0;  ///< what it can be
    int zeros = 0;              ///< low bits that are always 0
};
/// The terms that a bank of constant devices brings to the tree.
std::vector<Term> bank_terms(std::span<const int32_t> bank, int width, bool split);
/// Numbers that can be negative have all bits of their level, `term_bits` and one more a level up
/// to `sum_bits`.
Cost adder_tree(std::vector<Term> terms, int term_bits, int sum_bits);
/// `loops`: it adds to what it has, or else takes the sum as it is; `doubles`: to twice of that.
Cost accumulator(int width, bool loops, bool doubles = false);

// Engine `spatial`: the circuits of `folded` for every neuron.
Cost spatial_sequencer(int window, int cycles);
/// `depth` registers of its tag; `cycles` of a vector.
Cost spatial_tags(int depth, int passes, int cycles);
Cost wiring_register(int switches, int contexts);

// Engine `serial`.
struct SerialShape {
    int groups = 1, lanes = 1, most = 0, entries = 0, contexts = 1;
    bool shared_profile = true;
};
Cost serial_sequencer(const SerialShape& shape);
Cost serial_tags(bool padded);
/// `unit`: devices are -1, 0 and 1; `is_signed`: products can be negative. Without its valid bit,
/// which all lanes share.
struct ProductShape {
    int width = 8, device_bits = 2;
    bool split = false, unit = false, is_signed = false;
    int product_bits() const { return width + (is_signed ? 1 : 0) + (unit ? 0 : device_bits - 1); }
};
Cost device_product(const ProductShape& shape);
Cost serial_lane(const ProductShape& product, int entry_bits, int depth, int acc_bits, bool dual);
/// Device of a step: `changes`, devices that differ from the one before them.
Cost device_table(int count, int device_bits, int changes, int step_bits);

// Engine `level`.
Cost level_sequencer(int words, bool dual, int neurons, int contexts);
Cost level_tags(int tree_levels);
/// One neuron, without its valid bit; `levels` of its devices.
Cost level_neuron(const ProductShape& product, int lanes, int level_bits, int levels, int depth,
                  int acc_bits);

// Engine `programmable`.
/// Of a step: tags, which weight of a row is meant, its address, the input until then.
Cost programmable_step(int in_bits, int row_weights, int rows, int contexts, bool padded);
/// Without its valid bit, which all lanes share; `product.device_bits` are those of a weight.
Cost programmable_lane(const ProductShape& product, int row_weights, int depth, int acc_bits);

// End of a layer.
Cost collector(int lanes, int width, int neurons, int contexts);
Cost layer_output(const OutputShape& shape);

// Around the layers.
/// `turns`: a bit-serial layer reads it.
Cost activation_buffer(int size, int bits, int lanes, bool turns);
/// `tail`: rows that stand in registers.
Cost activation_memory(int64_t size, int bits, int lanes, int word, int ports, int banks = 2,
                       int tail = 0);
Cost pixel_loader(int beats);
Cost context_control(int contexts);
Cost axi_lite();
Cost result_unit(int outputs);
/// Of a load: rows of the largest stage, their addresses, and bits of a row that are stored.
struct LoaderShape {
    int layers = 1, most_rows = 1, address_bits = 1, row_bits = 32, contexts = 1;
};
Cost config_loader(const LoaderShape& shape);
/// Decoders of wiring codes. `classes`: of level-map; 0: factorial-stream.
struct DecoderShape {
    int lines = 2, classes = 0, neurons = 1, lanes = 1, entries = 0, contexts = 1, code_words = 1;
    bool shared_profile = true, dual = false;
};
Cost code_decoder(const DecoderShape& shape);
/// Once for all of them, in the loader: the words in hand, and what drives the row bus.
/// `row_bits`: of a row of the load without them.
Cost code_words_in_hand(int entry_bits, int address_bits, int row_bits, int code_words);

// Layers that walk: estimates until these cells have been measured.
Cost window_reader(const ChipLayer& layer, int lanes);
Cost map_writer(const ChipLayer& layer);

// rtl/board, and ice40_top around it.
Cost boot(int words);
Cost board(int pixel_stream_bits);

}  // namespace permloom::cells
