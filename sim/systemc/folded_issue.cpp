#include "sim/systemc/folded_issue.h"

#include "sim/systemc/walk.h"

namespace permloom::systemc {

FoldedIssue::FoldedIssue(const sc_core::sc_module_name& name, const ChipLayer& layer)
    : sc_module(name),
      neurons_(static_cast<uint32_t>(layer.outputs)),
      positions_(positions(layer)),
      passes_(layer.passes()),
      cycles_(layer.cycles_a_neuron()) {
    SC_METHOD(issue_next);
    sensitive << enable << in_valid << in_ctx << counters_;
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void FoldedIssue::issue_next() {
    const Counters& counters = counters_.read();
    const bool issues = enable->read() && in_valid->read();
    const uint8_t ctx = in_ctx->read();
    release->write(issues && last_cycle() && last_neuron());
    issue->next().token = {.valid = issues,
                           .first = counters.cycle == 0,
                           .last = last_cycle(),
                           .pass = static_cast<uint8_t>(counters.cycle % passes_),
                           .plane = static_cast<uint8_t>((cycles_ - 1 - counters.cycle) / passes_),
                           .ctx = ctx,
                           .neuron = counters.neuron,
                           .addr = ctx * neurons_ + counters.neuron,
                           .position = counters.position};
}

void FoldedIssue::edge() {
    if (!rst_n->read()) {
        counters_.next() = {};
    } else if (enable->read() && in_valid->read()) {
        const bool wraps = last_cycle() && last_neuron();
        const Counters& now = counters_.read();
        counters_.next() = {
            .neuron = wraps ? 0 : now.neuron + (last_cycle() ? 1 : 0),
            .cycle = last_cycle() ? 0 : now.cycle + 1,
            .position = wraps ? (now.position + 1) % positions_ : now.position,
        };
    }
}

}  // namespace permloom::systemc
