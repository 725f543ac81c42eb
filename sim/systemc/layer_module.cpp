#include "sim/systemc/layer_module.h"

#include "compiler/base/error.h"
#include "compiler/program/engine_plan.h"
#include "sim/systemc/folded_layer.h"
#include "sim/systemc/level_layer.h"
#include "sim/systemc/programmable_layer.h"
#include "sim/systemc/serial_layer.h"

namespace permloom::systemc {
namespace {

/// Values in one write to a layer.
int write_lanes(const Chip& chip, size_t index) {
    return chip.source(index) == NETWORK_INPUT ? chip.pixels_per_beat() : 1;
}

}  // namespace

LayerModule::LayerModule(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : sc_module(name), output_("output", chip, index) {
    PERMLOOM_ASSERT(chip.layers[index].accumulator_bits() <= 32);  // the width of Terms
    if (chip.layers[index].walk) build_walk(chip, index);
    if (chip.layers[index].adds()) build_skip(chip, index);
    place(output_);
    output_.in(total_);
    output_.skip(skip_value_);
    output_.row(row);
    output_.enable(enable_);
    output_.write(write);
    output_.next_ready(next_ready);
    output_.probe_valid(probe_valid);
    output_.probe_index(probe_index);
    output_.probe_value(probe_value);
}

void LayerModule::build_walk(const Chip& chip, size_t index) {
    map_ = std::make_unique<FeatureMap>("map", chip.layers[index], write_lanes(chip, index));
    place(*map_);
    map_->write(in);
    map_->in_ready(in_ready);
    map_->skip_valid(skip_valid_);
    map_->leave(map_leave_);
    map_->window(window_);
    map_->window_ready(window_ready_);
}

void LayerModule::build_skip(const Chip& chip, size_t index) {
    skip_memory_ = std::make_unique<SkipMemory>("skip_memory", chip, index);
    place(*skip_memory_);
    skip_memory_->write(skip);
    skip_memory_->in_ready(skip_ready);
    skip_memory_->out_valid(skip_valid_);
    skip_memory_->advance(map_leave_);
    skip_memory_->enable(enable_);
    skip_memory_->sums(total_);
    skip_memory_->out(skip_value_);
}

int buffer_lanes(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    return layer.walk ? window_lanes(layer) : write_lanes(chip, index);
}

std::unique_ptr<LayerModule> make_layer(const char* name, const Chip& chip, size_t index) {
    switch (chip.layers[index].engine) {
        case Engine::folded:
            return std::make_unique<FoldedLayer>(name, chip, index);
        case Engine::serial:
            return std::make_unique<SerialLayer>(name, chip, index);
        case Engine::level:
            return std::make_unique<LevelLayer>(name, chip, index);
        case Engine::programmable:
            return std::make_unique<ProgrammableLayer>(name, chip, index);
    }
    PERMLOOM_ASSERT(false);
    return nullptr;
}

}  // namespace permloom::systemc
