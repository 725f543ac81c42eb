#include "sim/systemc/spatial_issue.h"

#include <algorithm>

#include "sim/systemc/walk.h"

namespace permloom::systemc {

SpatialIssue::SpatialIssue(const sc_core::sc_module_name& name, const ChipLayer& layer)
    : sc_module(name),
      neurons_(static_cast<uint32_t>(layer.outputs)),
      positions_(positions(layer)),
      passes_(layer.passes()),
      cycles_(layer.cycles_a_neuron()),
      window_(std::max(cycles_, layer.outputs / layer.lanes)) {
    SC_METHOD(issue_next);
    sensitive << enable << in_valid << in_ctx << counters_;
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void SpatialIssue::issue_next() {
    const int step = counters_.read().step;
    const bool moves = enable->read() && in_valid->read();
    const uint8_t ctx = in_ctx->read();
    release->write(moves && step + 1 == window_);
    issue->next().token = {.valid = moves && step < cycles_,
                           .first = step == 0,
                           .last = step + 1 == cycles_,
                           .pass = static_cast<uint8_t>(step % passes_),
                           .plane = static_cast<uint8_t>(std::max(cycles_ - 1 - step, 0) / passes_),
                           .ctx = ctx,
                           .neuron = 0,
                           .addr = ctx * neurons_,
                           .position = counters_.read().position};
}

void SpatialIssue::edge() {
    if (!rst_n->read()) {
        counters_.next() = {};
    } else if (enable->read() && in_valid->read()) {
        const Counters& now = counters_.read();
        const bool wraps = now.step + 1 == window_;
        counters_.next() = {.step = wraps ? 0 : now.step + 1,
                            .position = wraps ? (now.position + 1) % positions_ : now.position};
    }
}

}  // namespace permloom::systemc
