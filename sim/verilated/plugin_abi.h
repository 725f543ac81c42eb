/// The C interface between permloom and a Verilated model in a shared object. The same file is
/// compiled on both sides; a change of anything here raises PERMLOOM_PLUGIN_ABI.
#pragma once

#include <cstdint>

constexpr uint32_t PERMLOOM_PLUGIN_ABI = 3;

extern "C" {

/// The control port, as in sim/device.h.
struct PermloomControlIn {
    uint32_t wdata;
    uint16_t awaddr, araddr;
    uint8_t awvalid, wstrb, wvalid, bready, arvalid, rready;
};

struct PermloomControlOut {
    uint32_t rdata;
    uint8_t awready, wready, bresp, bvalid, arready, rresp, rvalid;
};

/// Pins as in sim/device.h; flags are 0 or 1.
struct PermloomPinsIn {
    uint64_t pix_tdata;
    uint32_t cfg_tdata;
    uint8_t rst_n, cfg_tvalid, cfg_tlast, pix_tvalid, pix_tlast, res_tready, ctx_select;
    PermloomControlIn control;
};

struct PermloomPinsOut {
    uint32_t res_tdata;
    uint8_t cfg_tready, pix_tready, res_tvalid, res_tlast;
    uint8_t ctx_active, ctx_valid, load_error, pix_error;
    PermloomControlOut control;
};

struct PermloomProbe {
    uint32_t valid, index;
    int32_t value;
};

/// One instance of the design.
struct PermloomModel;

/// What a plug-in offers. A function that can fail returns null or a message that stays as it is
/// until the next failure in the plug-in.
struct PermloomPlugin {
    uint32_t abi;    ///< PERMLOOM_PLUGIN_ABI; the first member in every version
    int32_t probes;  ///< probes that `tick` writes
    const char* (*create)(PermloomModel** model);
    void (*destroy)(PermloomModel* model);
    const char* (*tick)(PermloomModel* model, const PermloomPinsIn* in, PermloomPinsOut* out,
                        PermloomProbe* probes);
    /// Starts a waveform file in the format that the plug-in was built for.
    const char* (*trace)(PermloomModel* model, const char* path);
    /// Writes the coverage so far.
    const char* (*coverage)(PermloomModel* model, const char* path);
};

/// The only symbol that a plug-in exports.
const PermloomPlugin* permloom_plugin();
}
