/// Collects the logits of an image, finds their argmax and sends both to the host.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// A packet is N beats of logits and one of the label.
class ResultUnit final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    In<Write> write{"write"};
    sc_core::sc_out<bool> in_ready{"in_ready"};
    In<Row> row{"row"};
    sc_core::sc_out<bool> res_tvalid{"res_tvalid"}, res_tlast{"res_tlast"};
    sc_core::sc_out<uint32_t> res_tdata{"res_tdata"};
    sc_core::sc_in<bool> res_tready{"res_tready"};
    Out<ImageEvent> done{"done"};

    ResultUnit(const sc_core::sc_module_name& name, int outputs);

  private:
    SC_HAS_PROCESS(ResultUnit);

    struct Bank {
        std::vector<int32_t> logits;
        bool full = false;
        uint8_t ctx = 0;
        uint32_t label = 0;
    };

    void finish();  ///< combinational
    void store();
    void edge();
    void take(const Write& in);
    void give();

    uint32_t outputs_;
    std::array<uint32_t, MAX_CONTEXTS> classes_{};
    std::array<Bank, 2> banks_;
    size_t wr_bank_ = 0, rd_bank_ = 0;
    uint32_t beat_ = 0;
    int32_t best_ = 0;
    uint32_t best_index_ = 0;
    sc_core::sc_signal<uint8_t> res_ctx_{"res_ctx"};  ///< context of the packet on the pins
};

}  // namespace permloom::systemc
