#include "sim/systemc/device_bank.h"

#include <algorithm>

namespace permloom::systemc {

DeviceBank::DeviceBank(const sc_core::sc_module_name& name, const ChipLayer& layer)
    : PipelineStage(name),
      lines_(static_cast<size_t>(layer.lines())),
      shared_(layer.shared_profile),
      devices_{layer.devices} {
    if (layer.rail != Rail::split) return;
    devices_.push_back(layer.devices);
    for (int32_t& device : devices_[0])
        device = std::max(device, 0);
    for (int32_t& device : devices_[1])
        device = std::max(-device, 0);
}

void DeviceBank::advance(const Lines& from, Terms& to) {
    // The bank of a neuron is a ROM row in hardware, read one cycle ahead; constants need no such
    // care.
    const int32_t* bank =
        devices_[from.token.pass].data() + (shared_ ? 0 : from.token.neuron * lines_);
    to.values.resize(lines_);
    for (size_t slot = 0; slot < lines_; ++slot) {
        to.values[slot] = bank[slot] * static_cast<int32_t>(from.values[slot]);
    }
}

}  // namespace permloom::systemc
