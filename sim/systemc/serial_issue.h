/// The order of work of engine `serial` and the index memories of its lanes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// Bits that number the inputs of a layer, at least one.
int entry_bits(const ChipLayer& layer);

/// A cycle of issue is one step of a group of neurons; what the index memories and the constants
/// say of it shows in the next cycle.
class SerialIssue final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"}, enable{"enable"};
    sc_core::sc_in<bool> in_valid{"in_valid"};
    sc_core::sc_in<uint8_t> in_ctx{"in_ctx"}, in_bank{"in_bank"};
    In<Row> row{"row"};
    Out<Entries> out{"out"};
    sc_core::sc_out<bool> advance{"advance"}, release{"release"};  ///< of the memory in front

    SerialIssue(const sc_core::sc_module_name& name, uint32_t index, const ChipLayer& layer,
                int contexts);

  private:
    SC_HAS_PROCESS(SerialIssue);

    void place_devices(const ChipLayer& layer);
    void give_back();  ///< combinational
    void edge();
    void issue();
    void store();
    bool at_end() const { return group_ + 1 == entries_.size() && step_ + 1 == window(); }
    uint32_t window() const { return std::max(entries_[group_], lanes_); }

    uint32_t index_, neurons_, positions_, lanes_, rows_;
    uint32_t stored_bits_;           ///< of an entry
    std::vector<uint32_t> entries_;  ///< C_g
    std::vector<int32_t> devices_;   ///< rows_ + 1 x lanes; the last row, zeros, pads a window
    std::vector<uint32_t> memory_;   ///< contexts x rows_ x lanes

    uint32_t position_ = 0, group_ = 0, step_ = 0, entry_ = 0;
    bool occupied_ = false;  ///< `out` holds a valid token
    /// The step to be issued, and the one in `out`, is the last of an image.
    sc_core::sc_signal<bool> last_next_{"last_next"}, last_out_{"last_out"};
};

}  // namespace permloom::systemc
