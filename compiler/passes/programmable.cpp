#include "compiler/passes/programmable.h"

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/program/engine_plan.h"

namespace permloom {
namespace {

/// Inputs times numbers in one cycle.
int64_t products(const ChipLayer& layer) {
    switch (layer.engine) {
        case Engine::folded:
            return layer.inputs;
        case Engine::serial:
            return layer.lanes;
        case Engine::level:
            return int64_t{layer.lanes} * layer.outputs;
    }
    PERMLOOM_ASSERT(false);
    return 0;
}

/// Cycles for all neurons at one position.
int64_t vector_cycles(const ChipLayer& layer) {
    const int64_t inputs = layer.inputs, outputs = layer.outputs, lanes = layer.lanes;
    switch (layer.engine) {
        case Engine::folded:
            return outputs;
        case Engine::serial:
            return (outputs + lanes - 1) / lanes * std::max(inputs, lanes);
        case Engine::level:
            return std::max((inputs + lanes - 1) / lanes, outputs);
    }
    PERMLOOM_ASSERT(false);
    return 0;
}

}  // namespace

LayerCost& LayerCost::operator+=(const LayerCost& other) {
    load_bits += other.load_bits;
    memory_bits += other.memory_bits;
    cycles = std::max(cycles, other.cycles);
    multipliers += other.multipliers;
    return *this;
}

LayerCost permuted_cost(const ChipLayer& layer, int contexts, uint64_t wiring_memory_bits) {
    LayerCost cost;
    cost.load_bits = wiring_memory_bits;
    cost.memory_bits = static_cast<uint64_t>(contexts) * wiring_memory_bits;
    cost.cycles = layer_plan(layer, false).interval;
    // A bank of constants multiplies by constants, and devices -1, 0 and 1 by nothing.
    const bool unit =
        std::ranges::all_of(layer.devices, [](int32_t d) { return d >= -1 && d <= 1; });
    const bool constant = layer.engine == Engine::folded && layer.shared_profile;
    if (!constant && !unit)
        cost.multipliers = layer.engine == Engine::folded ? layer.lines() : products(layer);
    return cost;
}

LayerCost programmable_cost(const ChipLayer& layer, int contexts) {
    LayerCost cost;
    const int weight_bits = layer.device_bits + (layer.rail == Rail::dual ? 1 : 0);
    cost.load_bits = static_cast<uint64_t>(layer.outputs) * static_cast<uint64_t>(layer.inputs) *
                     static_cast<uint64_t>(weight_bits);
    cost.memory_bits = static_cast<uint64_t>(contexts) * cost.load_bits;
    cost.cycles = vector_cycles(layer);
    if (layer.walk)
        cost.cycles = layer.walk->positions() * std::max<int64_t>(cost.cycles, window_steps(layer));
    cost.multipliers = products(layer);
    return cost;
}

}  // namespace permloom
