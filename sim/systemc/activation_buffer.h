/// The two-bank buffer in front of a layer that reads all its inputs at once.
#pragma once

#include <cstdint>

#include "sim/systemc/activation_banks.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

class ActivationBuffer final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    In<Write> write{"write"};
    sc_core::sc_out<bool> in_ready{"in_ready"};
    sc_core::sc_out<bool> out_valid{"out_valid"};
    sc_core::sc_out<uint8_t> out_ctx{"out_ctx"};
    Out<Codes> out_data{"out_data"};
    sc_core::sc_in<bool> release{"release"};

    ActivationBuffer(const sc_core::sc_module_name& name, int elements, int lanes, int bits);

  private:
    SC_HAS_PROCESS(ActivationBuffer);
    void edge();

    ActivationBanks banks_;
    size_t rd_bank_ = 0;
};

}  // namespace permloom::systemc
