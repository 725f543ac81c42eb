/// A clocked chip: the SystemC model and the Verilated RTL implement this, pin for pin.
///
/// Every output is a function of registers alone (no path from an input pin to an output pin within
/// a cycle), and data outputs are zero while their valid is low, so two devices driven alike must
/// agree on every pin in every cycle. See rtl/MICROARCHITECTURE.md for the cycle-by-cycle contract.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace permloom {

/// Input pins of the control port (AXI4-Lite), `s_axil_` and the name.
struct ControlIn {
    bool awvalid = false, wvalid = false, bready = false, arvalid = false, rready = false;
    uint8_t wstrb = 0xf;              ///< 4 bits
    uint16_t awaddr = 0, araddr = 0;  ///< 12 bits
    uint32_t wdata = 0;
};

/// Output pins of the control port.
struct ControlOut {
    bool awready = false, wready = false, bvalid = false, arready = false, rvalid = false;
    uint8_t bresp = 0, rresp = 0;
    uint32_t rdata = 0;
    bool operator==(const ControlOut&) const = default;
};

/// Input pins, held during one clock cycle. Streams are AXI4-Stream.
struct PinsIn {
    bool rst_n = true;  ///< synchronous, active low
    bool cfg_tvalid = false, cfg_tlast = false;
    uint32_t cfg_tdata = 0;
    bool pix_tvalid = false, pix_tlast = false;
    uint64_t pix_tdata = 0;
    bool res_tready = false;
    uint8_t ctx_select = 0;
    ControlIn control{};
};

/// One write on the boundary behind a layer: neuron `index` takes `value` (a code, or a logit).
struct Probe {
    bool valid = false;
    uint32_t index = 0;
    int32_t value = 0;
    bool operator==(const Probe&) const = default;
};

/// Error codes of the load port, FORMAT.md.
enum class LoadError : uint8_t {
    none = 0,
    magic = 1,
    version = 2,
    header = 3,
    fingerprint = 4,
    record = 5,
    incomplete = 6,
    truncated = 7,
    overrun = 8,
    checksum = 9,
    base = 10,
    code = 11,
};

/// Output pins, as seen during the same cycle, before the clock edge that ends it.
struct PinsOut {
    bool cfg_tready = false;
    bool pix_tready = false;
    bool res_tvalid = false, res_tlast = false;
    uint32_t res_tdata = 0;
    uint8_t ctx_active = 0;
    uint8_t ctx_valid = 0;   ///< bit per context
    uint8_t load_error = 0;  ///< LoadError; cleared by the first word of the next load
    bool pix_error = false;  ///< sticky: an image had the wrong number of beats and was dropped
    ControlOut control{};
    std::vector<Probe> probes;  ///< in the order of the layers
};

class Device {
  public:
    virtual ~Device() = default;
    /// Probes: one a layer, or one for each value of a write where a layer writes several at once.
    virtual int probes() const = 0;
    /// One clock cycle: applies `in`, samples `out`, then clocks.
    virtual void tick(const PinsIn& in, PinsOut& out) = 0;
    /// Starts a waveform file; the suffix chooses .vcd or .fst. Throws Error where not supported.
    virtual void trace(const std::string& path) = 0;
};

}  // namespace permloom
