#include "compiler/program/engine_plan.h"

#include <algorithm>

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
    EnginePlan plan{stages, layer.outputs, int64_t{layer.outputs} * layer.passes()};
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

}  // namespace

EnginePlan engine_plan(const ChipLayer& layer) {
    switch (layer.engine) {
        case Engine::folded:
            return folded(layer);
        case Engine::serial:
            return serial(layer);
        case Engine::level:
            return level(layer);
    }
    PERMLOOM_ASSERT(false);
    return {};
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

}  // namespace permloom
