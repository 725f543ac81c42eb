#include "sim/systemc/serial_issue.h"

#include "compiler/base/bits.h"
#include "compiler/program/engine_plan.h"
#include "sim/systemc/walk.h"

namespace permloom::systemc {

int entry_bits(const ChipLayer& layer) {
    return std::max(1, ceil_log2(static_cast<uint64_t>(layer.inputs)));
}

SerialIssue::SerialIssue(const sc_core::sc_module_name& name, uint32_t index,
                         const ChipLayer& layer, int contexts)
    : sc_module(name),
      index_(index),
      neurons_(static_cast<uint32_t>(layer.outputs)),
      positions_(positions(layer)),
      lanes_(static_cast<uint32_t>(layer.lanes)),
      rows_(static_cast<uint32_t>(engine_plan(layer).wiring_rows)),
      stored_bits_((1U << entry_bits(layer)) - 1) {
    if (layer.rail == Rail::dual) stored_bits_ |= COMPLEMENT_ENTRY;
    for (const int32_t count : group_entries(layer))
        entries_.push_back(static_cast<uint32_t>(count));
    memory_.resize(static_cast<size_t>(contexts) * rows_ * lanes_);
    place_devices(layer);

    SC_METHOD(give_back);
    sensitive << enable << in_valid << last_next_ << last_out_;
    SC_METHOD(store);
    sensitive << row;
    dont_initialize();
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void SerialIssue::place_devices(const ChipLayer& layer) {
    devices_.resize((size_t{rows_} + 1) * lanes_);
    size_t first = 0;  // entry of the group
    for (size_t group = 0; group < entries_.size(); first += entries_[group++]) {
        for (uint32_t lane = 0; lane < lanes_; ++lane) {
            const auto neuron = static_cast<int>(group * lanes_ + lane);
            if (neuron >= layer.outputs) break;
            size_t at = first * lanes_ + lane;
            for (const int32_t slot : live_slots(layer, neuron)) {
                devices_[at] = layer.bank(neuron)[static_cast<size_t>(slot)];
                at += lanes_;
            }
        }
    }
}

void SerialIssue::give_back() {
    advance->write(enable->read() && in_valid->read() && last_next_.read());
    release->write(enable->read() && last_out_.read());
}

void SerialIssue::edge() {
    if (!rst_n->read()) {
        position_ = group_ = step_ = entry_ = 0;
        out->next().token.valid = occupied_ = false;
        last_out_.write(false);
        last_next_.write(at_end());
    } else if (enable->read()) {
        if (in_valid->read()) {
            issue();
        } else if (occupied_) {
            out->next().token.valid = occupied_ = false;
            last_out_.write(false);
        }
    }
}

void SerialIssue::issue() {
    const uint32_t ctx = in_ctx->read(), neuron = group_ * lanes_;
    const bool lives = step_ < entries_[group_], closes = step_ + 1 == window();
    Entries& to = out->next();
    to.token = {.valid = true,
                .first = step_ == 0,
                .last = closes,
                .ctx = in_ctx->read(),
                .neuron = neuron,
                .addr = ctx * neurons_ + neuron,
                .position = position_};
    to.bank = in_bank->read();
    const size_t device_row = lives ? entry_ : rows_;
    to.devices = {devices_.data() + device_row * lanes_, lanes_};
    to.values.resize(lanes_);
    if (lives) {
        const size_t memory_row = size_t{ctx} * rows_ + entry_;
        std::copy_n(memory_.data() + memory_row * lanes_, lanes_, to.values.data());
        ++entry_;
    }
    occupied_ = true;
    last_out_.write(at_end());
    ++step_;
    if (closes) {
        step_ = 0;
        if (++group_ == entries_.size()) {
            group_ = entry_ = 0;
            position_ = (position_ + 1) % positions_;
        }
    }
    last_next_.write(at_end());
}

void SerialIssue::store() {
    const Row& in_row = row->read();
    if (!in_row.goes_to(index_, Section::entries)) return;
    memory_[size_t{in_row.addr} * lanes_ + in_row.stage] = in_row.data.front() & stored_bits_;
}

}  // namespace permloom::systemc
