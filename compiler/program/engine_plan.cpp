#include "compiler/program/engine_plan.h"

#include <algorithm>
#include <bit>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"

namespace permloom {
namespace {

int ceil_divide(int value, int divisor) {
    return (value + divisor - 1) / divisor;
}

int lg(int count) {
    return ceil_log2(static_cast<uint64_t>(count));
}

EnginePlan folded(const ChipLayer& layer) {
    const int stages = layer.lines() > 1 ? 2 * lg(layer.lines()) - 1 : 0;
    EnginePlan plan{stages, layer.outputs, int64_t{layer.outputs} * layer.cycles_a_neuron()};
    plan.latency = plan.interval + stages + lg(layer.lines()) + 7;
    plan.last_latency = plan.latency - 3;
    return plan;
}

EnginePlan serial(const ChipLayer& layer) {
    EnginePlan plan;
    plan.wiring_stages = layer.lanes;
    const std::vector<int32_t> entries = group_entries(layer);
    for (const int32_t count : entries) {
        plan.wiring_rows += count;
        plan.interval += std::max(count, layer.lanes);
    }
    const int in_last_group = layer.outputs - (static_cast<int>(entries.size()) - 1) * layer.lanes;
    plan.latency = plan.interval + 9 + in_last_group - 1;
    plan.last_latency = plan.latency - 3;
    return plan;
}

EnginePlan level(const ChipLayer& layer) {
    EnginePlan plan{layer.outputs, steps(layer), std::max(steps(layer), layer.outputs)};
    plan.latency = plan.interval + lg(layer.lanes) + 8 + layer.outputs - 1;
    plan.last_latency = plan.latency - 3;
    return plan;
}

EnginePlan programmable(const ChipLayer& layer) {
    const int groups = ceil_divide(layer.outputs, layer.lanes);
    EnginePlan plan;
    plan.wiring_stages = layer.lanes;
    plan.wiring_rows = ceil_divide(static_cast<int>(lane_weights(layer)), weights_a_row(layer));
    plan.interval = int64_t{groups} * std::max(layer.inputs, layer.lanes);
    plan.latency = plan.interval + 9 + (layer.outputs - (groups - 1) * layer.lanes) - 1;
    plan.last_latency = plan.latency - 3;
    return plan;
}

/// Layers on the longest way from the image to the values of a layer.
std::vector<int> depths(const Chip& chip) {
    std::vector<int> depth;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const int source = chip.source(l);
        int before = source < 0 ? 0 : depth[static_cast<size_t>(source)];
        if (chip.layers[l].adds())
            before = std::max(before, depth[static_cast<size_t>(*chip.layers[l].walk->skip)]);
        depth.push_back(before + 1);
    }
    return depth;
}

/// What one write of a window may carry: the width of a write in the models.
constexpr int MAX_WRITE_BITS = 64;

}  // namespace

EnginePlan engine_plan(const ChipLayer& layer) {
    switch (layer.engine) {
        case Engine::folded:
            return folded(layer);
        case Engine::serial:
            return serial(layer);
        case Engine::level:
            return level(layer);
        case Engine::programmable:
            return programmable(layer);
    }
    PERMLOOM_ASSERT(false);
    return {};
}

int window_lanes(const ChipLayer& layer) {
    const int channels = layer.walk->map.channels;
    int lanes = 1;
    while (layer.inputs / lanes > engine_plan(layer).interval && channels % (2 * lanes) == 0 &&
           2 * lanes * layer.in_bits <= MAX_WRITE_BITS)
        lanes *= 2;
    return lanes;
}

int window_steps(const ChipLayer& layer) {
    return layer.inputs / window_lanes(layer);
}

LayerPlan layer_plan(const ChipLayer& layer, bool last) {
    const EnginePlan engine = engine_plan(layer);
    if (!layer.walk) return {engine.interval, last ? engine.last_latency : engine.latency};
    const int64_t step = std::max<int64_t>(window_steps(layer), engine.interval);
    const int pooled = layer.walk->pool == Pool::none ? 0 : 1;
    return {layer.walk->positions() * step, window_steps(layer) + 1 +
                                                (layer.walk->counted_positions() - 1) * step +
                                                engine.latency + pooled};
}

int skip_banks(const Chip& chip, size_t index) {
    const std::vector<int> depth = depths(chip);
    const auto skip = static_cast<size_t>(*chip.layers[index].walk->skip);
    return depth[index] - depth[skip] + 2;
}

int64_t chip_interval(const Chip& chip) {
    int64_t interval = std::max<int64_t>(chip.pixel_beats(), chip.outputs() + int64_t{1});
    for (size_t l = 0; l < chip.layers.size(); ++l)
        interval =
            std::max(interval, layer_plan(chip.layers[l], l + 1 == chip.layers.size()).interval);
    return interval;
}

int64_t chip_latency(const Chip& chip) {
    // When the values of each layer are complete, the last pixel's cycle being 0.
    std::vector<int64_t> full;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const int source = chip.source(l);
        int64_t begins = source < 0 ? 1 : full[static_cast<size_t>(source)];
        if (chip.layers[l].adds())
            begins = std::max(begins, full[static_cast<size_t>(*chip.layers[l].walk->skip)]);
        full.push_back(begins + layer_plan(chip.layers[l], l + 1 == chip.layers.size()).latency);
    }
    return full.back();
}

std::vector<int32_t> live_slots(const ChipLayer& layer, int neuron) {
    const auto bank = layer.bank(neuron);
    std::vector<int32_t> slots;
    for (size_t slot = 0; slot < bank.size(); ++slot)
        if (bank[slot] != 0) slots.push_back(static_cast<int32_t>(slot));
    return slots;
}

std::vector<int32_t> group_entries(const ChipLayer& layer) {
    std::vector<int32_t> entries(static_cast<size_t>(ceil_divide(layer.outputs, layer.lanes)), 0);
    for (int neuron = 0; neuron < layer.outputs; ++neuron) {
        int32_t& most = entries[static_cast<size_t>(neuron / layer.lanes)];
        const auto bank = layer.bank(neuron);
        const auto zeros = std::ranges::count(bank, 0);
        most = std::max(most, static_cast<int32_t>(static_cast<int64_t>(bank.size()) - zeros));
    }
    return entries;
}

int stored_entry_bits(const ChipLayer& layer) {
    return std::max(1, lg(layer.inputs)) + (layer.rail == Rail::dual ? 1 : 0);
}

std::vector<int32_t> levels(const ChipLayer& layer, int neuron) {
    const auto bank = layer.bank(neuron);
    std::vector<int32_t> values(bank.begin(), bank.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

int level_bits(const ChipLayer& layer) {
    size_t most = 1;
    for (int bank = 0; bank < layer.banks(); ++bank)
        most = std::max(most, levels(layer, bank).size());
    return std::max(1, lg(static_cast<int>(most)));
}

int steps_a_pass(const ChipLayer& layer) {
    return ceil_divide(layer.inputs, layer.lanes);
}

int steps(const ChipLayer& layer) {
    return steps_a_pass(layer) * (layer.rail == Rail::dual ? 2 : 1);
}

int weight_bits(const ChipLayer& layer) {
    return layer.device_bits + (layer.rail == Rail::dual ? 1 : 0);
}

int weights_a_row(const ChipLayer& layer) {
    return static_cast<int>(std::bit_floor(32U / static_cast<unsigned>(weight_bits(layer))));
}

int64_t lane_weights(const ChipLayer& layer) {
    return int64_t{ceil_divide(layer.outputs, layer.lanes)} * layer.inputs;
}

}  // namespace permloom
