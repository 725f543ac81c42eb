#include "sim/systemc/input_stage.h"

namespace permloom::systemc {

void InputStage::advance(const Entries& from, Operands& to) {
    const Codes& image = memory->bank(from.bank);
    to.devices = from.devices;
    to.inputs.resize(from.values.size());
    for (size_t lane = 0; lane < from.values.size(); ++lane) {
        const uint32_t entry = from.values[lane];
        const uint16_t x = image[entry & ~COMPLEMENT_ENTRY];
        to.inputs[lane] = (entry & COMPLEMENT_ENTRY) != 0 ? static_cast<uint16_t>(hi_ - x) : x;
    }
}

}  // namespace permloom::systemc
