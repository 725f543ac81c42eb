#include "sim/systemc/level_issue.h"

#include <algorithm>

#include "compiler/program/engine_plan.h"
#include "sim/systemc/walk.h"

namespace permloom::systemc {

LevelIssue::LevelIssue(const sc_core::sc_module_name& name, uint32_t index, const ChipLayer& layer,
                       int contexts)
    : sc_module(name),
      index_(index),
      neurons_(static_cast<size_t>(layer.outputs)),
      lanes_(static_cast<size_t>(layer.lanes)),
      inputs_(static_cast<size_t>(layer.inputs)),
      positions_(positions(layer)),
      pass_(static_cast<size_t>(steps_a_pass(layer))),
      steps_(static_cast<size_t>(steps(layer))),
      window_(std::max(steps_, neurons_)),
      hi_(static_cast<uint16_t>(layer.in_hi())),
      level_bits_(static_cast<size_t>(level_bits(layer))),
      maps_((static_cast<size_t>(contexts) * steps_ + 1) * neurons_ * lanes_) {
    for (int bank = 0; bank < layer.banks(); ++bank)
        levels_.push_back(levels(layer, bank));

    SC_METHOD(give_back);
    sensitive << enable << in_valid << last_next_;
    SC_METHOD(store);
    sensitive << row;
    dont_initialize();
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void LevelIssue::give_back() {
    const bool gives = enable->read() && in_valid->read() && last_next_.read();
    advance->write(gives);
    release->write(gives);
}

void LevelIssue::edge() {
    if (!rst_n->read()) {
        position_ = 0;
        step_ = 0;
        out->next().token.valid = occupied_ = false;
        last_next_.write(window_ == 1);
    } else if (enable->read()) {
        if (in_valid->read()) {
            issue();
        } else if (occupied_) {
            out->next().token.valid = occupied_ = false;
        }
    }
}

void LevelIssue::issue() {
    const size_t ctx = in_ctx->read();
    const bool lives = step_ < steps_, closes = step_ + 1 == window_;
    const size_t map_row = lives ? ctx * steps_ + step_ : maps_.size() / (neurons_ * lanes_) - 1;
    Operands& to = out->next();
    to.token = {.valid = true,
                .first = step_ == 0,
                .last = closes,
                .ctx = in_ctx->read(),
                .neuron = 0,
                .addr = static_cast<uint32_t>(ctx * neurons_),
                .position = position_};
    to.devices = {maps_.data() + map_row * neurons_ * lanes_, neurons_ * lanes_};
    const Codes& image = memory->bank(in_bank->read());
    to.inputs.resize(lanes_);
    std::copy_n(image.data() + step_ % pass_ * lanes_, lanes_, to.inputs.data());
    if (step_ >= pass_) {
        for (uint16_t& x : to.inputs)
            x = static_cast<uint16_t>(hi_ - x);
    }
    occupied_ = true;
    step_ = closes ? 0 : step_ + 1;
    if (closes) position_ = (position_ + 1) % positions_;
    last_next_.write(step_ + 1 == window_);
}

void LevelIssue::store() {
    const Row& in_row = row->read();
    if (!in_row.goes_to(index_, Section::levels)) return;
    const std::vector<int32_t>& levels =
        levels_[std::min<size_t>(in_row.stage, levels_.size() - 1)];
    int32_t* devices = maps_.data() + (in_row.addr * neurons_ + in_row.stage) * lanes_;
    const size_t first = in_row.addr % steps_ % pass_ * lanes_;
    for (size_t p = 0; p < lanes_; ++p) {
        const size_t at = p * level_bits_;
        uint64_t bits = in_row.data[at / 32];
        if (at / 32 + 1 < in_row.data.size()) bits |= uint64_t{in_row.data[at / 32 + 1]} << 32;
        const size_t level = (bits >> (at % 32)) & ((uint64_t{1} << level_bits_) - 1);
        // A level that the neuron does not have adds nothing.
        const bool adds = first + p < inputs_ && level < levels.size();
        devices[p] = adds ? levels[level] : 0;
    }
}

}  // namespace permloom::systemc
