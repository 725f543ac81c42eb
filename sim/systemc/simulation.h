/// Where SystemC's global state is mastered: one simulation context per device.
///
/// The SystemC kernel keeps one current context in a global pointer and elaborates it once (E113 on
/// a new module after sc_start). Each device therefore owns a context of its own and makes it the
/// current one for as long as a `Scope` lives; everything that touches modules, channels or the
/// kernel happens inside a Scope. No other file names sc_simcontext or sc_start.
#pragma once

#include <memory>
#include <mutex>
#include <systemc>

namespace permloom::systemc {

class Simulation {
  public:
    Simulation();
    /// The modules must be gone by now, deleted inside a Scope.
    ~Simulation();
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    /// Makes the simulation current; the one before returns at the end. Scopes exclude one another
    /// across threads, since the pointer is global; they do not nest.
    class Scope {
      public:
        explicit Scope(Simulation& simulation);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        std::lock_guard<std::mutex> lock_;
        sc_core::sc_simcontext* before_;
    };

    /// Inside a Scope: lets half a clock period pass, until every signal has settled.
    void run_half_period();

  private:
    std::unique_ptr<sc_core::sc_simcontext> context_;
};

}  // namespace permloom::systemc
