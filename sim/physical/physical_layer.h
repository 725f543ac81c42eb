/// The sums of one layer as its array computes them.
///
/// Everything that happens between the codes of the inputs and the sums is linear in the inputs as
/// they are driven, so that a layer is a matrix; what is not (the steps of DAC and ADC, noise)
/// stands in front of and behind it. The matrix is rounded to a grid on which sums of products are
/// exact in a double: a sum has the same bits whatever the order of its terms, and an ideal array
/// computes the very integers of the reference.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/physical/layer_wiring.h"

namespace permloom {

/// What the noise of one vector of inputs is keyed by.
struct NoiseKey {
    const CounterRng* rng = nullptr;
    uint32_t trial = 0, image = 0, layer = 0, position = 0;

    double normal(PhysicalDraw purpose, size_t neuron) const {
        return rng->normal(static_cast<uint32_t>(purpose) | layer << 8, image,
                           position << 16 | static_cast<uint32_t>(neuron), trial);
    }
};

/// What whoever reads the sums of a layer is set to.
struct ReaderSetting {
    double gain = 1.0;             ///< what the circuit loses on its way, in the mean, is made up
    double low = 0.0, high = 0.0;  ///< range of the ADC
};

class PhysicalLayer {
  public:
    /// `devices` as they are in use (in_use).
    PhysicalLayer(const ChipLayer& shape, const LayerWiring& wiring, const LayerInstance& devices,
                  const SwitchPass& pass, const Reading& reading);

    int outputs() const { return static_cast<int>(outputs_); }
    /// Sums before anything is read: `x` holds one code for each input.
    void sums(std::span<const int32_t> x, std::vector<double>& sums) const;
    /// Takes noise and ADC away.
    void read_exactly() { reading_ = {.dac_bits = reading_.dac_bits}; }
    /// Widens the range of the ADC to these sums.
    void calibrate(std::span<const double> sums);
    /// Once it is calibrated, where it has to be.
    ReaderSetting setting() const;
    /// Adds the noise of reading `x`, and rounds as the ADC does, to whole numbers in the end.
    void read(std::span<const int32_t> x, const NoiseKey& key, std::vector<double>& sums) const;

  private:
    /// values_[input * stride_ + output], whole numbers: the value times 2^shift.
    struct Grid {
        std::vector<double> values;
        double unit = 1.0;  ///< 2^-shift
    };
    double driven(int32_t code) const;
    void place_on_grid(Grid& grid, double largest_sum) const;
    void accumulate(const Grid& grid, std::span<const double> x, double* sums) const;

    size_t inputs_, outputs_;
    double input_hi_, gain_;
    Reading reading_;
    double dac_levels_ = 0.0, dac_step_ = 1.0;
    Grid weights_;
    std::vector<double> constants_;
    // Variance of a sum: sum over inputs of squares * x^2 - products * x, and the constants.
    Grid squares_, products_;
    std::vector<double> noise_constants_;
    bool ranged_ = false;
    double low_ = 0.0, high_ = 0.0;
};

}  // namespace permloom
