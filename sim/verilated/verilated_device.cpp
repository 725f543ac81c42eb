#include "sim/verilated/verilated_device.h"

#include <dlfcn.h>

#include <fstream>

#include <fmt/format.h>

#include "compiler/base/error.h"
#include "sim/verilated/plugin_abi.h"
#include "sim/verilated/plugin_build.h"

namespace permloom {
namespace {

/// A loaded shared object. Its symbols stay its own (RTLD_LOCAL).
class Plugin {
  public:
    explicit Plugin(const std::filesystem::path& path)
        : handle_(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        if (!handle_) fail(path, ::dlerror());
        using Factory = const PermloomPlugin* (*)();
        const auto factory = reinterpret_cast<Factory>(::dlsym(handle_, "permloom_plugin"));
        if (factory) api_ = factory();
        if (!api_ || api_->abi != PERMLOOM_PLUGIN_ABI) {
            ::dlclose(handle_);
            fail(path, "is not a plug-in of this version");
        }
    }
    ~Plugin() { ::dlclose(handle_); }
    Plugin(const Plugin&) = delete;
    Plugin& operator=(const Plugin&) = delete;

    const PermloomPlugin& api() const { return *api_; }

  private:
    [[noreturn]] static void fail(const std::filesystem::path& path, const std::string& problem) {
        throw Error(path.string(), problem,
                    "remove " + path.parent_path().string() + " and run again");
    }

    void* handle_;
    const PermloomPlugin* api_ = nullptr;
};

class VerilatedDevice final : public Device {
  public:
    VerilatedDevice(const std::filesystem::path& path, const VerilatedOptions& options)
        : plugin_(path),
          probes_(static_cast<size_t>(plugin_.api().probes)),
          format_(options.trace),
          coverage_(options.coverage) {
        require(plugin_.api().create(&model_));
    }
    ~VerilatedDevice() override {
        if (!coverage_.empty()) plugin_.api().coverage(model_, coverage_.c_str());
        plugin_.api().destroy(model_);
    }
    VerilatedDevice(const VerilatedDevice&) = delete;
    VerilatedDevice& operator=(const VerilatedDevice&) = delete;

    int probes() const override { return plugin_.api().probes; }
    void tick(const PinsIn& in, PinsOut& out) override;
    void trace(const std::string& path) override;

  private:
    static void require(const char* failure) {
        if (failure) throw Error("RTL model", failure);
    }

    Plugin plugin_;
    PermloomModel* model_ = nullptr;
    std::vector<PermloomProbe> probes_;
    TraceFormat format_;
    std::filesystem::path coverage_;
};

void VerilatedDevice::tick(const PinsIn& in, PinsOut& out) {
    const PermloomPinsIn pins_in{.pix_tdata = in.pix_tdata,
                                 .cfg_tdata = in.cfg_tdata,
                                 .rst_n = in.rst_n,
                                 .cfg_tvalid = in.cfg_tvalid,
                                 .cfg_tlast = in.cfg_tlast,
                                 .pix_tvalid = in.pix_tvalid,
                                 .pix_tlast = in.pix_tlast,
                                 .res_tready = in.res_tready,
                                 .ctx_select = in.ctx_select,
                                 .control = {.wdata = in.control.wdata,
                                             .awaddr = in.control.awaddr,
                                             .araddr = in.control.araddr,
                                             .awvalid = in.control.awvalid,
                                             .wstrb = in.control.wstrb,
                                             .wvalid = in.control.wvalid,
                                             .bready = in.control.bready,
                                             .arvalid = in.control.arvalid,
                                             .rready = in.control.rready}};
    PermloomPinsOut pins{};
    require(plugin_.api().tick(model_, &pins_in, &pins, probes_.data()));
    out.cfg_tready = pins.cfg_tready;
    out.pix_tready = pins.pix_tready;
    out.res_tvalid = pins.res_tvalid;
    out.res_tlast = pins.res_tlast;
    out.res_tdata = pins.res_tdata;
    out.ctx_active = pins.ctx_active;
    out.ctx_valid = pins.ctx_valid;
    out.load_error = pins.load_error;
    out.pix_error = pins.pix_error;
    out.control = {.awready = pins.control.awready != 0,
                   .wready = pins.control.wready != 0,
                   .bvalid = pins.control.bvalid != 0,
                   .arready = pins.control.arready != 0,
                   .rvalid = pins.control.rvalid != 0,
                   .bresp = pins.control.bresp,
                   .rresp = pins.control.rresp,
                   .rdata = pins.control.rdata};
    out.probes.resize(probes_.size());
    for (size_t l = 0; l < probes_.size(); ++l)
        out.probes[l] = {probes_[l].valid != 0, probes_[l].index, probes_[l].value};
}

void VerilatedDevice::trace(const std::string& path) {
    const char* const suffix = format_ == TraceFormat::fst ? ".fst" : ".vcd";
    if (format_ == TraceFormat::none)
        throw Error(path, "this RTL model was built without waveforms");
    if (!path.ends_with(suffix))
        throw Error(path, fmt::format("this RTL model writes {} files", suffix));
    // Verilator's writers do not say so when a file cannot be made.
    if (!std::ofstream(path)) throw Error(path, "cannot write the waveform file");
    require(plugin_.api().trace(model_, path.c_str()));
}

}  // namespace

std::unique_ptr<Device> make_verilated_device(const RtlDesign& design,
                                              const VerilatedOptions& options) {
    return std::make_unique<VerilatedDevice>(build_plugin(design, options), options);
}

}  // namespace permloom
