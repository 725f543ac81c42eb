/// What a layer that walks has in front of the buffer of its engine: the map and who reads it.
///
///     ActivationMemory -> WindowReader -> window
#pragma once

#include "sim/systemc/activation_memory.h"
#include "sim/systemc/window_reader.h"

namespace permloom::systemc {

/// Signals and instances.
class FeatureMap final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    In<Write> write{"write"};
    sc_core::sc_out<bool> in_ready{"in_ready"};
    sc_core::sc_in<bool> skip_valid{"skip_valid"};
    sc_core::sc_out<bool> leave{"leave"};  ///< `advance` of the skip memory
    Out<Write> window{"window"};
    sc_core::sc_in<bool> window_ready{"window_ready"};

    /// Writes of the map have `lanes` elements.
    FeatureMap(const sc_core::sc_module_name& name, const ChipLayer& layer, int lanes);

  private:
    sc_core::sc_signal<bool> valid_{"valid"};
    sc_core::sc_signal<uint8_t> ctx_{"ctx"}, bank_{"bank"};
    ActivationMemory memory_;
    WindowReader reader_;
};

}  // namespace permloom::systemc
