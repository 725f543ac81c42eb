#include "sim/systemc/activation_memory.h"

namespace permloom::systemc {

ActivationMemory::ActivationMemory(const sc_core::sc_module_name& name, int elements, int readable,
                                   int lanes, int bits)
    : sc_module(name), banks_(elements, readable, lanes, bits) {
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void ActivationMemory::edge() {
    const bool writes = write->read().valid, advances = advance->read(), releases = release->read();
    if (!rst_n->read()) {
        banks_.reset();
        rd_bank_ = done_bank_ = 0;
    } else if (writes || advances || releases) {
        if (writes) banks_.take(write->read());
        if (advances) rd_bank_ ^= 1;
        if (releases) {
            banks_.release(done_bank_);
            done_bank_ ^= 1;
        }
    } else {
        return;
    }
    const ActivationBanks::Bank& front = banks_[rd_bank_];
    in_ready->write(banks_.ready());
    out_valid->write(front.full);
    out_ctx->write(front.ctx);
    out_bank->write(static_cast<uint8_t>(rd_bank_));
}

}  // namespace permloom::systemc
