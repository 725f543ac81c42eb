/// The order of work of engine `spatial`: all neurons in each cycle, the passes of a vector one
/// after the other, bit-serial of one plane after the other.
#pragma once

#include <cstdint>

#include "compiler/program/chip.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

class SpatialIssue final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"}, enable{"enable"};
    sc_core::sc_in<bool> in_valid{"in_valid"};
    sc_core::sc_in<uint8_t> in_ctx{"in_ctx"};
    Out<Issue> issue{"issue"};
    sc_core::sc_out<bool> release{"release"};  ///< of the buffer in front

    SpatialIssue(const sc_core::sc_module_name& name, const ChipLayer& layer);

  private:
    SC_HAS_PROCESS(SpatialIssue);

    struct Counters {
        int step = 0;
        uint32_t position = 0;
    };

    void issue_next();  ///< combinational
    void edge();

    uint32_t neurons_, positions_;
    int passes_, cycles_, window_;
    Register<Counters> counters_{"counters"};
};

}  // namespace permloom::systemc
