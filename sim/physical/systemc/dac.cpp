#include "sim/physical/systemc/dac.h"

#include <cmath>

namespace permloom::systemc {

Dac::Dac(const sc_core::sc_module_name& name, const ChipLayer& layer, const Reading& reading)
    : PipelineStage(name),
      rail_(layer.rail),
      bit_serial_(layer.bit_serial),
      noisy_(reading.read_noise > 0.0),
      hi_(layer.in_hi()) {
    if (reading.dac_bits > 0 && reading.dac_bits < layer.in_bits)
        step_ = static_cast<double>(hi_) / ((1 << reading.dac_bits) - 1);
    // Inputs change between clock edges: the edge in reset finds it done.
    SC_METHOD(restart);
    sensitive << rst_n.neg();
    dont_initialize();
}

double Dac::level(uint16_t code, bool complement, const Token& token) const {
    if (bit_serial_) return ((complement ? hi_ - code : code) >> token.plane) & 1;
    const double driven = std::nearbyint(code / step_) * step_;
    return complement ? hi_ - driven : driven;
}

void Dac::advance(const Issue& from, AnalogLines& to) {
    const Token& token = from.token;
    if (token.first && token.neuron == 0 && token.position == 0) ++images_;
    to.image = images_ - 1;
    to.values.clear();
    const bool second_rail = rail_ == Rail::split && token.pass == 1;
    for (const uint16_t code : codes->read())
        to.values.push_back(level(code, second_rail, token));
    if (rail_ == Rail::dual)
        for (const uint16_t code : codes->read())
            to.values.push_back(level(code, true, token));
    to.squares.clear();
    if (noisy_)
        for (const double value : to.values)
            to.squares.push_back(value * value);
}

}  // namespace permloom::systemc
