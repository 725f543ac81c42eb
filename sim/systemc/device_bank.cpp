#include "sim/systemc/device_bank.h"

#include <algorithm>

#include "compiler/base/bits.h"

namespace permloom::systemc {

DeviceBank::DeviceBank(const sc_core::sc_module_name& name, const ChipLayer& layer, int neurons)
    : PipelineStage(name),
      lines_(static_cast<size_t>(layer.lines())),
      neurons_(static_cast<size_t>(neurons)),
      terms_(neurons == 1 ? lines_ : size_t{1} << ceil_log2(lines_)),
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
    const std::vector<int32_t>& devices = devices_[from.token.pass];
    to.values.assign(neurons_ * terms_, 0);
    for (size_t neuron = 0; neuron < neurons_; ++neuron) {
        const int32_t* bank =
            devices.data() + (shared_ ? 0 : (from.token.neuron + neuron) * lines_);
        const uint16_t* slots = from.values.data() + neuron * lines_;
        int32_t* terms = to.values.data() + neuron * terms_;
        for (size_t slot = 0; slot < lines_; ++slot)
            terms[slot] = bank[slot] * static_cast<int32_t>(slots[slot]);
    }
}

}  // namespace permloom::systemc
