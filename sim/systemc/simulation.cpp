#include "sim/systemc/simulation.h"

/// libsystemc.so carries a `main` that calls this. A program with a main of its own, which every
/// user of this library has, never gets here and prints no banner; the symbol must exist to link.
extern "C" int sc_main(int, char*[]) {
    return 1;
}

namespace permloom::systemc {
namespace {

std::mutex& kernel_mutex() {
    static std::mutex mutex;
    return mutex;
}

constexpr double HALF_PERIOD_NS = 5.0;

}  // namespace

Simulation::Scope::Scope(Simulation& simulation)
    : lock_(kernel_mutex()), before_(sc_core::sc_curr_simcontext) {
    sc_core::sc_curr_simcontext = simulation.context_.get();
}

Simulation::Scope::~Scope() {
    sc_core::sc_curr_simcontext = before_;
}

Simulation::Simulation() {
    const std::lock_guard<std::mutex> lock(kernel_mutex());
    context_ = std::make_unique<sc_core::sc_simcontext>();
    // A library does not print, not even which time unit a waveform has.
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
}

Simulation::~Simulation() {
    const Scope scope(*this);
    context_.reset();
}

void Simulation::run_half_period() {
    sc_core::sc_start(sc_core::sc_time(HALF_PERIOD_NS, sc_core::SC_NS));
}

}  // namespace permloom::systemc
