#include "sim/systemc/activation_buffer.h"

#include <algorithm>

namespace permloom::systemc {

ActivationBuffer::ActivationBuffer(const sc_core::sc_module_name& name, int elements, int lanes,
                                   int bits)
    : sc_module(name), lanes_(static_cast<size_t>(lanes)), bits_(bits) {
    for (Bank& bank : banks_)
        bank.mem.resize(static_cast<size_t>(elements));
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void ActivationBuffer::edge() {
    const Bank* shown = banks_[rd_bank_].full ? &banks_[rd_bank_] : nullptr;
    if (!rst_n->read()) {
        for (Bank& bank : banks_)
            bank.full = false;
        wr_bank_ = rd_bank_ = 0;
    } else {
        // A bank is either written or read, so the two sides never meet.
        if (write->read().valid) take(write->read());
        if (release->read()) {
            banks_[rd_bank_].full = false;
            rd_bank_ ^= 1;
        }
    }
    const Bank& front = banks_[rd_bank_];
    in_ready->write(!banks_[wr_bank_].full);
    out_valid->write(front.full);
    out_ctx->write(front.ctx);
    if (front.full && &front != shown) out_data->next() = front.mem;
}

void ActivationBuffer::take(const Write& in) {
    Bank& bank = banks_[wr_bank_];
    const size_t from = in.addr * lanes_;
    const size_t count = std::min(lanes_, bank.mem.size() - from);
    const uint64_t mask = (uint64_t{1} << bits_) - 1;
    for (size_t lane = 0; lane < count; ++lane) {
        bank.mem[from + lane] =
            static_cast<uint16_t>((in.data >> (lane * static_cast<size_t>(bits_))) & mask);
    }
    if (in.last) {
        bank.full = true;
        bank.ctx = in.ctx;
        wr_bank_ ^= 1;
    }
}

}  // namespace permloom::systemc
