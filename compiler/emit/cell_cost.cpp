#include "compiler/emit/cell_cost.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "compiler/base/bits.h"
#include "compiler/emit/verilog_text.h"
#include "compiler/perm/as_waksman.h"

namespace permloom::cells {
namespace {

Cost registers(int64_t bits) {
    return {0.0, bits, 0, 0};
}

Cost gates(double luts) {
    return {luts, 0, 0, 0};
}

/// Bits of an unsigned number up to `high`.
int bits_of(int64_t high) {
    return std::bit_width(static_cast<uint64_t>(high));
}

int levels_of(int64_t count) {
    return ceil_log2(static_cast<uint64_t>(count));
}

}  // namespace

// Engine `folded`.

Cost sequencer(int neurons, int passes, int planes, int contexts) {
    // A counter with its comparison, and the adder of the second context's rows.
    const int bits = index_bits(neurons);
    const int plane_bits = planes > 1 ? index_bits(planes) : 0;
    return {
        1.5 * (bits + plane_bits) + 5.0 + (contexts == 2 ? 4.0 : 0.0) + (passes == 2 ? 3.0 : 0.0),
        bits + plane_bits + (passes == 2 ? 1 : 0)};
}

Cost folded_tags(int depth, int neurons, int passes, int planes, int contexts) {
    // Valid, context and neuron at every tap; the row's address, which with one context is the
    // neuron, and the pass, first and last plane up to the last tap but one.
    int64_t bits = int64_t{depth} * (2 + index_bits(neurons));
    if (contexts == 2) bits += int64_t{depth - 1} * index_bits(contexts * neurons);
    if (passes == 2) bits += depth - 1;
    if (planes > 1) bits += 2 * (depth - 1);
    return {depth * 1.0, bits};
}

Cost line_register(const std::vector<uint8_t>& line_live, int width, Rail rail) {
    const auto live = std::ranges::count(line_live, 1);
    // The selector of the buffer in front is in the same LUT, but complements have one of their
    // own.
    const auto half = static_cast<std::ptrdiff_t>(line_live.size() / 2);
    const auto complements =
        rail == Rail::dual ? std::count(line_live.begin() + half, line_live.end(), 1) : 0;
    return {static_cast<double>(complements * width), live * width};
}

Cost as_waksman(const std::vector<uint8_t>& live_slots, int width,
                std::vector<uint8_t>& line_live) {
    line_live = live_slots;
    const Topology topology = as_waksman_topology(static_cast<int>(live_slots.size()));
    // Backwards: a register for every line that is still of use, a multiplexer for each of those
    // that a switch drives.
    int64_t lines = 0, multiplexers = 0;
    for (size_t d = topology.stages.size(); d-- > 0;) {
        lines += std::ranges::count(line_live, 1);
        for (const Switch& one : topology.stages[d]) {
            uint8_t& low = line_live[static_cast<size_t>(one.low)];
            uint8_t& high = line_live[static_cast<size_t>(one.high)];
            multiplexers += low + high;
            low = high = low | high;
        }
    }
    return {static_cast<double>(multiplexers * width), lines * width};
}

std::vector<Term> bank_terms(std::span<const int32_t> bank, int width, bool split) {
    const int64_t high = (int64_t{1} << width) - 1;
    std::vector<Term> terms;
    for (const int32_t device : bank) {
        const int64_t factor = split ? std::abs(device) : device;
        terms.push_back({std::min<int64_t>(0, factor * high), std::max<int64_t>(0, factor * high),
                         device == 0 ? width : std::countr_zero(static_cast<uint32_t>(device))});
    }
    return terms;
}

Cost device_bank(std::span<const int32_t> bank, int width, int device_bits, bool split) {
    // An input times a constant: so many additions as the constant has ones beyond the first, 1.6
    // LUTs a bit (compressors and a chain of carries; 1 where the ones stand side by side), and for
    // the sign 1.4 more. Powers of two are wires, negative ones 2 LUTs a bit.
    Cost cost;
    for (const int32_t device : bank) {
        if (device == 0) continue;
        const auto magnitude = static_cast<uint32_t>(std::abs(device));
        const int zeros = std::countr_zero(magnitude);
        const int ones = std::popcount(magnitude);
        const bool negative = device < 0 && !split;
        double per_bit = (magnitude >> zeros) == 3 ? 1.0 : 1.6 * (ones - 1);
        if (negative) per_bit += ones == 1 ? 2.0 : 1.4;
        const int64_t high = ((int64_t{1} << width) - 1) * static_cast<int64_t>(magnitude);
        const int bits = std::min(bits_of(high) + (negative ? 1 : 0), width + device_bits) - zeros;
        cost += {per_bit * width, bits};
    }
    return cost;
}

Cost device_rom(int lines, int device_bits, int rows) {
    return table_cost(int64_t{lines} * device_bits, rows);
}

Cost multiplier_bank(int lines, int width, int device_bits, bool split) {
    // 2.4 LUTs a bit of the device and of the input; the second pass turns the sign round.
    const double product = device_bits <= 2 ? 3.0 * width : 2.4 * width * device_bits - 11.0;
    return int64_t{lines} *
           Cost{product + (split ? 2.5 * (width + device_bits) : 0.0), width + device_bits};
}

Cost adder_tree(std::vector<Term> terms, int term_bits, int sum_bits) {
    Cost cost;
    const int levels = levels_of(static_cast<int64_t>(terms.size()));
    for (int level = 1; level <= levels; ++level) {
        const int level_bits = std::min(term_bits + level, sum_bits);
        std::vector<Term> sums;
        for (size_t i = 0; i < terms.size(); i += 2) {
            const bool pair = i + 1 < terms.size();
            const Term left = terms[i], right = pair ? terms[i + 1] : Term{};
            const bool adds = left.low != left.high && right.low != right.high;
            const bool constant = left.low == left.high && right.low == right.high;
            Term sum{left.low + right.low, left.high + right.high,
                     adds                    ? std::min(left.zeros, right.zeros)
                     : left.low != left.high ? left.zeros
                                             : right.zeros};
            const int bits =
                sum.low < 0 && adds
                    ? level_bits
                    : std::min(bits_of(std::max(sum.high, -sum.low)) + (sum.low < 0 ? 1 : 0),
                               level_bits);
            if (!constant) cost.flip_flops += bits - sum.zeros;
            // Below the lowest bit of one operand the other one passes.
            if (adds) cost.luts += bits - std::max(left.zeros, right.zeros);
            sums.push_back(sum);
        }
        terms = std::move(sums);
    }
    return cost;
}

Cost accumulator(int width, bool loops, bool doubles) {
    // The first sum of an item passes a gate in front of the adder; where the sum so far is doubled
    // or not, that gate selects.
    return {loops || doubles ? 2.0 * width : 0.0, width};
}

// Engine `spatial`.

Cost spatial_sequencer(int window, int cycles) {
    const int bits = index_bits(window);
    if (window == 1) return {2.0, 0};
    return {1.5 * bits + 5.0 + (cycles < window ? bits : 0.0), bits};
}

Cost spatial_tags(int depth, int passes, int cycles) {
    // Valid and context at every tap; first and last up to the last tap but one where they differ,
    // the pass too.
    int64_t bits = int64_t{depth} * 2;
    if (cycles > 1) bits += 2 * (depth - 1);
    if (passes == 2) bits += depth - 1;
    return {1.0 * depth, bits};
}

Cost wiring_register(int switches, int contexts) {
    // With two contexts a selector, and an enable of each row.
    return {contexts == 2 ? switches + 2.0 : 1.0, int64_t{contexts} * switches, 0,
            int64_t{contexts} * switches};
}

// Engine `serial`.

Cost serial_sequencer(const SerialShape& shape) {
    const int step_bits = index_bits(std::max(shape.most, shape.lanes) + 1);
    const int entry_bits = index_bits(shape.entries);
    const int group_bits = index_bits(shape.groups);
    // Three counters, and the adder of the second context's entries.
    Cost cost{1.2 * (step_bits + entry_bits + group_bits) + 12.0 +
                  (shape.contexts == 2 && shape.entries > 0 ? 0.8 * entry_bits : 0.0),
              step_bits + entry_bits + group_bits};
    if (!shape.shared_profile) {
        // Entries and last step of the group in hand: a table, and two comparisons.
        cost += table_cost(2 * int64_t{step_bits}, shape.groups);
        cost.luts += 1.5 * step_bits;
        --cost.flip_flops;
    }
    return cost;
}

Cost serial_tags(bool padded) {
    // valid 4, bank 1, leave 1, first 3, last 3, context 4; live 2 where a step can be padding.
    return {4.0, 16 + (padded ? 2 : 0)};
}

Cost device_product(const ProductShape& shape) {
    // Devices 0 and 1 only clear the register. A sign, or a multiplier, as measured, by bits of the
    // input and of the device; a complement for the rail.
    const double width = shape.width;
    double luts = 0.3;
    if (shape.unit) {
        if (shape.split) luts = width;
        if (shape.is_signed) luts = 3.2 * width;
    } else if (shape.is_signed || shape.split) {
        luts = width * (2.25 * shape.device_bits + 8.3) - 36.0;
        if (shape.split) luts += 6.0 * width;
    } else {
        luts = std::max(1.0, width * (3.5 * (shape.device_bits - 1) - 3.8));
    }
    return {luts, shape.product_bits()};
}

Cost serial_lane(const ProductShape& product, int entry_bits, int depth, int acc_bits, bool dual) {
    Cost cost =
        memory_cost(entry_bits, depth) + device_product(product) + accumulator(acc_bits, true);
    if (dual) cost += {2.0 * product.width, 1};
    return cost;
}

Cost device_table(int count, int device_bits, int changes, int step_bits) {
    // Ascending devices are comparisons of the step with the places where they change, or a table
    // where that is cheaper.
    Cost table = table_cost(device_bits, count);
    table.luts = std::min(table.luts, 0.6 * step_bits * changes + device_bits);
    table.flip_flops = table.rams > 0 ? 0 : device_bits;
    return table + registers(step_bits);
}

// Engine `level`.

Cost level_sequencer(int words, bool dual, int neurons, int contexts) {
    const int steps = dual ? 2 * words : words;
    const int step_bits = index_bits(std::max(steps, neurons)), word_bits = index_bits(words);
    return {1.6 * (step_bits + word_bits) + 5.0 + (contexts == 2 ? step_bits : 0.0) +
                (dual ? 9.0 : 0.0),
            step_bits + word_bits};
}

Cost level_tags(int tree_levels) {
    // valid and context at all taps, first and last up to the accumulator, live and the last word
    // at the products.
    const int depth = tree_levels + 3;
    return {4.0, 2 * depth + 2 * (depth - 1) + 2};
}

Cost level_neuron(const ProductShape& product, int lanes, int level_bits, int levels, int depth,
                  int acc_bits) {
    Cost cost = memory_cost(int64_t{lanes} * level_bits, depth);
    Cost lane = device_product(product);
    // The device of a level, where the level is not the device itself.
    if (levels > 2) lane.luts += product.device_bits * (1.0 + selector_luts(levels / 16));
    cost += int64_t{lanes} * lane;
    const int64_t high = (int64_t{1} << (product.product_bits() - (product.is_signed ? 1 : 0))) - 1;
    const std::vector<Term> terms(static_cast<size_t>(lanes),
                                  Term{product.is_signed ? -high : 0, high, 0});
    return cost + adder_tree(terms, product.product_bits(), acc_bits) + accumulator(acc_bits, true);
}

// Engine `programmable`.

Cost programmable_step(int in_bits, int row_weights, int rows, int contexts, bool padded) {
    // valid 4, first 3, last 3, context 4; live 2 where a step can be padding. The adder of the
    // second context's rows.
    return {4.0 + (contexts == 2 ? 0.8 * index_bits(rows) : 0.0),
            14 + (padded ? 2 : 0) + levels_of(row_weights) + in_bits};
}

Cost programmable_lane(const ProductShape& product, int row_weights, int depth, int acc_bits) {
    Cost cost = memory_cost(int64_t{row_weights} * product.device_bits, depth) +
                device_product(product) + accumulator(acc_bits, true);
    return cost + Cost{product.device_bits * selector_luts(row_weights), product.device_bits};
}

// End of a layer.

Cost collector(int lanes, int width, int neurons, int contexts) {
    const int neuron_bits = index_bits(neurons);
    // Sums are taken or move on by one: a multiplexer for all but the last one.
    return {static_cast<double>((lanes - 1) * width) + 12.0 + (contexts == 2 ? neuron_bits : 0.0),
            int64_t{lanes} * width + 2 + (lanes > 1 ? index_bits(lanes) : 0) + 2 * neuron_bits};
}

Cost layer_output(const OutputShape& shape) {
    const int neuron_bits = index_bits(shape.neurons);
    const int rows = shape.contexts * shape.neurons;
    const int biased_bits = std::max(shape.acc_bits, 32) + 1;
    const int value_bits = shape.last ? 32 : shape.out_bits;
    // Enable, last neuron, rows of the load stream that are meant.
    Cost cost = gates(8.0);
    if (shape.probes) cost.luts += value_bits + neuron_bits + 1;
    if (shape.last) {
        // The bias.
        cost += memory_cost(32, rows);
        return cost + Cost{34.0, 32 + 2 + neuron_bits};
    }
    // pl_post_op: t, m, two of c, product, sum, code, tags of four stages. The multiplier of
    // 33 x 17 bits, the rounding, the shift of 52 bits and the clamp are nearly all of its LUTs.
    const int product_bits = biased_bits + 17, sum_bits = std::max(product_bits, 48) + 2;
    cost += memory_cost(97, rows);
    cost += registers(int64_t{shape.contexts} * 55);
    cost +=
        {2164.0 + shape.out_bits + 56.0 * (biased_bits - 33) + (shape.contexts == 2 ? 80.0 : 0.0),
         biased_bits + 17 + 2 * 48 + product_bits + sum_bits + shape.out_bits +
             4 * (2 + neuron_bits)};
    // The skip and its factor.
    if (shape.adds)
        cost += {18.0 * shape.out_bits * 2.4, shape.contexts * 17 + shape.out_bits + 17 + 34};
    return cost;
}

// Around the layers.

Cost activation_buffer(int size, int bits, int lanes, bool turns) {
    // Two banks, a multiplexer between them for every bit that is read, a decoder of the writes. A
    // bit that turns selects between its neighbour and what is written.
    const int writes = (size + lanes - 1) / lanes;
    const double read = turns ? size * (2.0 * bits + 1.0) + 2.0 * writes : size * bits;
    return {read + 20.0 + 2.2 * writes, 2 * int64_t{size} * bits + 6, 0, 2 * int64_t{size} * bits};
}

Cost activation_memory(int64_t size, int bits, int lanes, int word, int ports, int banks,
                       int tail) {
    const int row = std::max(lanes, word), parts = row / lanes, words = row / word;
    const int64_t depth = banks * ((size + row - 1) / row);
    // Banks full, their contexts, and the three bank numbers.
    Cost cost{18.0, 2 * int64_t{banks} + 3 * levels_of(banks)};
    // The part of a row that is written.
    if (parts > 1) cost.luts += 1.6 * parts;
    Cost port = memory_cost(int64_t{row} * bits, depth - tail);
    if (tail > 0) {
        // Registers with an enable each behind a register of the write; and for every port a
        // selector of a row, two LUTs for four of them, a register, and which of the two it was.
        const int row_bits = row * bits;
        cost += {static_cast<double>(tail), (int64_t{tail} + 1) * row_bits + index_bits(depth) + 1,
                 0, int64_t{tail} * row_bits};
        port += {row_bits * (0.65 * tail) + 3.0, row_bits + 1};
    }
    if (words > 1) port += {selector_luts(words) * word * bits, levels_of(words)};
    return cost + int64_t{ports} * port;
}

Cost pixel_loader(int beats) {
    const int bits = index_bits(beats);
    return {14.0 + 2.0 * bits, bits + 3};
}

Cost context_control(int contexts) {
    // A counter of 16 bits of images in flight for each, and its last change; which one runs.
    return contexts == 1 ? Cost{26.0, 18} : Cost{65.0, 37};
}

Cost axi_lite() {
    // Cycles 64, three counters and the word that is read of 32 bits each, 16 of them kept aside;
    // address, data and strobes of a write, SELECT, and the states of both sides.
    return {380.0, 64 + 1 + 3 * 32 + 32 + 32 + 10 + 9 + 1 + 9 + 6};
}

Cost result_unit(int outputs) {
    constexpr int FEW = 16;  // so many logits stand in shift registers, more in a memory
    const int index = index_bits(outputs), beat = index_bits(outputs + 1);
    // full and ctx 4, banks 2, two registers of classes 32, flags 10, logit, best and the lower
    // half of a logit 80; indices of three logits on their way and of two labels.
    Cost cost{210.0, 4 + 2 + 32 + 10 + 80 + beat + 5 * index};
    if (outputs == 1) return {40.0, 4 + 2 + beat + 64, 0, 64};
    if (outputs <= FEW) {
        cost += {0.0, 64 * int64_t{outputs}, 0, 64 * int64_t{outputs}};
        return cost;
    }
    return cost + memory_cost(32, 2 * int64_t{outputs}) + gates(12.0);
}

Cost config_loader(const LoaderShape& shape) {
    const int layer_bits = index_bits(shape.layers), row_bits = index_bits(shape.most_rows + 1);
    // CRC and row counter of 32 bits each, states and checks; layer and section of the record;
    // address and number of rows; the row. An id of 32 bits a context, and the base of a patch.
    return {(shape.contexts == 1 ? 424.0 : 518.0) + 15.0 * (shape.layers - 1) + shape.row_bits,
            116 + 33 + 32 * shape.contexts + layer_bits + shape.address_bits + 2 * row_bits +
                shape.row_bits};
}

Cost code_decoder(const DecoderShape& shape) {
    const int index = index_bits(shape.lines), count = bits_of(shape.lines);
    // The reader of fields: its window, where the next field begins, chunk and words.
    const int field = shape.classes > 0 ? levels_of(shape.classes) : index;
    const int window = field - 1 + (shape.classes > 0 && field > 8 ? 16 : 8);
    Cost cost = memory_cost(index, shape.lines);
    cost.flip_flops += window + bits_of(window) + 2 + bits_of(shape.code_words);
    if (shape.classes > 0)
        // A counter a class and the selector of its slot and end.
        cost += {2.15 * count * shape.classes + 1.5 * index + 45.0 + 2.0 * field,
                 int64_t{count} * shape.classes + index + 3};
    else
        cost += {18.0 * index + 24.0, 4 * index + bits_of(index) + 5};
    // The walk over live slots: slot, how many are left, entry; the table of neurons.
    const int address = index_bits(shape.contexts * shape.entries);
    const int place = index_bits(shape.entries) + (shape.lanes > 1 ? index_bits(shape.lanes) : 0) +
                      (shape.shared_profile ? 0 : 2 * count);
    cost += {1.8 * (2 * count + address) + (shape.dual ? 2.0 * index : 0.0) + 8.0,
             2 * count + address + 3};
    return cost + table_cost(place, shape.neurons);
}

Cost code_words_in_hand(int entry_bits, int address_bits, int row_bits, int code_words) {
    // Two words of the row register, which of them is the oldest; a longer count of words in a row.
    return {165.0 + entry_bits + address_bits,
            5 + std::max(0, 64 - row_bits) + 2 * std::max(0, bits_of(code_words) - 2)};
}

// Layers that walk.

Cost window_reader(const ChipLayer& layer, int lanes) {
    // Counters of the position and of the step, two coordinates, the address of a value in the map,
    // and the value of the padding instead of what was read.
    const int position = index_bits(layer.walk->rows) + index_bits(layer.walk->columns);
    const int step = 2 * index_bits(layer.walk->kernel) + index_bits(layer.walk->map.channels);
    const int address = index_bits(layer.walk->map.size());
    return {2.0 * (position + step) + 4.0 * address + lanes * layer.in_bits + 30.0,
            position + step + address + index_bits(layer.inputs) + 4};
}

Cost map_writer(const ChipLayer& layer) {
    const Walk& walk = *layer.walk;
    // Counters of the position and the address of the write.
    Cost cost{40.0, index_bits(walk.rows) + index_bits(walk.columns) + 16};
    if (walk.pool == Pool::none) return cost;
    // The running pools of a row, and their maximum or sum.
    cost += memory_cost(layer.value_bits(), int64_t{layer.outputs} * walk.pooled_columns());
    return cost + Cost{4.0 * layer.value_bits() + 30.0, layer.value_bits() + 20};
}

// rtl/board.

Cost boot(int words) {
    // The stored load stream, as deep as whole block RAMs, a register behind it and its states.
    constexpr int RAM_ROWS = 256;
    const int blocks = (words + RAM_ROWS - 1) / RAM_ROWS;
    const int address = std::max(levels_of(words), 8);
    return memory_cost(32, int64_t{RAM_ROWS} * blocks) + Cost{50.0 + 2.0 * address, 40 + address};
}

Cost board(int pixel_stream_bits) {
    // pl_uart_receiver, pl_uart_transmitter, pl_host_link, and the reset of ice40_top.
    return {27.0 + 23.0 + 233.0 + 9.0, 22 + 18 + 94 + std::max(pixel_stream_bits, 32) + 7};
}

}  // namespace permloom::cells
