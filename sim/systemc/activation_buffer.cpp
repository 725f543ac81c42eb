#include "sim/systemc/activation_buffer.h"

namespace permloom::systemc {

ActivationBuffer::ActivationBuffer(const sc_core::sc_module_name& name, int elements, int lanes,
                                   int bits)
    : sc_module(name), banks_(elements, elements, lanes, bits) {
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void ActivationBuffer::edge() {
    const bool writes = write->read().valid, releases = release->read();
    const bool was_full = banks_[rd_bank_].full;
    if (!rst_n->read()) {
        banks_.reset();
        rd_bank_ = 0;
    } else if (writes || releases) {
        if (writes) banks_.take(write->read());
        if (releases) {
            banks_.release(rd_bank_);
            rd_bank_ ^= 1;
        }
    } else {
        return;
    }
    const ActivationBanks::Bank& front = banks_[rd_bank_];
    in_ready->write(banks_.ready());
    out_valid->write(front.full);
    out_ctx->write(front.ctx);
    if (front.full && (releases || !was_full)) out_data->next() = front.mem;
}

}  // namespace permloom::systemc
