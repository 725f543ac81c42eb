/// The memory of what a layer adds to its own sums, position by position.
#pragma once

#include <cstdint>

#include "compiler/program/chip.h"
#include "sim/systemc/activation_banks.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

class SkipMemory final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    In<Write> write{"write"};
    sc_core::sc_out<bool> in_ready{"in_ready"};
    sc_core::sc_out<bool> out_valid{"out_valid"};  ///< the window reader may begin an image
    sc_core::sc_in<bool> advance{"advance"};       ///< it has read the image
    sc_core::sc_in<bool> enable{"enable"};         ///< of the layer
    In<Total> sums{"sums"};
    Out<int64_t> out{"out"};  ///< what belongs to the sum that entered the post-op

    SkipMemory(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

  private:
    SC_HAS_PROCESS(SkipMemory);
    void edge();

    uint32_t neurons_, values_;
    ActivationBanks banks_;
    size_t rd_bank_ = 0, done_bank_ = 0;
};

}  // namespace permloom::systemc
