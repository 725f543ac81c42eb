/// Takes the beats of an image from the pixel stream into the first activation buffer.
#pragma once

#include <cstdint>

#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// Images with a wrong number of beats are dropped and leave `pix_error` set.
class PixelLoader final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    sc_core::sc_in<bool> pix_tvalid{"pix_tvalid"}, pix_tlast{"pix_tlast"};
    sc_core::sc_in<uint64_t> pix_tdata{"pix_tdata"};
    sc_core::sc_out<bool> pix_tready{"pix_tready"}, pix_error{"pix_error"};
    sc_core::sc_in<uint8_t> ctx_active{"ctx_active"}, ctx_valid{"ctx_valid"};
    sc_core::sc_in<bool> buffer_ready{"buffer_ready"}, clear_pix_error{"clear_pix_error"};
    Out<Write> write{"write"};
    Out<ImageEvent> started{"started"}, dropped{"dropped"};

    /// Beats of an image >= 1.
    PixelLoader(const sc_core::sc_module_name& name, uint32_t beats);

  private:
    SC_HAS_PROCESS(PixelLoader);

    struct State {
        uint32_t beat = 0;
        uint8_t image_ctx = 0;
        bool dropping = false;
    };

    void accept();  ///< combinational
    void edge();

    uint32_t beats_;
    bool taking_ = false;  ///< the last call of `accept` put a write on its wires
    Register<State> state_{"state"};
};

}  // namespace permloom::systemc
