#include "sim/systemc/product_stage.h"

namespace permloom::systemc {

ProductStage::ProductStage(const sc_core::sc_module_name& name, const ChipLayer& layer)
    : PipelineStage(name), split_(layer.rail == Rail::split), hi_(layer.in_hi()) {}

void ProductStage::advance(const Operands& from, Terms& to) {
    const size_t width = from.inputs.size(), count = from.devices.size();
    to.values.resize(count);
    for (size_t base = 0; base < count; base += width) {
        for (size_t i = 0; i < width; ++i) {
            to.values[base + i] = product(from.devices[base + i], from.inputs[i]);
        }
    }
}

int32_t ProductStage::product(int32_t device, int32_t x) const {
    return !split_ || device > 0 ? device * x : -device * (hi_ - x);
}

}  // namespace permloom::systemc
