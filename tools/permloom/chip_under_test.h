/// The clocked devices that `simulate` drives, with the bench around them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/bench/bench.h"
#include "tools/permloom/console.h"

namespace permloom::cli {

/// One chip, as SystemC model, as Verilated RTL, as both in lockstep, or as a device of the
/// caller's.
class ChipUnderTest {
  public:
    struct Kinds {
        bool systemc = false, rtl = false;
    };

    /// Builds the RTL's model when the cache has none. `trace` is a .vcd or .fst file or empty;
    /// with two devices it is the RTL's. The chip is reset.
    ChipUnderTest(const Chip& chip, Kinds kinds, const std::string& trace, const Stimulus& stimulus,
                  Progress& progress);

    ChipUnderTest(const Chip& chip, const std::string& name, std::unique_ptr<Device> device,
                  const std::string& trace, const Stimulus& stimulus, Progress& progress);

    Bench& bench() { return *bench_; }

    /// Loads and selects. Throws Error naming `name` when the chip refuses.
    void load(const Load& load, const std::string& name, int context);

    /// Runs images; `reload`, of the configuration `reload_name`, goes in meanwhile.
    BenchReport run(const std::vector<std::vector<uint16_t>>& codes,
                    const std::optional<Reload>& reload = {}, const std::string& reload_name = {});

  private:
    void begin(const Chip& chip, const std::string& trace, const Stimulus& stimulus);
    void add(const std::string& name, std::unique_ptr<Device> device);

    Progress& progress_;
    std::vector<std::unique_ptr<Device>> owned_;
    std::vector<Device*> devices_;
    std::vector<std::string> names_;
    std::optional<Bench> bench_;
};

}  // namespace permloom::cli
