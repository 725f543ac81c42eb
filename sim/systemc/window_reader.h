/// The windows of a layer that walks: reads its feature map and writes the buffer of its engine.
#pragma once

#include <cstdint>

#include "compiler/program/chip.h"
#include "sim/systemc/activation_memory.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// A cycle of issue is one step, R values of the map; in the next cycle they are written.
class WindowReader final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    BankIn map{"map"};
    sc_core::sc_in<bool> map_valid{"map_valid"};
    sc_core::sc_in<uint8_t> map_ctx{"map_ctx"}, map_bank{"map_bank"};
    sc_core::sc_in<bool> skip_valid{"skip_valid"};  ///< what the layer adds is there
    /// `advance` and `release` of the map, `advance` of the skip memory.
    sc_core::sc_out<bool> leave{"leave"};
    Out<Write> window{"window"};
    sc_core::sc_in<bool> window_ready{"window_ready"};

    WindowReader(const sc_core::sc_module_name& name, const ChipLayer& layer);

  private:
    SC_HAS_PROCESS(WindowReader);

    void write_window();  ///< combinational
    void give_back();     ///< combinational
    void edge();
    void issue();
    uint64_t values() const;  ///< of the step, side by side
    void count_on();
    bool issues() const;
    bool enabled() const { return !read_.read().valid || window_ready->read(); }
    bool closes_window() const { return step_ + 1 == steps_; }
    bool closes_map() const;

    const Walk walk_;
    const int lanes_, parts_;  ///< R; steps of one position of the map
    const int bits_;
    const uint32_t steps_;  ///< F
    const uint64_t padding_;

    int row_ = 0, column_ = 0, kernel_row_ = 0, kernel_column_ = 0, part_ = 0;
    uint32_t step_ = 0;
    Register<Write> read_{"read"};                     ///< what the last issue read
    sc_core::sc_signal<bool> last_next_{"last_next"};  ///< the step to be issued closes a map
};

}  // namespace permloom::systemc
