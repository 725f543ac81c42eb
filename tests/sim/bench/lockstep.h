/// SystemC and RTL of one chip on one bench, beside the reference.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "compiler/base/rng.h"
#include "sim/bench/bench.h"
#include "sim/verilated/verilated_device.h"
#include "tests/support/random_chip.h"

namespace permloom::test {

RtlDesign rtl_design(const Chip& chip);

/// Where built models outlive a test run, in the build directory.
std::filesystem::path model_cache();
std::unique_ptr<Device> rtl_device(const RtlDesign& design,
                                   const std::filesystem::path& cache = model_cache());

/// Formulas of rtl/MICROARCHITECTURE.md, for chips that walk as the compiler has them
/// (walk_timing_test counts on its own).
uint64_t expected_interval(const Chip& chip);
uint64_t expected_latency(const Chip& chip);
/// From the first word offered to the context valid, `words` words without gaps.
uint64_t expected_load_cycles(const Chip& chip, size_t words);

/// A configuration with its load stream for one context and its reference.
struct Function {
    Wiring wiring;
    std::vector<uint32_t> words;
    std::unique_ptr<Model> reference;

    Load load() const { return {words, reference.get()}; }
};
Function random_function(const Chip& chip, int context, Rng& rng, Range range = Range::usual);
/// A function that differs from `held` in part, as a patch for a context with the id `base`.
Function random_patch(const Chip& chip, int context, const Function& held, uint32_t base, Rng& rng);

/// A load with a bit flipped in the code of some neuron, and a CRC that agrees.
struct CodeFault {
    std::vector<uint32_t> words;
    size_t layer = 0, neuron = 0;
    bool found = false;  ///< by the decoder: else it is the code of another wiring
};
CodeFault random_code_fault(const Chip& chip, const std::vector<uint32_t>& load, Rng& rng);

class Lockstep {
  public:
    explicit Lockstep(const Chip& chip, const std::filesystem::path& cache = model_cache());
    /// With an RTL that is not quite the chip's.
    Lockstep(const Chip& chip, const RtlDesign& design,
             const std::filesystem::path& cache = model_cache());

    const Chip& chip() const { return chip_; }
    /// A host for both devices, which go through reset.
    Bench bench(const Stimulus& stimulus = {});
    std::vector<std::vector<uint16_t>> images(size_t count, Rng& rng) const;

  private:
    Chip chip_;
    std::unique_ptr<Device> systemc_, rtl_;
};

/// Gaps and back-pressure, or none, that differ from seed to seed.
Stimulus random_stimulus(uint64_t seed);

/// Words of the first difference, or "no difference".
std::string difference_of(const Bench& bench);

/// What happened in a storm.
struct Weather {
    uint64_t results = 0, dropped_images = 0, loads_completed = 0;
    uint64_t control_writes = 0, control_reads = 0;  ///< cycles that show a good answer
    std::set<uint8_t> load_errors;
};

/// `cycles` cycles of anything, added to `seen`: streams that start, stop and break off anywhere,
/// wrong words and tlast, any selection, resets. The load streams are `loads` with faults.
void storm(Bench& bench, const Chip& chip, const std::vector<std::vector<uint32_t>>& loads,
           uint64_t cycles, Rng& rng, Weather& seen);

}  // namespace permloom::test
