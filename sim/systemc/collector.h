/// Between the accumulators of neurons side by side and the post-op: one sum a cycle, of all
/// neurons or of those of one lane.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// Its output register holds the item in hand, from the cycle after the take on.
class Collector final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"}, enable{"enable"};
    In<Terms> in{"in"};  ///< a valid token is a take; sums beyond the last neuron count for nothing
    Out<Total> out{"out"};

    /// Takes the sums of the neurons `lane`, `lanes` + `lane`, ... and counts these from 0.
    Collector(const sc_core::sc_module_name& name, int neurons, int lanes = 1, int lane = 0);

  private:
    SC_HAS_PROCESS(Collector);
    void edge();
    void take();
    void show();

    uint32_t neurons_, lanes_, lane_;
    std::vector<int32_t> hold_;
    Token first_;      ///< of the neuron of hold_[0]
    size_t item_ = 0;  ///< below count_ while busy
    size_t count_ = 0;
    bool asleep_ = false;
};

}  // namespace permloom::systemc
