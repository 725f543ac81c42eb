#include "sim/systemc/result_unit.h"

namespace permloom::systemc {

ResultUnit::ResultUnit(const sc_core::sc_module_name& name, int outputs)
    : sc_module(name), outputs_(static_cast<uint32_t>(outputs)) {
    for (Bank& bank : banks_)
        bank.logits.resize(outputs_);
    SC_METHOD(finish);
    sensitive << res_tvalid << res_tlast << res_tready << res_ctx_;
    SC_METHOD(store);
    sensitive << row;
    dont_initialize();
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void ResultUnit::finish() {
    done->next() = {.valid = res_tvalid->read() && res_tlast->read() && res_tready->read(),
                    .ctx = res_ctx_.read()};
}

void ResultUnit::store() {
    if (row->read().goes_to(0, Section::classes))
        classes_[row->read().ctx] = row->read().data.front() & 0xffff;
}

void ResultUnit::edge() {
    const bool taken = write->read().valid, given = res_tvalid->read() && res_tready->read();
    if (!rst_n->read()) {
        for (Bank& bank : banks_)
            bank.full = false;
        wr_bank_ = rd_bank_ = 0;
        beat_ = 0;
    } else if (taken || given) {
        if (taken) take(write->read());
        if (given) give();
    } else {
        return;
    }
    const Bank& front = banks_[rd_bank_];
    const bool last = beat_ == outputs_;
    in_ready->write(!banks_[wr_bank_].full);
    res_tvalid->write(front.full);
    res_tlast->write(front.full && last);
    const uint32_t data = last ? front.label : static_cast<uint32_t>(front.logits[beat_]);
    res_tdata->write(front.full ? data : 0);
    res_ctx_.write(front.ctx);
}

void ResultUnit::take(const Write& in) {
    Bank& bank = banks_[wr_bank_];
    const auto logit = static_cast<int32_t>(static_cast<uint32_t>(in.data));
    bank.logits[in.addr] = logit;
    if (in.addr == 0 || (in.addr < classes_[in.ctx] && logit > best_)) {
        best_ = logit;
        best_index_ = in.addr;
    }
    if (in.last) {
        bank.full = true;
        bank.ctx = in.ctx;
        bank.label = best_index_;
        wr_bank_ ^= 1;
    }
}

void ResultUnit::give() {
    if (beat_ < outputs_) {
        ++beat_;
        return;
    }
    beat_ = 0;
    banks_[rd_bank_].full = false;
    rd_bank_ ^= 1;
}

}  // namespace permloom::systemc
