/// The control port: identity, state, counters and the choice of the context, read and written over
/// AXI4-Lite.
#pragma once

#include <cstdint>

#include "compiler/program/chip.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

class AxiLite final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    sc_core::sc_in<bool> awvalid{"awvalid"}, wvalid{"wvalid"}, bready{"bready"}, arvalid{"arvalid"},
        rready{"rready"};
    sc_core::sc_in<uint16_t> awaddr{"awaddr"}, araddr{"araddr"};
    sc_core::sc_in<uint32_t> wdata{"wdata"};
    sc_core::sc_in<uint8_t> wstrb{"wstrb"};
    sc_core::sc_out<bool> awready{"awready"}, wready{"wready"}, bvalid{"bvalid"},
        arready{"arready"}, rvalid{"rvalid"};
    sc_core::sc_out<uint8_t> bresp{"bresp"}, rresp{"rresp"};
    sc_core::sc_out<uint32_t> rdata{"rdata"};

    sc_core::sc_in<uint8_t> ctx_active{"ctx_active"}, ctx_valid{"ctx_valid"},
        load_error{"load_error"};
    sc_core::sc_in<uint64_t> ctx_id{"ctx_id"};  ///< of contexts 0 and 1, 32 bits each
    sc_core::sc_in<bool> loading{"loading"}, pix_error{"pix_error"};
    sc_core::sc_out<bool> clear_pix_error{"clear_pix_error"};
    sc_core::sc_out<uint16_t> select{"select"};  ///< register SELECT
    In<Write> pixels{"pixels"};                  ///< what the pixel loader writes
    In<ImageEvent> dropped{"dropped"}, done{"done"};

    AxiLite(const sc_core::sc_module_name& name, const Chip& chip);

  private:
    SC_HAS_PROCESS(AxiLite);

    struct WriteSide {
        bool has_address = false, has_data = false, answering = false;
        uint32_t word = 0, data = 0;
        bool whole = false;  ///< every strobe set
    };

    void edge();
    void reset();
    void count();
    void step_write();
    void step_read();
    /// A write acts in the cycle that ends now.
    void act();
    bool acts() const { return write_.has_address && write_.has_data && !write_.answering; }
    /// Whether the register with this number takes writes; and what it reads.
    bool writable(uint32_t word) const;
    uint32_t value(uint32_t word) const;

    const uint32_t layers_, contexts_;
    const uint64_t fingerprint_;

    WriteSide write_;
    bool read_answering_ = false;
    uint16_t select_ = 0;
    uint64_t cycles_ = 0;
    uint32_t kept_high_ = 0;
    uint32_t images_ = 0, results_ = 0, dropped_ = 0;
};

}  // namespace permloom::systemc
