#include "sim/physical/systemc/analog_bank.h"

namespace permloom::systemc {
namespace {

/// Of both devices, where a slot is a pair.
double square_of(const LayerInstance& devices, size_t cell) {
    const double plus = static_cast<double>(devices.plus[cell]);
    if (devices.minus.empty()) return plus * plus;
    const double minus = static_cast<double>(devices.minus[cell]);
    return plus * plus + minus * minus;
}

}  // namespace

AnalogBank::AnalogBank(const sc_core::sc_module_name& name, const ChipLayer& layer,
                       const LayerInstance& devices, double read_noise)
    : PipelineStage(name), one_for_all_(layer.shared_profile && devices.banks == 1) {
    const auto lines = static_cast<size_t>(layer.lines());
    for (int neuron = 0; neuron < (one_for_all_ ? 1 : layer.outputs); ++neuron) {
        const std::vector<double> values = measured_bank(layer, devices, neuron);
        const auto nominal = layer.bank(neuron);
        const size_t first = devices.banks == 1 ? 0 : static_cast<size_t>(neuron) * lines;
        for (int pass = 0; pass < layer.passes(); ++pass) {
            Slots& slots = slots_[pass].emplace_back();
            for (size_t slot = 0; slot < lines; ++slot) {
                // Rail split: negative values are devices on the rail of complements.
                const bool complement = layer.rail == Rail::split && nominal[slot] < 0;
                const bool here = complement == (pass == 1);
                const double noise = read_noise * read_noise * square_of(devices, first + slot);
                slots.values.push_back(!here ? 0.0 : complement ? -values[slot] : values[slot]);
                slots.variances.push_back(here ? noise : 0.0);
            }
        }
    }
}

void AnalogBank::advance(const AnalogLines& from, AnalogSum& to) {
    const Slots& slots = slots_[from.token.pass][one_for_all_ ? 0 : from.token.neuron];
    to.image = from.image;
    to.value = to.variance = 0.0;
    for (size_t slot = 0; slot < from.values.size(); ++slot)
        to.value += slots.values[slot] * from.values[slot];
    for (size_t slot = 0; slot < from.squares.size(); ++slot)
        to.variance += slots.variances[slot] * from.squares[slot];
}

}  // namespace permloom::systemc
