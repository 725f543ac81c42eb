/// The end of a layer: what it writes behind, and when it moves.
#pragma once

#include <cstdint>

#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// One enable for the whole layer: it stands still while its output waits for the buffer behind.
class LayerControl final : public sc_core::sc_module {
  public:
    In<PostOp> output{"output"};  ///< the register at the end of the pipeline
    sc_core::sc_in<bool> next_ready{"next_ready"};
    sc_core::sc_out<bool> enable{"enable"};
    Out<Write> write{"write"};  ///< into the buffer behind
    sc_core::sc_out<bool> probe_valid{"probe_valid"};
    sc_core::sc_out<uint32_t> probe_index{"probe_index"};
    sc_core::sc_out<int32_t> probe_value{"probe_value"};

    /// Of as many values for each of the `positions` as the lane has neurons, which are every
    /// `lanes`-th of the layer's.
    LayerControl(const sc_core::sc_module_name& name, uint32_t neurons, uint32_t positions,
                 uint32_t lanes, uint32_t lane);

  private:
    SC_HAS_PROCESS(LayerControl);
    void write_behind();  ///< combinational

    uint32_t neurons_, values_, lanes_, lane_;
};

}  // namespace permloom::systemc
