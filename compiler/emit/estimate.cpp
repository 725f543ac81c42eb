#include "compiler/emit/estimate.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/emit/cell_cost.h"
#include "compiler/emit/layer_text.h"
#include "compiler/emit/verilog_text.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/partial.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/load_stream.h"

namespace permloom {
namespace {

constexpr int RAM_ROWS = 256;  // a memory with an image is filled up to whole block RAMs

bool unit_devices(const ChipLayer& layer) {
    return std::ranges::all_of(layer.devices, [](int32_t d) { return d >= -1 && d <= 1; });
}

bool any_negative(std::span<const int32_t> devices) {
    return std::ranges::any_of(devices, [](int32_t device) { return device < 0; });
}

/// Rows of a wiring memory as it is stored.
int stored_rows(int rows, const EstimateOptions& options) {
    return options.boot_words > 0 ? (rows + RAM_ROWS - 1) / RAM_ROWS * RAM_ROWS : rows;
}

/// A row of a load is for this layer, and for which of its wiring memories.
Cost row_targets(int memories) {
    return {0.0, 1 + memories};
}

cells::ProductShape product_shape(const ChipLayer& layer, bool is_signed) {
    return {layer.in_bits, layer.device_bits, layer.rail == Rail::split, unit_devices(layer),
            layer.rail != Rail::split && is_signed};
}

Cost folded_engine(const ChipLayer& layer, int contexts, const EstimateOptions& options) {
    const bool split = layer.rail == Rail::split;
    const Topology topology = as_waksman_topology(layer.lines());
    const int stages = topology.stage_count(), tree = index_bits(layer.lines());
    const int levels = layer.lines() > 1 ? tree : 0;
    const int rows = stored_rows(contexts * layer.outputs, options);

    const int width = layer.bit_serial ? 1 : layer.in_bits;
    Cost cost = cells::sequencer(layer.outputs, layer.passes(), layer.planes(), contexts) +
                cells::folded_tags(stages + levels + 3, layer.outputs, layer.passes(),
                                   layer.planes(), contexts);
    std::vector<uint8_t> live;
    const Cost network = cells::as_waksman(layer.live_slots(), width, live);
    cost += network + cells::line_register(live, width, layer.rail);
    // Bits of switches that are left out are not read.
    for (const auto& present : prune(topology, layer.live_slots()).present)
        cost += memory_cost(present, rows);
    if (layer.shared_profile) {
        cost += cells::device_bank(layer.bank(0), width, layer.device_bits, split);
        cost += cells::adder_tree(cells::bank_terms(layer.bank(0), width, split),
                                  width + layer.device_bits, layer.accumulator_bits());
    } else {
        const int64_t high = ((int64_t{1} << width) - 1) << (layer.device_bits - 1);
        cost += cells::device_rom(layer.lines(), layer.device_bits, layer.outputs);
        cost += cells::multiplier_bank(layer.lines(), width, layer.device_bits, split);
        cost += cells::adder_tree(
            std::vector<cells::Term>(static_cast<size_t>(layer.lines()), {-high, high, 0}),
            width + layer.device_bits, layer.accumulator_bits());
    }
    return cost +
           cells::accumulator(layer.accumulator_bits(), layer.passes() == 2, layer.planes() > 1) +
           row_targets(stages);
}

Cost spatial_engine(const ChipLayer& layer, int contexts) {
    const bool split = layer.rail == Rail::split;
    const Topology topology = as_waksman_topology(layer.lines());
    const int stages = topology.stage_count();
    const int levels = layer.lines() > 1 ? index_bits(layer.lines()) : 0;
    const int width = layer.bit_serial ? 1 : layer.in_bits;
    const int window = static_cast<int>(engine_plan(layer).interval);
    Cost cost = cells::spatial_sequencer(window, layer.cycles_a_neuron()) +
                cells::spatial_tags(stages + levels + 3, layer.passes(), layer.cycles_a_neuron());
    std::vector<uint8_t> lines_live(static_cast<size_t>(layer.lines()), 0);
    for (int j = 0; j < layer.outputs; ++j) {
        std::vector<uint8_t> live;
        cost += cells::as_waksman(layer.live_slots(j), width, live);
        for (size_t line = 0; line < live.size(); ++line)
            lines_live[line] |= live[line];
        for (const auto& present : prune(topology, layer.live_slots(j)).present)
            cost +=
                cells::wiring_register(static_cast<int>(std::ranges::count(present, 1)), contexts);
        cost += cells::device_bank(layer.bank(j), width, layer.device_bits, split);
        cost += cells::adder_tree(cells::bank_terms(layer.bank(j), width, split),
                                  width + layer.device_bits, layer.accumulator_bits());
        cost +=
            cells::accumulator(layer.accumulator_bits(), layer.passes() == 2, layer.planes() > 1);
    }
    const int items = layer.outputs / layer.lanes;
    return cost + cells::line_register(lines_live, width, layer.rail) +
           cells::collector(items, layer.lanes * layer.accumulator_bits(), items, contexts) +
           Cost{0.0, 1};
}

/// Places where the live devices of a shared bank differ from the one before.
int device_changes(const ChipLayer& layer) {
    std::vector<int32_t> values;
    for (const int32_t slot : live_slots(layer, 0))
        values.push_back(layer.bank(0)[static_cast<size_t>(slot)]);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return std::max(static_cast<int>(values.size()) - 1, 0);
}

Cost serial_engine(const ChipLayer& layer, int contexts, const EstimateOptions& options) {
    const std::vector<int32_t> counts = group_entries(layer);
    const EnginePlan plan = engine_plan(layer);
    const int most = *std::ranges::max_element(counts);
    const int depth = std::max(stored_rows(contexts * plan.wiring_rows, options), 1);
    const bool padded = !layer.shared_profile || most < layer.lanes;
    Cost cost = cells::serial_sequencer({static_cast<int>(counts.size()), layer.lanes, most,
                                         plan.wiring_rows, contexts, layer.shared_profile}) +
                cells::serial_tags(padded);
    const int changes = layer.shared_profile ? device_changes(layer) : 0;
    if (!layer.shared_profile)
        cost += cells::device_rom(layer.lanes, layer.device_bits, std::max(plan.wiring_rows, 1)) +
                Cost{0.0, index_bits(plan.wiring_rows)};
    else if (changes > 0)
        cost += cells::device_table(most, layer.device_bits, changes, index_bits(most + 1));
    // Products of a shared bank are signed where it holds a negative device, else all are.
    const bool is_signed = !layer.shared_profile || any_negative(layer.devices);
    cost += int64_t{layer.lanes} *
            cells::serial_lane(product_shape(layer, is_signed), stored_entry_bits(layer), depth,
                               layer.accumulator_bits(), layer.rail == Rail::dual);
    return cost + cells::collector(layer.lanes, layer.accumulator_bits(), layer.outputs, contexts) +
           row_targets(layer.lanes) + Cost{0.0, 1};
}

Cost level_engine(const ChipLayer& layer, int contexts, const EstimateOptions& options) {
    const int depth = stored_rows(contexts * steps(layer), options);
    const bool dual = layer.rail == Rail::dual;
    const int tree = layer.lanes > 1 ? index_bits(layer.lanes) : 0;
    Cost cost = cells::level_sequencer(steps_a_pass(layer), dual, layer.outputs, contexts) +
                cells::level_tags(tree);
    if (dual) cost.luts += layer.lanes * layer.in_bits;
    for (int neuron = 0; neuron < layer.outputs; ++neuron)
        cost += cells::level_neuron(
            product_shape(layer, any_negative(layer.bank(neuron))), layer.lanes, level_bits(layer),
            static_cast<int>(levels(layer, neuron).size()), depth, layer.accumulator_bits());
    return cost +
           cells::collector(layer.outputs, layer.accumulator_bits(), layer.outputs, contexts) +
           row_targets(layer.outputs) + Cost{0.0, 1};
}

Cost programmable_engine(const ChipLayer& layer, int contexts, const EstimateOptions& options) {
    const EnginePlan plan = engine_plan(layer);
    const int weights = static_cast<int>(lane_weights(layer));
    const int depth = stored_rows(contexts * plan.wiring_rows, options);
    const bool split = layer.rail == Rail::split;
    const cells::ProductShape product{layer.in_bits, weight_bits(layer), split, false, !split};
    Cost cost = cells::serial_sequencer(
                    {weights / layer.inputs, layer.lanes, layer.inputs, weights, 1, true}) +
                cells::programmable_step(layer.in_bits, weights_a_row(layer), plan.wiring_rows,
                                         contexts, layer.inputs < layer.lanes);
    cost += int64_t{layer.lanes} * cells::programmable_lane(product, weights_a_row(layer), depth,
                                                            layer.accumulator_bits());
    return cost + cells::collector(layer.lanes, layer.accumulator_bits(), layer.outputs, contexts) +
           Cost{0.0, 1};
}

Cost engine_cost(const ChipLayer& layer, int contexts, const EstimateOptions& options) {
    switch (layer.engine) {
        case Engine::folded:
            return folded_engine(layer, contexts, options);
        case Engine::spatial:
            return spatial_engine(layer, contexts);
        case Engine::serial:
            return serial_engine(layer, contexts, options);
        case Engine::level:
            return level_engine(layer, contexts, options);
        case Engine::programmable:
            return programmable_engine(layer, contexts, options);
    }
    PERMLOOM_ASSERT(false);
    return {};
}

/// The vector in front of the engine, written `writes` values at a time.
Cost vector_buffer(const ChipLayer& layer, int writes) {
    if (layer.has_network())
        return cells::activation_buffer(layer.inputs, layer.in_bits, writes, layer.bit_serial);
    const bool serial = layer.engine == Engine::serial;
    return cells::activation_memory(
        layer.inputs, layer.in_bits, writes, layer.engine == Engine::level ? layer.lanes : 1,
        serial ? layer.lanes : 1, 2, serial ? activation_tail(layer, writes) : 0);
}

/// All that is in front of the engine: the vector, and of a layer that walks the feature map, the
/// window reader and what it adds.
Cost buffer_cost(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    const int writes = chip.values_a_write(chip.source(index));
    if (!layer.walk) return vector_buffer(layer, writes);
    const int lanes = window_lanes(layer);
    Cost cost = cells::activation_memory(layer.input_size(), layer.in_bits, writes, lanes, 1) +
                cells::window_reader(layer, lanes) + vector_buffer(layer, lanes) +
                cells::map_writer(layer);
    if (layer.adds()) {
        const ChipLayer& added = chip.layers[static_cast<size_t>(*layer.walk->skip)];
        cost += cells::activation_memory(added.output_size(), added.value_bits(), 1, 1, 1,
                                         skip_banks(chip, index));
    }
    return cost;
}

/// Bits of a row of a load that a layer stores.
int stored_row_bits(const ChipLayer& layer, bool last) {
    // Words of the registers of a neuron: b alone in the last layer, else all but a few.
    constexpr int BIAS_BITS = 32, REGISTER_BITS = 112;
    int bits = last ? BIAS_BITS : REGISTER_BITS;
    if (layer.has_network())
        for (const int width : as_waksman_topology(layer.lines()).row_widths())
            bits = std::max(bits, width);
    if (layer.engine == Engine::level) bits = std::max(bits, layer.lanes * level_bits(layer));
    return bits;
}

cells::LoaderShape loader_shape(const Chip& chip) {
    cells::LoaderShape shape;
    shape.layers = static_cast<int>(chip.layers.size());
    shape.contexts = chip.contexts;
    for (const ChipLayer& layer : chip.layers) {
        const int rows = std::max(engine_plan(layer).wiring_rows, layer.outputs);
        shape.most_rows = std::max(shape.most_rows, rows);
        shape.row_bits =
            std::max(shape.row_bits, stored_row_bits(layer, &layer == &chip.layers.back()));
    }
    shape.address_bits = index_bits(chip.contexts * shape.most_rows);
    return shape;
}

/// Of all layers that have one; nothing where none has.
Cost decoder_cost(const Chip& chip) {
    Cost cost;
    int entry_bits = 0, address_bits = 0, most_words = 0;
    for (const ChipLayer& layer : chip.layers) {
        if (layer.decoder == Decoder::none) continue;
        const int entries = engine_plan(layer).wiring_rows;
        const bool level_map = layer.decoder == Decoder::level_map;
        cost += cells::code_decoder(
            {.lines = layer.lines(),
             .classes = level_map ? static_cast<int>(levels(layer, 0).size()) : 0,
             .neurons = layer.outputs,
             .lanes = layer.lanes,
             .entries = entries,
             .contexts = chip.contexts,
             .code_words = code_words(layer),
             .shared_profile = layer.shared_profile,
             .dual = layer.rail == Rail::dual});
        most_words = std::max(most_words, code_words(layer));
        entry_bits = std::max(entry_bits, stored_entry_bits(layer));
        address_bits = std::max(address_bits, index_bits(chip.contexts * entries));
    }
    if (most_words == 0) return cost;
    return cost + cells::code_words_in_hand(entry_bits, address_bits, loader_shape(chip).row_bits,
                                            most_words);
}

/// Of a whole load without gaps: words, and the cycles in which codes are decoded.
int64_t load_cycles(const Chip& chip) {
    int64_t cycles = load_words(chip) + 1;
    for (const ChipLayer& layer : chip.layers)
        for (int neuron = 0; layer.decoder != Decoder::none && neuron < layer.outputs; ++neuron)
            cycles += code_cycles(layer, neuron) - code_words(layer);
    return cycles;
}

}  // namespace

Cost Estimate::total() const {
    Cost sum;
    for (const auto* parts : {&layers, &rest})
        for (const PartEstimate& part : *parts)
            sum += part.cost;
    return sum;
}

PartEstimate estimate_layer(const Chip& chip, size_t index, const EstimateOptions& options) {
    const ChipLayer& layer = chip.layers[index];
    const bool last = index + 1 == chip.layers.size();
    const LayerPlan plan = layer_plan(layer, last);
    PartEstimate part{fmt::format("layer {}", index), {}, plan.interval, plan.latency};
    part.cost = buffer_cost(chip, index) + engine_cost(layer, chip.contexts, options) +
                int64_t{layer.values_a_write()} *
                    cells::layer_output({layer.outputs / layer.values_a_write(), chip.contexts,
                                         layer.accumulator_bits(), layer.out_bits, last,
                                         layer.adds(), options.probes});
    return part;
}

Estimate estimate(const Chip& chip, const EstimateOptions& options) {
    Estimate result;
    for (size_t l = 0; l < chip.layers.size(); ++l)
        result.layers.push_back(estimate_layer(chip, l, options));
    result.rest = {{"loader", cells::config_loader(loader_shape(chip))},
                   {"pixel loader", cells::pixel_loader(chip.pixel_beats())},
                   {"contexts", cells::context_control(chip.contexts)},
                   {"result unit", cells::result_unit(chip.outputs())}};
    if (const Cost cost = decoder_cost(chip); cost.luts > 0.0)
        result.rest.push_back({"decoders", cost});
    if (options.boot_words > 0) result.rest.push_back({"boot", cells::boot(options.boot_words)});
    if (!options.board) result.rest.push_back({"control port", cells::axi_lite()});
    if (options.board) result.rest.push_back({"board", cells::board(chip.pixel_stream_bits)});
    result.interval = chip_interval(chip);
    result.latency = chip_latency(chip);
    result.load_cycles = load_cycles(chip);
    result.rough = std::ranges::any_of(
        chip.layers, [](const ChipLayer& layer) { return layer.walk.has_value(); });
    return result;
}

int64_t load_words(const Chip& chip) {
    const auto record = [](int64_t rows, int64_t words) {
        return rows > 0 ? LOAD_RECORD_WORDS + rows * words : 0;
    };
    // Header, classes, end marker and CRC.
    int64_t total = LOAD_HEADER_WORDS + record(1, 1) + 2;
    for (const ChipLayer& layer : chip.layers) {
        const LoadedWiring wiring = loaded_wiring(layer);
        if (layer.has_network())
            for (const int width : as_waksman_topology(layer.lines()).row_widths())
                total += record(wiring.rows, (width + 31) / 32);
        else
            total += wiring.stages * record(wiring.rows, layer.decoder == Decoder::none
                                                             ? wiring_row_words(layer)
                                                             : code_words(layer));
        total += record(layer.outputs, NEURON_REGISTER_WORDS) +
                 record(1, layer_register_words(layer.adds()));
    }
    return total;
}

}  // namespace permloom
