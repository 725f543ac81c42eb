#include "sim/systemc/line_register.h"

#include <algorithm>

namespace permloom::systemc {

LineRegister::LineRegister(const sc_core::sc_module_name& name, const ChipLayer& layer,
                           int networks)
    : PipelineStage(name),
      rail_(layer.rail),
      bit_serial_(layer.bit_serial),
      inputs_(static_cast<size_t>(layer.inputs)),
      networks_(static_cast<size_t>(networks)),
      hi_(static_cast<uint16_t>(layer.in_hi())) {}

void LineRegister::advance(const Issue& from, Lines& to) {
    const Codes& image = codes->read();
    const auto complement = [this](uint16_t x) { return static_cast<uint16_t>(hi_ - x); };
    to.values = image;
    if (rail_ == Rail::dual) {
        to.values.resize(2 * inputs_);
        std::transform(image.begin(), image.end(), to.values.data() + inputs_, complement);
    } else if (rail_ == Rail::split && from.token.pass == 1) {
        std::transform(image.begin(), image.end(), to.values.begin(), complement);
    }
    if (bit_serial_)
        for (uint16_t& value : to.values)
            value = (value >> from.token.plane) & 1;
    const size_t lines = to.values.size();
    to.values.resize(networks_ * lines);
    for (size_t network = 1; network < networks_; ++network)
        std::copy_n(to.values.begin(), lines,
                    to.values.begin() + static_cast<std::ptrdiff_t>(network * lines));
}

}  // namespace permloom::systemc
