/// Many chips of one kind, and whole test sets on each.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "sim/physical/physical.h"

namespace permloom {

/// Images as codes, with what they show.
struct LabelledCodes {
    std::span<const std::vector<uint16_t>> codes;
    std::span<const uint8_t> labels;
};

/// What became of one chip.
struct ChipScore {
    double accuracy = 0.0;
    /// Of each layer, what its own devices and readings do: mean square of the sums about their
    /// mean over mean square of their error, given the inputs that the layer really had; infinite:
    /// no error.
    std::vector<double> signal_to_noise;
};

/// Images that the signal-to-noise ratios are taken over: the first so many.
inline constexpr size_t PROFILED_IMAGES = 256;

/// Part of the images whose label is found. Does not depend on the number of threads.
double accuracy(const PhysicalNetwork& network, const LabelledCodes& images, ThreadPool& pool);
/// The same, and the ratios. `ideal` is the same network on nominal devices.
ChipScore score(const PhysicalNetwork& network, const PhysicalNetwork& ideal,
                const LabelledCodes& images, ThreadPool& pool);

/// Of the accuracies of several chips.
struct Distribution {
    double mean = 0.0;
    double deviation = 0.0;                      ///< of the sample; 0 for one chip
    double low = 0.0, median = 0.0, high = 0.0;  ///< 5th, 50th, 95th percentile, interpolated
};
Distribution distribution_of(std::vector<double> values);

struct MonteCarloOptions {
    int trials = 10;
    FabricateOptions fabricate = {};  ///< seed, first trial, sharing
    /// Called behind every chip with how many are done.
    std::function<void(int done)> on_chip = {};
};

struct MonteCarloReport {
    std::vector<ChipScore> chips;
    Distribution accuracy;
    std::vector<double> signal_to_noise_db;  ///< of each layer, mean over the chips
    int worst_layer = 0;                     ///< the one with the least
};

/// Fabricates `trials` chips, loads `configuration` as it is and scores each. `profile`: images
/// that the ADCs are calibrated on.
MonteCarloReport monte_carlo(const Chip& chip, const Configuration& configuration,
                             const DeviceModel& model, const LabelledCodes& images,
                             std::span<const std::vector<uint16_t>> profile,
                             const MonteCarloOptions& options, ThreadPool& pool);
/// The same of one copy that exists: its trials differ in the noise of use alone.
MonteCarloReport monte_carlo(const Chip& chip, const Configuration& configuration,
                             const DeviceInstance& instance, const DeviceModel& model,
                             const LabelledCodes& images,
                             std::span<const std::vector<uint16_t>> profile,
                             const MonteCarloOptions& options, ThreadPool& pool);

}  // namespace permloom
