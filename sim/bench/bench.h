/// Driving a Device through its pins: written once, for every Device.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/device.h"
#include "sim/model.h"

namespace permloom {

/// How the host behaves: chances per cycle, drawn from a seeded generator.
struct Stimulus {
    uint64_t seed = 1;
    double pixel_gap = 0.0;      ///< chance that the pixel stream pauses in a cycle
    double result_stall = 0.0;   ///< chance that the host does not take a result in a cycle
    double load_gap = 0.0;       ///< chance that the load stream pauses in a cycle
};

/// One output of the chip.
struct Result {
    std::vector<int32_t> logits;
    int label = 0;
    uint64_t cycle = 0;  ///< of its last beat
};

/// The first disagreement found.
struct Difference {
    uint64_t cycle = 0;
    std::string what;  ///< "pin res_tdata", "layer 1 neuron 5", "logit 3 of image 17", ...
    int layer = -1, neuron = -1;
    int64_t left = 0, right = 0;  ///< values of the first and second device (or device and reference)
    std::string left_name, right_name;
    std::string describe() const;
};

struct BenchReport {
    uint64_t images = 0, cycles = 0, mismatches = 0;
    double cycles_per_inference = 0.0;  ///< steady state, between last beats of successive results
    std::optional<Difference> first_difference;
    std::vector<Result> results;
};

/// Host side of one or two devices driven alike, cycle by cycle. With two devices every top pin and
/// probe is compared in every cycle; with `models[context]` set, results and layer boundaries are
/// compared with that reference.
class Bench {
  public:
    Bench(const Chip& chip, std::vector<Device*> devices, std::vector<std::string> names,
          const Stimulus& stimulus);

    void reset(int cycles = 2);
    /// Sends a load stream to its end and returns load_error; images queued by `run` go on meanwhile
    /// when it is called with `during`.
    uint8_t load(std::span<const uint32_t> words);
    void select(int context);
    /// Images in, results out. `during`: a load stream that is sent at the same time; the context
    /// `then_select` is selected once it is valid and the remaining images run under it.
    BenchReport run(std::span<const std::vector<uint16_t>> images, Model* reference = nullptr,
                    std::span<const uint32_t> during = {}, int then_select = -1,
                    Model* reference_after = nullptr,
                    const std::function<void(uint64_t done, uint64_t cycles)>& progress = {});

    const PinsOut& pins() const;
    uint64_t cycle() const;
};

}  // namespace permloom
