/// The order of work of engine `programmable`, the weight memories of its lanes, and the input of a
/// step.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/systemc/activation_memory.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// A cycle of issue is one input of a group of neurons; it and the weights that meet it show in the
/// next cycle.
class ProgrammableIssue final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"}, enable{"enable"};
    sc_core::sc_in<bool> in_valid{"in_valid"};
    sc_core::sc_in<uint8_t> in_ctx{"in_ctx"}, in_bank{"in_bank"};
    BankIn memory{"memory"};
    In<Row> row{"row"};
    Out<Operands> out{"out"};
    sc_core::sc_out<bool> advance{"advance"}, release{"release"};  ///< of the memory in front

    ProgrammableIssue(const sc_core::sc_module_name& name, uint32_t index, const ChipLayer& layer,
                      int contexts);

  private:
    SC_HAS_PROCESS(ProgrammableIssue);

    void give_back();  ///< combinational
    void edge();
    void issue();
    void store();

    const uint32_t index_, neurons_, inputs_, positions_, lanes_, groups_, window_;
    const uint32_t weight_bits_, row_weights_, rows_;  ///< Q, V, K
    /// contexts x K*V + 1 steps of all lanes; the last one, zeros, pads a window.
    std::vector<int32_t> weights_;

    uint32_t position_ = 0, group_ = 0, step_ = 0;
    bool occupied_ = false;                            ///< `out` holds a valid token
    sc_core::sc_signal<bool> last_next_{"last_next"};  ///< the step to be issued ends an image
};

}  // namespace permloom::systemc
