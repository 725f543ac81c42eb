#include "sim/systemc/programmable_issue.h"

#include <algorithm>

#include "compiler/program/engine_plan.h"
#include "sim/systemc/walk.h"

namespace permloom::systemc {

ProgrammableIssue::ProgrammableIssue(const sc_core::sc_module_name& name, uint32_t index,
                                     const ChipLayer& layer, int contexts)
    : sc_module(name),
      index_(index),
      neurons_(static_cast<uint32_t>(layer.outputs)),
      inputs_(static_cast<uint32_t>(layer.inputs)),
      positions_(positions(layer)),
      lanes_(static_cast<uint32_t>(layer.lanes)),
      groups_((neurons_ + lanes_ - 1) / lanes_),
      window_(std::max(inputs_, lanes_)),
      weight_bits_(static_cast<uint32_t>(weight_bits(layer))),
      row_weights_(static_cast<uint32_t>(weights_a_row(layer))),
      rows_(static_cast<uint32_t>(engine_plan(layer).wiring_rows)),
      weights_((static_cast<size_t>(contexts) * rows_ * row_weights_ + 1) * lanes_) {
    SC_METHOD(give_back);
    sensitive << enable << in_valid << last_next_;
    SC_METHOD(store);
    sensitive << row;
    dont_initialize();
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void ProgrammableIssue::give_back() {
    const bool gives = enable->read() && in_valid->read() && last_next_.read();
    advance->write(gives);
    release->write(gives);
}

void ProgrammableIssue::edge() {
    if (!rst_n->read()) {
        position_ = group_ = step_ = 0;
        out->next().token.valid = occupied_ = false;
        last_next_.write(groups_ == 1 && window_ == 1);
    } else if (enable->read()) {
        if (in_valid->read()) {
            issue();
        } else if (occupied_) {
            out->next().token.valid = occupied_ = false;
        }
    }
}

void ProgrammableIssue::issue() {
    const uint32_t ctx = in_ctx->read(), neuron = group_ * lanes_;
    const bool lives = step_ < inputs_, closes = step_ + 1 == window_;
    Operands& to = out->next();
    to.token = {.valid = true,
                .first = step_ == 0,
                .last = closes,
                .ctx = in_ctx->read(),
                .neuron = neuron,
                .addr = ctx * neurons_ + neuron,
                .position = position_};
    const size_t stored = size_t{rows_} * row_weights_;
    const size_t of_step =
        lives ? ctx * stored + size_t{group_} * inputs_ + step_ : weights_.size() / lanes_ - 1;
    to.devices = {weights_.data() + of_step * lanes_, lanes_};
    to.inputs.assign(1, memory->bank(in_bank->read())[lives ? step_ : 0]);
    occupied_ = true;
    ++step_;
    if (closes) {
        step_ = 0;
        if (++group_ == groups_) {
            group_ = 0;
            position_ = (position_ + 1) % positions_;
        }
    }
    last_next_.write(group_ + 1 == groups_ && step_ + 1 == window_);
}

void ProgrammableIssue::store() {
    const Row& in_row = row->read();
    if (!in_row.goes_to(index_, Section::weights)) return;
    const uint32_t unused = 32 - weight_bits_;
    for (uint32_t i = 0; i < row_weights_; ++i) {
        // The field up against the sign, and down again.
        const uint32_t top = in_row.data.front() >> (i * weight_bits_) << unused;
        weights_[(size_t{in_row.addr} * row_weights_ + i) * lanes_ + in_row.stage] =
            static_cast<int32_t>(top) >> unused;
    }
}

}  // namespace permloom::systemc
