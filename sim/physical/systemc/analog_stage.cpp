#include "sim/physical/systemc/analog_stage.h"

namespace permloom::systemc {

AnalogStage::AnalogStage(const sc_core::sc_module_name& name, uint32_t layer, uint8_t stage,
                         const std::vector<Switch>& switches, size_t rows, const SwitchPass& pass,
                         const std::vector<LayerStuckSwitch>& stuck)
    : PipelineStage(name),
      switches_(switches),
      pass_(pass),
      rows_(layer, stage, switches.size(), rows) {
    stuck_.assign(rows_.words(), 0);
    crossed_ = stuck_;
    for (const LayerStuckSwitch& one : stuck) {
        if (one.stage != stage) continue;
        const auto word = static_cast<size_t>(one.index / 32);
        const uint32_t bit = uint32_t{1} << one.index % 32;
        stuck_[word] |= bit;
        if (one.crossed) crossed_[word] |= bit;
    }
    SC_METHOD(store);
    sensitive << row;
    dont_initialize();
}

bool AnalogStage::is_crossed(const uint32_t* bits, size_t index) const {
    const size_t word = index / 32;
    return (((bits[word] & ~stuck_[word]) | crossed_[word]) >> index % 32 & 1) != 0;
}

void AnalogStage::pass_on(const uint32_t* bits, const SwitchPass& pass,
                          std::vector<double>& values) const {
    for (size_t i = 0; i < switches_.size(); ++i) {
        double& low = values[static_cast<size_t>(switches_[i].low)];
        double& high = values[static_cast<size_t>(switches_[i].high)];
        const bool crossed = is_crossed(bits, i);
        const double to_low = crossed ? high : low, to_high = crossed ? low : high;
        low = pass.through * to_low + pass.leak * to_high;
        high = pass.through * to_high + pass.leak * to_low;
    }
}

void AnalogStage::advance(const AnalogLines& from, AnalogLines& to) {
    const uint32_t* bits = rows_.bits(from.token.addr);
    to.image = from.image;
    to.values = from.values;
    pass_on(bits, pass_, to.values);
    to.squares = from.squares;
    if (!to.squares.empty())
        pass_on(bits, {pass_.through * pass_.through, pass_.leak * pass_.leak}, to.squares);
}

}  // namespace permloom::systemc
