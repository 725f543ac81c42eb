/// The two-bank buffer between a producer of activations and the layer that reads them.
#pragma once

#include <array>
#include <cstdint>

#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// The producer writes `lanes` elements of `bits` bits at a time into one bank while the layer
/// reads the other, all elements in parallel.
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

    struct Bank {
        Codes mem;
        bool full = false;
        uint8_t ctx = 0;
    };

    void edge();
    void take(const Write& in);

    size_t lanes_;
    int bits_;
    std::array<Bank, 2> banks_;
    size_t wr_bank_ = 0, rd_bank_ = 0;
};

}  // namespace permloom::systemc
