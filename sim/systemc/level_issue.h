/// The order of work of engine `level`, the level maps of its neurons, and the inputs of a step.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/systemc/activation_memory.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// A cycle of issue is one step of all neurons; the devices that the level maps name and the inputs
/// that meet them show in the next cycle.
class LevelIssue final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"}, enable{"enable"};
    sc_core::sc_in<bool> in_valid{"in_valid"};
    sc_core::sc_in<uint8_t> in_ctx{"in_ctx"}, in_bank{"in_bank"};
    BankIn memory{"memory"};
    In<Row> row{"row"};
    Out<Operands> out{"out"};
    sc_core::sc_out<bool> advance{"advance"}, release{"release"};  ///< of the memory in front

    LevelIssue(const sc_core::sc_module_name& name, uint32_t index, const ChipLayer& layer,
               int contexts);

  private:
    SC_HAS_PROCESS(LevelIssue);

    void give_back();  ///< combinational
    void edge();
    void issue();
    void store();

    const uint32_t index_;
    const size_t neurons_, lanes_, inputs_;
    const uint32_t positions_;
    const size_t pass_, steps_, window_;  ///< S, K, W
    const uint16_t hi_;
    const size_t level_bits_;
    std::vector<std::vector<int32_t>> levels_;  ///< the device of each level, of each bank
    /// contexts x K + 1 rows of neurons x lanes: devices by their level, 0 beyond the inputs; the
    /// last row, zeros, pads the window.
    std::vector<int32_t> maps_;

    uint32_t position_ = 0;
    size_t step_ = 0;
    bool occupied_ = false;                            ///< `out` holds a valid token
    sc_core::sc_signal<bool> last_next_{"last_next"};  ///< the step to be issued ends an image
};

}  // namespace permloom::systemc
