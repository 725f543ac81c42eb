#include "sim/systemc/pixel_loader.h"

namespace permloom::systemc {

PixelLoader::PixelLoader(const sc_core::sc_module_name& name, uint32_t beats)
    : sc_module(name), beats_(beats) {
    SC_METHOD(accept);
    sensitive << pix_tvalid << pix_tlast << pix_tdata << ctx_active << ctx_valid << buffer_ready
              << state_;
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void PixelLoader::accept() {
    const State& state = state_.read();
    const bool first = state.beat == 0, final = state.beat == beats_ - 1;
    const bool may_start = ((ctx_valid->read() >> ctx_active->read()) & 1) != 0;
    const bool ready = state.dropping || (buffer_ready->read() && (!first || may_start));
    const bool taken = pix_tvalid->read() && ready && !state.dropping;
    const uint8_t ctx = first ? ctx_active->read() : state.image_ctx;
    const bool last = pix_tlast->read();

    pix_tready->write(ready);
    if (!taken && !taking_) return;  // whatever changes on the idle pins
    taking_ = taken;
    write->next() = {.valid = taken,
                     .last = final && last,
                     .ctx = ctx,
                     .addr = state.beat,
                     .data = pix_tdata->read()};
    started->next() = {.valid = taken && first, .ctx = ctx};
    dropped->next() = {.valid = taken && final != last, .ctx = ctx};
}

void PixelLoader::edge() {
    if (!rst_n->read()) {
        state_.next() = {};
        pix_error->write(false);
        return;
    }
    if (clear_pix_error->read()) pix_error->write(false);
    if (!pix_tvalid->read() || !pix_tready->read()) return;
    State state = state_.read();
    const bool last = pix_tlast->read();
    if (state.dropping) {
        if (last) state.dropping = false;
    } else {
        const bool final = state.beat == beats_ - 1;
        if (state.beat == 0) state.image_ctx = ctx_active->read();
        state.beat = final || last ? 0 : state.beat + 1;
        state.dropping = final && !last;
        if (final != last) pix_error->write(true);
    }
    state_.next() = state;
}

}  // namespace permloom::systemc
