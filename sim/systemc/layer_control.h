/// The two ends of a layer: when it moves, what it issues, what it writes behind.
#pragma once

#include <cstdint>

#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

/// One enable for the whole layer: it stands still while its output waits for the buffer behind.
class LayerControl final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    sc_core::sc_in<bool> in_valid{"in_valid"};
    sc_core::sc_in<uint8_t> in_ctx{"in_ctx"};
    In<PostOp> output{"output"};  ///< the register at the end of the pipeline
    sc_core::sc_in<bool> next_ready{"next_ready"};
    sc_core::sc_out<bool> enable{"enable"};
    Out<Issue> issue{"issue"};
    sc_core::sc_out<bool> release{"release"};  ///< of the buffer in front
    Out<Write> write{"write"};                 ///< into the buffer behind
    sc_core::sc_out<bool> probe_valid{"probe_valid"};
    sc_core::sc_out<uint32_t> probe_index{"probe_index"};
    sc_core::sc_out<int32_t> probe_value{"probe_value"};

    LayerControl(const sc_core::sc_module_name& name, int neurons, int passes);

  private:
    SC_HAS_PROCESS(LayerControl);

    struct Counters {
        uint32_t neuron = 0;
        uint8_t pass = 0;
    };

    void issue_next();    ///< combinational
    void write_behind();  ///< combinational
    void edge();
    bool last_pass() const { return counters_.read().pass + 1 == passes_; }
    bool last_neuron() const { return counters_.read().neuron + 1 == neurons_; }

    uint32_t neurons_;
    int passes_;
    Register<Counters> counters_{"counters"};
};

}  // namespace permloom::systemc
