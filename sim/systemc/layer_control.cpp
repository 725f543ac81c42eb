#include "sim/systemc/layer_control.h"

namespace permloom::systemc {

LayerControl::LayerControl(const sc_core::sc_module_name& name, uint32_t neurons,
                           uint32_t positions, uint32_t lanes, uint32_t lane)
    : sc_module(name), neurons_(neurons), values_(neurons * positions), lanes_(lanes), lane_(lane) {
    SC_METHOD(write_behind);
    sensitive << output << next_ready;
}

void LayerControl::write_behind() {
    const Token& token = output->read().token;
    const int64_t value = output->read().value;
    const uint32_t addr = token.position * neurons_ + token.neuron;
    const bool ready = next_ready->read(), writes = token.valid && ready;
    enable->write(!token.valid || ready);
    write->next() = {.valid = writes,
                     .last = addr + 1 == values_,
                     .ctx = token.ctx,
                     .addr = addr,
                     .data = static_cast<uint64_t>(value)};
    probe_valid->write(writes);
    probe_index->write(writes ? addr * lanes_ + lane_ : 0);
    probe_value->write(writes ? static_cast<int32_t>(value) : 0);
}

}  // namespace permloom::systemc
