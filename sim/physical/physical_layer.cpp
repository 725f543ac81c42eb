#include "sim/physical/physical_layer.h"

#include <algorithm>
#include <cmath>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// What each slot of a neuron adds to the sum: the value of its device, of the second rail apart,
/// and the square of the noise in a read of it.
struct SlotValues {
    std::vector<double> direct, complement;  ///< complement: of rail split, on the second rail
    std::vector<double> direct_noise, complement_noise;
};

SlotValues slot_values(const ChipLayer& shape, const LayerInstance& devices, int neuron,
                       double read_noise) {
    const auto lines = static_cast<size_t>(shape.lines());
    const int bank = devices.banks == 1 ? 0 : neuron;
    const std::vector<double> values = measured_bank(shape, devices, neuron);
    const auto nominal = shape.bank(neuron);
    SlotValues result;
    result.direct.assign(lines, 0.0);
    result.direct_noise = result.complement = result.complement_noise = result.direct;
    for (size_t slot = 0; slot < lines; ++slot) {
        const size_t cell = static_cast<size_t>(bank) * lines + slot;
        const double plus = static_cast<double>(devices.plus[cell]);
        double power = plus * plus;
        if (!devices.minus.empty()) {
            const double minus = static_cast<double>(devices.minus[cell]);
            power += minus * minus;
        }
        if (shape.engine == Engine::serial && nominal[slot] == 0) power = 0.0;
        const bool on_complement = shape.rail == Rail::split && nominal[slot] < 0;
        (on_complement ? result.complement : result.direct)[slot] =
            on_complement ? -values[slot] : values[slot];
        (on_complement ? result.complement_noise : result.direct_noise)[slot] =
            power * read_noise * read_noise;
    }
    return result;
}

/// On rail dual the upper half of the lines are complements: moved to where those of split are.
void split_lines(const ChipLayer& shape, std::vector<double>& direct,
                 std::vector<double>& complement) {
    if (shape.rail != Rail::dual) return;
    const auto inputs = static_cast<size_t>(shape.inputs);
    complement.assign(direct.begin() + static_cast<std::ptrdiff_t>(inputs), direct.end());
    direct.resize(inputs);
}

}  // namespace

PhysicalLayer::PhysicalLayer(const ChipLayer& shape, const LayerWiring& wiring,
                             const LayerInstance& devices, const SwitchPass& pass,
                             const Reading& reading)
    : inputs_(static_cast<size_t>(shape.inputs)),
      outputs_(static_cast<size_t>(shape.outputs)),
      input_hi_(shape.in_hi()),
      // Whoever reads the sums knows what the circuit loses on its way, in the mean.
      gain_(pass.through == 1.0 && pass.leak == 0.0 ? 1.0 : 1.0 / mean_transmission(wiring, pass)),
      reading_(reading) {
    if (reading.dac_bits > 0 && reading.dac_bits < shape.in_bits) {
        dac_levels_ = (1 << reading.dac_bits) - 1;
        dac_step_ = input_hi_ / dac_levels_;
    }
    const SwitchPass pass_of_squares{pass.through * pass.through, pass.leak * pass.leak};
    const bool noisy = reading.read_noise > 0.0;
    weights_.values.assign(inputs_ * outputs_, 0.0);
    if (noisy) squares_.values = products_.values = weights_.values;
    double largest = 0.0, largest_noise = 0.0, full_low = 0.0, full_high = 0.0;
    for (size_t j = 0; j < outputs_; ++j) {
        const SlotValues slots =
            slot_values(shape, devices, static_cast<int>(j), reading.read_noise);
        const auto lines_of = [&](const std::vector<double>& values, const SwitchPass& how) {
            return line_values(wiring, j, how, values);
        };
        std::vector<double> direct = lines_of(slots.direct, pass);
        std::vector<double> complement = lines_of(slots.complement, pass);
        split_lines(shape, direct, complement);
        double constant = 0.0, magnitude = 0.0, low = 0.0, high = 0.0;
        for (size_t i = 0; i < inputs_; ++i) {
            const double weight = gain_ * (direct[i] - complement[i]);
            weights_.values[i * outputs_ + j] = weight;
            constant += gain_ * complement[i] * input_hi_;
            magnitude += std::abs(weight) * input_hi_;
            (weight < 0.0 ? low : high) += weight * input_hi_;
        }
        constants_.push_back(constant);
        largest = std::max(largest, magnitude);
        full_low = std::min(full_low, low + constant);
        full_high = std::max(full_high, high + constant);
        if (!noisy) continue;
        direct = lines_of(slots.direct_noise, pass_of_squares);
        complement = lines_of(slots.complement_noise, pass_of_squares);
        split_lines(shape, direct, complement);
        double noise_constant = 0.0, noise = 0.0;
        for (size_t i = 0; i < inputs_; ++i) {
            const double square = gain_ * gain_ * (direct[i] + complement[i]);
            const double product = 2.0 * gain_ * gain_ * complement[i] * input_hi_;
            squares_.values[i * outputs_ + j] = square;
            products_.values[i * outputs_ + j] = product;
            noise_constant += gain_ * gain_ * complement[i] * input_hi_ * input_hi_;
            noise += square * input_hi_ * input_hi_ + product * input_hi_;
        }
        noise_constants_.push_back(noise_constant);
        largest_noise = std::max(largest_noise, noise);
    }
    place_on_grid(weights_, largest);
    if (noisy) {
        place_on_grid(squares_, largest_noise);
        place_on_grid(products_, largest_noise);
    }
    if (reading.full_range) {
        ranged_ = true;
        low_ = full_low;
        high_ = full_high;
    }
}

