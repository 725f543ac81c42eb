#include "sim/systemc/context_control.h"

namespace permloom::systemc {

ContextControl::ContextControl(const sc_core::sc_module_name& name, int contexts)
    : sc_module(name), contexts_(static_cast<uint8_t>(contexts)) {
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void ContextControl::edge() {
    if (!rst_n->read()) {
        ctx_active->write(0);
        inflight_.fill(0);
        busy->write(0);
        return;
    }
    constexpr uint32_t BY_REGISTER = 0x100;
    const uint8_t wanted = (select->read() & BY_REGISTER) != 0
                               ? static_cast<uint8_t>(select->read())
                               : ctx_select->read();
    if (wanted < contexts_ && ((ctx_valid->read() >> wanted) & 1) != 0) ctx_active->write(wanted);

    const bool any = started->read().valid || dropped->read().valid || done->read().valid;
    if (!any) return;
    count(started->read(), 1);
    count(dropped->read(), -1);
    count(done->read(), -1);
    uint8_t mask = 0;
    for (size_t c = 0; c < inflight_.size(); ++c) {
        if (inflight_[c] != 0) mask = static_cast<uint8_t>(mask | (1U << c));
    }
    busy->write(mask);
}

void ContextControl::count(const ImageEvent& event, int step) {
    if (event.valid) inflight_[event.ctx] += step;
}

}  // namespace permloom::systemc
