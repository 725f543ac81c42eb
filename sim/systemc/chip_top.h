/// The chip, as `permloom_top` of the RTL: pixel loader, the layers, result unit,
/// configuration loader, context control, control port.
#pragma once

#include <memory>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/device.h"
#include "sim/systemc/axi_lite.h"
#include "sim/systemc/config_loader.h"
#include "sim/systemc/context_control.h"
#include "sim/systemc/layer_module.h"
#include "sim/systemc/pixel_loader.h"
#include "sim/systemc/ready_join.h"
#include "sim/systemc/result_unit.h"

namespace permloom::systemc {

class ChipTop final : public sc_core::sc_module {
  public:
    ChipTop(const sc_core::sc_module_name& name, const Chip& chip, const LayerFactory& make);

    /// Puts values on the input pins, from the next delta cycle on.
    void drive(const PinsIn& pins);
    void drive_clock(bool level) { clk_.write(level); }
    /// Reads the output pins.
    void sample(PinsOut& pins) const;
    /// Adds every pin and probe to a waveform file.
    void trace(sc_core::sc_trace_file* file) const;

  private:
    struct ProbeWires {
        explicit ProbeWires(size_t number);

        sc_core::sc_signal<bool> valid;
        sc_core::sc_signal<uint32_t> index;
        sc_core::sc_signal<int32_t> value;
    };
    /// A layer and the wires around it.
    struct Segment {
        /// `first_probe`: the number of its first one.
        Segment(const Chip& chip, size_t index, size_t first_probe, const LayerFactory& make);

        Wire<Write> write;                           ///< what the layer writes
        sc_core::sc_signal<bool> ready, skip_ready;  ///< to be written, its skip memory as well
        std::vector<std::unique_ptr<ProbeWires>> probes;  ///< one for each value of a write
        std::unique_ptr<LayerModule> layer;
    };
    /// Behind a layer, or the pixel loader, that writes to several.
    struct Join {
        explicit Join(size_t index);

        sc_core::sc_signal<bool> all_ready;
        ReadyJoin module;
    };

    /// What a layer (NETWORK_INPUT: the pixel loader) writes, and whether all that it goes to is
    /// ready.
    Wire<Write>& written_by(int layer);
    sc_core::sc_signal<bool>& ready_behind(const Chip& chip, int layer);
    void bind_segment(const Chip& chip, size_t index);
    void bind_ends(const Chip& chip);
    void bind_configuration();
    void bind_control();

    sc_core::sc_signal<bool> clk_{"clk"}, rst_n_{"rst_n"};
    sc_core::sc_signal<bool> cfg_tvalid_{"cfg_tvalid"}, cfg_tlast_{"cfg_tlast"},
        cfg_tready_{"cfg_tready"};
    sc_core::sc_signal<uint32_t> cfg_tdata_{"cfg_tdata"};
    sc_core::sc_signal<bool> pix_tvalid_{"pix_tvalid"}, pix_tlast_{"pix_tlast"},
        pix_tready_{"pix_tready"}, pix_error_{"pix_error"};
    sc_core::sc_signal<uint64_t> pix_tdata_{"pix_tdata"};
    sc_core::sc_signal<bool> res_tvalid_{"res_tvalid"}, res_tlast_{"res_tlast"},
        res_tready_{"res_tready"};
    sc_core::sc_signal<uint32_t> res_tdata_{"res_tdata"};
    sc_core::sc_signal<uint8_t> ctx_select_{"ctx_select"}, ctx_active_{"ctx_active"},
        ctx_valid_{"ctx_valid"}, load_error_{"load_error"};
    sc_core::sc_signal<bool> awvalid_{"s_axil_awvalid"}, awready_{"s_axil_awready"},
        wvalid_{"s_axil_wvalid"}, wready_{"s_axil_wready"}, bvalid_{"s_axil_bvalid"},
        bready_{"s_axil_bready"}, arvalid_{"s_axil_arvalid"}, arready_{"s_axil_arready"},
        rvalid_{"s_axil_rvalid"}, rready_{"s_axil_rready"};
    sc_core::sc_signal<uint16_t> awaddr_{"s_axil_awaddr"}, araddr_{"s_axil_araddr"};
    sc_core::sc_signal<uint32_t> wdata_{"s_axil_wdata"}, rdata_{"s_axil_rdata"};
    sc_core::sc_signal<uint8_t> wstrb_{"s_axil_wstrb"}, bresp_{"s_axil_bresp"},
        rresp_{"s_axil_rresp"};

    sc_core::sc_signal<uint64_t> ctx_id_{"ctx_id"};
    sc_core::sc_signal<bool> loading_{"loading"}, clear_pix_error_{"clear_pix_error"};
    sc_core::sc_signal<uint16_t> select_{"select"};
    sc_core::sc_signal<uint8_t> busy_{"busy"};
    Wire<ImageEvent> started_{"started"}, dropped_{"dropped"}, done_{"done"};
    Register<Row> row_{"row"};
    Wire<Write> pixels_{"pixels"};
    sc_core::sc_signal<bool> result_ready_{"result_ready"};

    PixelLoader pixel_loader_;
    std::vector<std::unique_ptr<Segment>> segments_;
    std::vector<std::unique_ptr<Join>> joins_;
    ResultUnit result_unit_;
    ConfigLoader config_loader_;
    ContextControl context_control_;
    AxiLite axi_lite_;
};

}  // namespace permloom::systemc
