#include "sim/systemc/layer_module.h"

#include "compiler/base/error.h"
#include "sim/systemc/folded_layer.h"
#include "sim/systemc/level_layer.h"
#include "sim/systemc/serial_layer.h"

namespace permloom::systemc {

LayerModule::LayerModule(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : sc_module(name), output_("output", chip, index) {
    PERMLOOM_ASSERT(chip.layers[index].accumulator_bits() <= 32);  // the width of Terms
    place(output_);
    output_.in(total_);
    output_.row(row);
    output_.enable(enable_);
    output_.write(write);
    output_.next_ready(next_ready);
    output_.probe_valid(probe_valid);
    output_.probe_index(probe_index);
    output_.probe_value(probe_value);
}

int write_lanes(const Chip& chip, size_t index) {
    return index == 0 ? chip.pixels_per_beat() : 1;
}

std::unique_ptr<LayerModule> make_layer(const char* name, const Chip& chip, size_t index) {
    switch (chip.layers[index].engine) {
        case Engine::folded:
            return std::make_unique<FoldedLayer>(name, chip, index);
        case Engine::serial:
            return std::make_unique<SerialLayer>(name, chip, index);
        case Engine::level:
            return std::make_unique<LevelLayer>(name, chip, index);
    }
    PERMLOOM_ASSERT(false);
    return nullptr;
}

}  // namespace permloom::systemc
