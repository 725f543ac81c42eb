/// The order of work of engine `folded`: one pass of one neuron a cycle; bit-serial, of one plane.
#pragma once

#include <cstdint>

#include "compiler/program/chip.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

class FoldedIssue final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"}, enable{"enable"};
    sc_core::sc_in<bool> in_valid{"in_valid"};
    sc_core::sc_in<uint8_t> in_ctx{"in_ctx"};
    Out<Issue> issue{"issue"};
    sc_core::sc_out<bool> release{"release"};  ///< of the buffer in front

    FoldedIssue(const sc_core::sc_module_name& name, const ChipLayer& layer);

  private:
    SC_HAS_PROCESS(FoldedIssue);

    struct Counters {
        uint32_t neuron = 0;
        int cycle = 0;  ///< of the neuron: planes, and the passes of each
        uint32_t position = 0;
    };

    void issue_next();  ///< combinational
    void edge();
    bool last_cycle() const { return counters_.read().cycle + 1 == cycles_; }
    bool last_neuron() const { return counters_.read().neuron + 1 == neurons_; }

    uint32_t neurons_, positions_;
    int passes_, cycles_;
    Register<Counters> counters_{"counters"};
};

}  // namespace permloom::systemc
