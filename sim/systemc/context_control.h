/// Which context new images run under, and how many images of each are under way.
#pragma once

#include <array>
#include <cstdint>

#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

class ContextControl final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    sc_core::sc_in<uint8_t> ctx_select{"ctx_select"}, ctx_valid{"ctx_valid"};
    sc_core::sc_in<uint16_t> select{"select"};  ///< register SELECT of the control port
    sc_core::sc_out<uint8_t> ctx_active{"ctx_active"};
    In<ImageEvent> started{"started"}, dropped{"dropped"}, done{"done"};
    sc_core::sc_out<uint8_t> busy{"busy"};  ///< bit c: inflight[c] != 0

    ContextControl(const sc_core::sc_module_name& name, int contexts);

  private:
    SC_HAS_PROCESS(ContextControl);
    void edge();
    void count(const ImageEvent& event, int step);

    uint8_t contexts_;
    std::array<int, MAX_CONTEXTS> inflight_{};
};

}  // namespace permloom::systemc
