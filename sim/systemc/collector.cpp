#include "sim/systemc/collector.h"

#include <algorithm>

#include "compiler/base/error.h"

namespace permloom::systemc {

Collector::Collector(const sc_core::sc_module_name& name, int neurons, int lanes, int lane)
    : sc_module(name),
      neurons_(static_cast<uint32_t>(neurons)),
      lanes_(static_cast<uint32_t>(lanes)),
      lane_(static_cast<uint32_t>(lane)) {
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void Collector::edge() {
    if (asleep_) {
        asleep_ = false;  // `in` has changed; the next call is that of an edge
    } else if (!rst_n->read()) {
        item_ = count_ = 0;
        out->next().token.valid = false;
    } else if (item_ == count_ && !in->read().token.valid) {
        asleep_ = true;
        next_trigger(in->default_event());
    } else if (enable->read()) {
        if (item_ < count_) ++item_;
        if (in->read().token.valid) take();
        show();
    }
}

void Collector::take() {
    PERMLOOM_ASSERT(item_ == count_);  // the windows leave time for every item
    hold_ = in->read().values;
    first_ = in->read().token;
    item_ = 0;
    count_ = std::min(hold_.size(), static_cast<size_t>(neurons_ - first_.neuron)) / lanes_;
}

void Collector::show() {
    Total& to = out->next();
    const auto item = static_cast<uint32_t>(item_);
    to.token = first_;
    to.token.valid = item_ < count_;
    to.token.neuron += item;
    to.token.addr = first_.addr / lanes_ + item;
    if (to.token.valid) to.value = hold_[item_ * lanes_ + lane_];
}

}  // namespace permloom::systemc
