#include "sim/systemc/systemc_device.h"

#include <filesystem>
#include <fstream>

#include "compiler/base/error.h"
#include "sim/systemc/chip_device.h"
#include "sim/systemc/chip_top.h"
#include "sim/systemc/simulation.h"

namespace permloom {
namespace {

/// The pins of a ChipTop in a simulation of its own.
///
/// A tick is a clock period: inputs change with the falling edge, outputs are sampled once they
/// have settled, and the rising edge ends the cycle.
class SystemcDevice final : public Device {
  public:
    SystemcDevice(const Chip& chip, const systemc::LayerFactory& make) : probes_(chip.probes()) {
        const systemc::Simulation::Scope scope(simulation_);
        top_ = std::make_unique<systemc::ChipTop>("permloom_top", chip, make);
        // Registers start as a reset leaves them.
        PinsOut ignored;
        cycle({.rst_n = false}, ignored);
    }

    ~SystemcDevice() override {
        const systemc::Simulation::Scope scope(simulation_);
        if (trace_file_ != nullptr) sc_core::sc_close_vcd_trace_file(trace_file_);
        top_.reset();
    }

    int probes() const override { return probes_; }

    void tick(const PinsIn& in, PinsOut& out) override {
        const systemc::Simulation::Scope scope(simulation_);
        cycle(in, out);
    }

    void trace(const std::string& path) override {
        const std::filesystem::path file(path);
        if (file.extension() != ".vcd") {
            throw Error(path, "the SystemC model writes .vcd waveforms only",
                        "give the file the suffix .vcd");
        }
        if (trace_file_ != nullptr) {
            throw Error(path, "this device is being traced already", "trace it once");
        }
        if (!std::ofstream(file)) throw Error(path, "cannot be written");
        const systemc::Simulation::Scope scope(simulation_);
        // SystemC appends the suffix.
        trace_file_ = sc_core::sc_create_vcd_trace_file(
            std::filesystem::path(file).replace_extension().c_str());
        trace_file_->set_time_unit(1.0, sc_core::SC_NS);
        top_->trace(trace_file_);
    }

  private:
    void cycle(const PinsIn& in, PinsOut& out) {
        top_->drive(in);
        top_->drive_clock(false);
        simulation_.run_half_period();
        top_->sample(out);
        top_->drive_clock(true);
        simulation_.run_half_period();
    }

    int probes_;
    systemc::Simulation simulation_;
    std::unique_ptr<systemc::ChipTop> top_;
    sc_core::sc_trace_file* trace_file_ = nullptr;
};

}  // namespace

std::unique_ptr<Device> make_systemc_device(const Chip& chip) {
    return systemc::make_chip_device(chip, systemc::make_layer);
}

std::unique_ptr<Device> systemc::make_chip_device(const Chip& chip, const LayerFactory& make) {
    check(chip, chip.name.empty() ? "chip" : chip.name);
    return std::make_unique<SystemcDevice>(chip, make);
}

}  // namespace permloom