void PhysicalLayer::place_on_grid(Grid& grid, double largest_sum) const {
    constexpr int EXACT_BITS = 51;  // of 53, for the rounding of the values themselves
    int exponent = 0;
    std::frexp(std::max(largest_sum, 1.0), &exponent);
    const double factor = std::ldexp(1.0, EXACT_BITS - exponent);
    for (double& value : grid.values)
        value = std::nearbyint(value * factor);
    grid.unit = 1.0 / factor;
}

double PhysicalLayer::driven(int32_t code) const {
    return dac_levels_ > 0.0 ? std::nearbyint(code / dac_step_) : code;
}

// Doubles side by side: as many at once as the machine can, with the same result.
__attribute__((target_clones("avx512f", "avx2", "default"))) static void add_scaled(
    const double* row, double x, size_t count, double* sums) {
    for (size_t j = 0; j < count; ++j)
        sums[j] += row[j] * x;
}

void PhysicalLayer::accumulate(const Grid& grid, std::span<const double> x, double* sums) const {
    for (size_t i = 0; i < inputs_; ++i)
        if (x[i] != 0.0) add_scaled(grid.values.data() + i * outputs_, x[i], outputs_, sums);
}

void PhysicalLayer::sums(std::span<const int32_t> x, std::vector<double>& sums) const {
    thread_local std::vector<double> inputs;
    inputs.resize(inputs_);
    for (size_t i = 0; i < inputs_; ++i)
        inputs[i] = driven(x[i]);
    sums.assign(outputs_, 0.0);
    accumulate(weights_, inputs, sums.data());
    for (size_t j = 0; j < outputs_; ++j)
        sums[j] = sums[j] * weights_.unit * dac_step_ + constants_[j];
}

void PhysicalLayer::calibrate(std::span<const double> sums) {
    if (reading_.full_range) return;
    for (const double sum : sums) {
        low_ = ranged_ ? std::min(low_, sum) : sum;
        high_ = ranged_ ? std::max(high_, sum) : sum;
        ranged_ = true;
    }
}

ReaderSetting PhysicalLayer::setting() const {
    PERMLOOM_ASSERT(ranged_ || !reading_.has_range());
    return {gain_, low_, high_};
}

void PhysicalLayer::read(std::span<const int32_t> x, const NoiseKey& key,
                         std::vector<double>& sums) const {
    PERMLOOM_ASSERT(ranged_ || !reading_.has_range());
    if (reading_.read_noise > 0.0) {
        thread_local std::vector<double> inputs, variances, parts;
        inputs.resize(inputs_);
        variances.assign(outputs_, 0.0);
        parts.assign(outputs_, 0.0);
        // Whole numbers all along: driven steps, and their squares.
        for (size_t i = 0; i < inputs_; ++i)
            inputs[i] = driven(x[i]);
        accumulate(products_, inputs, parts.data());
        for (double& input : inputs)
            input *= input;
        accumulate(squares_, inputs, variances.data());
        for (size_t j = 0; j < outputs_; ++j) {
            const double variance = variances[j] * squares_.unit * dac_step_ * dac_step_ -
                                    parts[j] * products_.unit * dac_step_ + noise_constants_[j];
            sums[j] += std::sqrt(std::max(variance, 0.0)) * key.normal(PhysicalDraw::read_noise, j);
        }
    }
    const double range = high_ - low_;
    for (size_t j = 0; j < outputs_; ++j) {
        double& sum = sums[j];
        if (reading_.adc_noise > 0.0)
            sum += reading_.adc_noise * range * key.normal(PhysicalDraw::adc_noise, j);
        if (reading_.adc_bits > 0 && range > 0.0) {
            const double top = std::ldexp(1.0, reading_.adc_bits) - 1.0, step = range / top;
            sum = low_ + std::clamp(std::nearbyint((sum - low_) / step), 0.0, top) * step;
        }
        sum = std::nearbyint(sum);
    }
}

}  // namespace permloom
