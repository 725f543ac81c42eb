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
        case Engine::spatial:
            return int64_t{layer.inputs} * layer.outputs;
        case Engine::serial:
        case Engine::programmable:
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
        case Engine::spatial:
            return outputs / lanes;
        case Engine::serial:
        case Engine::programmable:
            return (outputs + lanes - 1) / lanes * std::max(inputs, lanes);
        case Engine::level:
            return std::max((inputs + lanes - 1) / lanes, outputs);
    }
    PERMLOOM_ASSERT(false);
    return 0;
}

/// Weights of one context that the memory has room for.
int64_t stored_weights(const ChipLayer& layer) {
    if (layer.engine != Engine::serial && layer.engine != Engine::programmable)
        return int64_t{layer.outputs} * layer.inputs;
    const int in_row = weights_a_row(layer);
    return layer.lanes * ((lane_weights(layer) + in_row - 1) / in_row * in_row);
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
    const bool constant =
        layer.engine == Engine::spatial || (layer.engine == Engine::folded && layer.shared_profile);
    if (layer.engine == Engine::programmable || (!constant && !unit))
        cost.multipliers = layer.engine == Engine::folded ? layer.lines() : products(layer);
    return cost;
}

LayerCost programmable_cost(const ChipLayer& layer, int contexts) {
    LayerCost cost;
    cost.load_bits = static_cast<uint64_t>(stored_weights(layer) * weight_bits(layer));
    cost.memory_bits = static_cast<uint64_t>(contexts) * cost.load_bits;
    cost.cycles = vector_cycles(layer);
    if (layer.walk)
        cost.cycles = layer.walk->positions() * std::max<int64_t>(cost.cycles, window_steps(layer));
    cost.multipliers = products(layer);
    return cost;
}

}  // namespace permloom
