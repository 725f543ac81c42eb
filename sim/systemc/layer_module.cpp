#include "sim/systemc/layer_module.h"

#include <fmt/format.h>

#include "compiler/base/error.h"
#include "compiler/program/engine_plan.h"
#include "sim/systemc/folded_layer.h"
#include "sim/systemc/level_layer.h"
#include "sim/systemc/programmable_layer.h"
#include "sim/systemc/serial_layer.h"
#include "sim/systemc/spatial_layer.h"

namespace permloom::systemc {
namespace {

/// Values in one write to a layer.
int write_lanes(const Chip& chip, size_t index) {
    return chip.values_a_write(chip.source(index));
}

std::string numbered(const char* name, int lane) {
    return fmt::format("{}_{}", name, lane);
}

}  // namespace

LayerModule::Lane::Lane(const Chip& chip, size_t index, int lane)
    : total(std::make_unique<Register<Total>>(numbered("total", lane).c_str())),
      output(std::make_unique<LayerOutput>(numbered("output", lane).c_str(), chip, index, lane)) {
    if (chip.layers[index].values_a_write() > 1)
        write = std::make_unique<Wire<Write>>(numbered("write_of", lane).c_str());
    if (lane > 0)
        enable = std::make_unique<sc_core::sc_signal<bool>>(numbered("enable_of", lane).c_str());
}

LayerModule::LayerModule(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : sc_module(name) {
    PERMLOOM_ASSERT(chip.layers[index].accumulator_bits() <= 32);  // the width of Terms
    if (chip.layers[index].walk) build_walk(chip, index);
    build_lanes(chip, index);
    if (chip.layers[index].adds()) build_skip(chip, index);
}

void LayerModule::build_lanes(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    const int lanes = layer.values_a_write();
    probe_valid.init(static_cast<size_t>(lanes));
    probe_index.init(static_cast<size_t>(lanes));
    probe_value.init(static_cast<size_t>(lanes));
    if (lanes > 1) {
        write_join_ = std::make_unique<WriteJoin>("write_join", layer.out_bits);
        write_join_->out(write);
    }
    for (int k = 0; k < lanes; ++k) {
        Lane& lane = lanes_.emplace_back(chip, index, k);
        LayerOutput& output = *lane.output;
        place(output);
        output.in(*lane.total);
        output.skip(skip_value_);
        output.row(row);
        output.enable(k == 0 ? enable_ : *lane.enable);
        if (lanes > 1) {
            output.write(*lane.write);
            write_join_->in(*lane.write);
        } else {
            output.write(write);
        }
        output.next_ready(next_ready);
        const auto probe = static_cast<size_t>(k);
        output.probe_valid(probe_valid[probe]);
        output.probe_index(probe_index[probe]);
        output.probe_value(probe_value[probe]);
    }
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
    skip_memory_->sums(total());
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
        case Engine::spatial:
            return std::make_unique<SpatialLayer>(name, chip, index);
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
