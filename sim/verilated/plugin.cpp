/// The plug-in's side of plugin_abi.h: compiled on demand, together with the C++ that Verilator
/// makes of `permloom_top`. PERMLOOM_PROBES is the number of probes of the design.
#include <plugin_abi.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include <verilated.h>
#if VM_COVERAGE
#include <verilated_cov.h>
#endif
#if VM_TRACE_FST
#include <verilated_fst_c.h>
using TraceFile = VerilatedFstC;
#elif VM_TRACE_VCD
#include <verilated_vcd_c.h>
using TraceFile = VerilatedVcdC;
#endif

#include <Vpermloom_top.h>

namespace {

/// `width` bits from bit `low` on of a port, however wide Verilator made it. A field never crosses
/// a 32-bit word of a port wider than 64 bits: widths are 1, 16 and 32, all aligned.
template <class Port>
uint32_t field(const Port& port, int low, int width) {
    return static_cast<uint32_t>((uint64_t{port} >> low) & ((uint64_t{1} << width) - 1));
}
template <std::size_t WORDS>
uint32_t field(const VlWide<WORDS>& port, int low, int width) {
    return field(port.at(static_cast<std::size_t>(low / 32)), low % 32, width);
}

template <class Port, class Value>
void drive(Port& port, Value value) {
    port = static_cast<Port>(value);
}

char message[512];

/// The message of a failure, kept where no destructor has to run when the plug-in is unloaded.
const char* failure(const std::exception& error) {
    std::snprintf(message, sizeof message, "%s", error.what());
    return message;
}

}  // namespace

struct PermloomModel {
    VerilatedContext context;
    std::unique_ptr<Vpermloom_top> top;
#if VM_TRACE
    std::unique_ptr<TraceFile> trace;
#endif

    PermloomModel() {
        context.randReset(2);
        context.randSeed(1);
#if VM_TRACE
        context.traceEverOn(true);
#endif
        top = std::make_unique<Vpermloom_top>(&context);
        top->clk = 0;
        top->rst_n = 0;
        top->eval();  // runs the initial blocks: a missing image is found here
    }

    ~PermloomModel() {
#if VM_TRACE
        if (trace) trace->close();
#endif
        top->final();
    }

    void clock(bool level) {
        top->clk = level;
        top->eval();
#if VM_TRACE
        if (trace) trace->dump(context.time());
#endif
        context.timeInc(1);
    }

    void tick(const PermloomPinsIn& in, PermloomPinsOut& out, PermloomProbe* probes) {
        drive(top->rst_n, in.rst_n);
        drive(top->cfg_tvalid, in.cfg_tvalid);
        drive(top->cfg_tlast, in.cfg_tlast);
        drive(top->cfg_tdata, in.cfg_tdata);
        drive(top->pix_tvalid, in.pix_tvalid);
        drive(top->pix_tlast, in.pix_tlast);
        drive(top->pix_tdata, in.pix_tdata);
        drive(top->res_tready, in.res_tready);
        drive(top->ctx_select, in.ctx_select);
        drive(top->s_axil_awaddr, in.control.awaddr);
        drive(top->s_axil_awvalid, in.control.awvalid);
        drive(top->s_axil_wdata, in.control.wdata);
        drive(top->s_axil_wstrb, in.control.wstrb);
        drive(top->s_axil_wvalid, in.control.wvalid);
        drive(top->s_axil_bready, in.control.bready);
        drive(top->s_axil_araddr, in.control.araddr);
        drive(top->s_axil_arvalid, in.control.arvalid);
        drive(top->s_axil_rready, in.control.rready);
        clock(false);
        out.cfg_tready = top->cfg_tready;
        out.pix_tready = top->pix_tready;
        out.res_tvalid = top->res_tvalid;
        out.res_tlast = top->res_tlast;
        out.res_tdata = top->res_tdata;
        out.ctx_active = top->ctx_active;
        out.ctx_valid = top->ctx_valid;
        out.load_error = top->load_error;
        out.pix_error = top->pix_error;
        out.control.awready = top->s_axil_awready;
        out.control.wready = top->s_axil_wready;
        out.control.bresp = top->s_axil_bresp;
        out.control.bvalid = top->s_axil_bvalid;
        out.control.arready = top->s_axil_arready;
        out.control.rdata = top->s_axil_rdata;
        out.control.rresp = top->s_axil_rresp;
        out.control.rvalid = top->s_axil_rvalid;
        for (int probe = 0; probe < PERMLOOM_PROBES; ++probe) {
            probes[probe].valid = field(top->probe_valid, probe, 1);
            probes[probe].index = field(top->probe_index, 16 * probe, 16);
            probes[probe].value = static_cast<int32_t>(field(top->probe_value, 32 * probe, 32));
        }
        clock(true);
    }
};

namespace {

const char* create(PermloomModel** model) try {
    *model = new PermloomModel;
    return nullptr;
} catch (const std::exception& error) {
    return failure(error);
}

void destroy(PermloomModel* model) {
    delete model;
}

const char* tick(PermloomModel* model, const PermloomPinsIn* in, PermloomPinsOut* out,
                 PermloomProbe* probes) try {
    model->tick(*in, *out, probes);
    return nullptr;
} catch (const std::exception& error) {
    return failure(error);
}

const char* trace(PermloomModel* model, const char* path) try {
#if VM_TRACE
    if (model->trace) throw std::runtime_error("a waveform file is open already");
    model->trace = std::make_unique<TraceFile>();
    model->top->trace(model->trace.get(), 99);
    model->trace->open(path);
    return nullptr;
#else
    static_cast<void>(model);
    static_cast<void>(path);
    throw std::runtime_error("the model was built without waveforms");
#endif
} catch (const std::exception& error) {
    return failure(error);
}

const char* coverage(PermloomModel* model, const char* path) try {
#if VM_COVERAGE
    model->context.coveragep()->write(path);
    return nullptr;
#else
    static_cast<void>(model);
    static_cast<void>(path);
    throw std::runtime_error("the model was built without coverage");
#endif
} catch (const std::exception& error) {
    return failure(error);
}

constexpr PermloomPlugin PLUGIN{
    PERMLOOM_PLUGIN_ABI, PERMLOOM_PROBES, create, destroy, tick, trace, coverage};

std::string at_place(const char* filename, int line, const std::string& text) {
    if (!filename || !*filename) return text;
    return std::string(filename) + ":" + std::to_string(line) + ": " + text;
}

}  // namespace

// Verilator's run time ends the process at $stop, $fatal and bad image files, and goes on after a
// warning; here each is a failure of the call.
void vl_finish(const char* filename, int line, const char*) {
    throw std::runtime_error(at_place(filename, line, "$finish"));
}
void vl_stop(const char* filename, int line, const char*) {
    throw std::runtime_error(at_place(filename, line, "$stop, or an assertion failed"));
}
void vl_fatal(const char* filename, int line, const char*, const char* text) {
    throw std::runtime_error(at_place(filename, line, text));
}
void vl_warn(const char* filename, int line, const char*, const char* text) {
    throw std::runtime_error(at_place(filename, line, text));
}

extern "C" __attribute__((visibility("default"))) const PermloomPlugin* permloom_plugin() {
    return &PLUGIN;
}
