#include "sim/systemc/layer_control.h"

namespace permloom::systemc {

LayerControl::LayerControl(const sc_core::sc_module_name& name, int neurons, int passes)
    : sc_module(name), neurons_(static_cast<uint32_t>(neurons)), passes_(passes) {
    SC_METHOD(issue_next);
    sensitive << in_valid << in_ctx << output << next_ready << counters_;
    SC_METHOD(write_behind);
    sensitive << output << next_ready;
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void LayerControl::issue_next() {
    const Counters& counters = counters_.read();
    const bool moves = !output->read().token.valid || next_ready->read();
    const bool issues = moves && in_valid->read();
    const uint8_t ctx = in_ctx->read();
    enable->write(moves);
    release->write(issues && last_pass() && last_neuron());
    issue->next().token = {.valid = issues,
                           .pass = counters.pass,
                           .ctx = ctx,
                           .neuron = counters.neuron,
                           .addr = ctx * neurons_ + counters.neuron};
}

void LayerControl::write_behind() {
    const Token& token = output->read().token;
    const int64_t value = output->read().value;
    const bool writes = token.valid && next_ready->read();
    write->next() = {.valid = writes,
                     .last = token.neuron + 1 == neurons_,
                     .ctx = token.ctx,
                     .addr = token.neuron,
                     .data = static_cast<uint64_t>(value)};
    probe_valid->write(writes);
    probe_index->write(writes ? token.neuron : 0);
    probe_value->write(writes ? static_cast<int32_t>(value) : 0);
}

void LayerControl::edge() {
    if (!rst_n->read()) {
        counters_.next() = {};
    } else if (enable->read() && in_valid->read()) {
        const bool wraps = last_pass() && last_neuron();
        const Counters& now = counters_.read();
        counters_.next() = {
            .neuron = wraps ? 0 : now.neuron + (last_pass() ? 1 : 0),
            .pass = static_cast<uint8_t>(last_pass() ? 0 : now.pass + 1),
        };
    }
}

}  // namespace permloom::systemc
