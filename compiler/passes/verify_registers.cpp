#include "compiler/passes/verify_registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "compiler/base/error.h"
#include "compiler/passes/scales.h"

namespace permloom {
namespace {

using Real = long double;

constexpr int MAX_SHIFT = 47;                ///< of s
constexpr int32_t MAX_MULTIPLIER = 65535;    ///< of |m|, signed 17 bit
constexpr int64_t MAX_C = int64_t{1} << 47;  ///< signed 48 bit
constexpr Real HALF = 0.5L + 1e-6L;          ///< one rounding and the noise of computing it here
constexpr Real OFFSET_NOISE = 2e-13L;        ///< relative, of the checkpoint's real constants

/// What one layer's registers have to say, and the codes they say it in.
struct Layer {
    const LayerSpec& spec;
    const LayerState& state;
    const ChipLayer& chip;
    const LayerConfiguration& configuration;
    ActivationScale input;
    const ActivationScale* output;  ///< null in the last layer
    const ActivationScale* added;   ///< null where nothing is added
    size_t index;

    std::string where() const { return fmt::format("layer {}", index); }
    std::string where(size_t neuron) const {
        return fmt::format("layer {}, neuron {}", index, neuron);
    }
    Real input_unit() const { return static_cast<Real>(state.scale) * input.step; }
    /// What neuron j adds to its weighted sum, real.
    Real constant(size_t j) const {
        return (state.bias.empty() ? 0.0L : static_cast<Real>(state.bias[j])) -
               static_cast<Real>(state.offset);
    }
    /// Whether more than an activation stands behind the sum.
    bool mixes() const { return added != nullptr || !state.batch_norms.empty(); }
};

/// Two input patterns that no permutation of lines leaves alone: all zeros, and a ramp.
int64_t probe_code(const Layer& layer, int probe, int input) {
    return probe == 0 ? layer.input.zero : (input * 37 + 11) % (layer.input.hi() + 1);
}

struct ProbeSums {
    int64_t acc = 0;   ///< what the chip accumulates
    int64_t real = 0;  ///< the checkpoint's sum, in units of s_w * s_in
};

/// The chip's sum by design.md section 4, and the checkpoint's by LayerState's definition.
ProbeSums probe_sums(const Layer& layer, const Permutation& source, std::span<const int32_t> bank,
                     int probe) {
    const int hi = layer.chip.in_hi(), inputs = layer.spec.inputs;
    ProbeSums sums;
    for (int r = 0; r < source.size(); ++r) {
        const int line = source[r];
        const int64_t device = bank[static_cast<size_t>(r)];
        const int64_t x = probe_code(layer, probe, line < inputs ? line : line - inputs);
        const int64_t real = x - layer.input.zero;
        switch (layer.spec.rail) {
            case Rail::single:
                sums.acc += device * x;
                sums.real += device * real;
                break;
            case Rail::dual:
                sums.acc += device * (line < inputs ? x : hi - x);
                // A complement line carries the code hi - x, whose real value is that of any code.
                sums.real += device * (line < inputs ? real : hi - x - layer.input.zero);
                break;
            case Rail::split:
                sums.acc +=
                    std::max<int64_t>(device, 0) * x + std::max<int64_t>(-device, 0) * (hi - x);
                sums.real += device * real;
                break;
        }
    }
    return sums;
}

void check_layer_registers(const Layer& layer) {
    const LayerRegisters& registers = layer.configuration.registers;
    if (registers.s < 0 || registers.s > MAX_SHIFT)
        throw Error(layer.where(),
                    fmt::format("shift s is {}, expected 0 to {}", registers.s, MAX_SHIFT));
    if (layer.output == nullptr) {
        if (registers != LayerRegisters{0, 0, 0, 0, false, 0})
            throw Error(layer.where(), "the last layer's unused registers are not zero");
        return;
    }
    if (registers.z != layer.output->zero || registers.lo != 0 ||
        registers.hi != layer.output->hi())
        throw Error(
            layer.where(),
            fmt::format("output codes are clamped to {}..{} around {}, expected 0..{} around {}",
                        registers.lo, registers.hi, registers.z, layer.output->hi(),
                        layer.output->zero));
    if (layer.added == nullptr && registers.m2 != 0)
        throw Error(layer.where(), fmt::format("m2 is {}, but nothing is added", registers.m2));
    const bool turned = layer.state.alpha < 0.0;
    if (registers.relu != (layer.spec.activation == Activation::relu && !turned))
        throw Error(layer.where(), "the ReLU switch is not the network's activation");
}

/// m / 2^s is the nearest to alpha * s_w * s_in / s_out, and as fine as it can be.
void check_multiplier(const Layer& layer, size_t j) {
    const int s = layer.configuration.registers.s;
    const int32_t m = layer.configuration.neurons[j].m;
    const Real factor =
        static_cast<Real>(layer.state.alpha) * layer.input_unit() / layer.output->step;
    if (std::abs(m) > MAX_MULTIPLIER)
        throw Error(layer.where(j), fmt::format("multiplier {} exceeds 17 bits", m));
    if (!(std::abs(std::ldexp(factor, s) - static_cast<Real>(m)) <= HALF) ||
        (2 * std::abs(m) < MAX_MULTIPLIER && s < MAX_SHIFT))
        throw Error(layer.where(j), fmt::format("multiplier {} / 2^{} is not the nearest to {:.9g}",
                                                m, s, static_cast<double>(factor)));
}

/// The integer output against the real one, both in 2^-s of an output step, at probe inputs.
void check_constants(const Layer& layer, size_t j, const Permutation& source) {
    const NeuronRegisters& registers = layer.configuration.neurons[j];
    const auto bank = layer.chip.bank(static_cast<int>(j));
    const Real offset = -layer.constant(j) / layer.input_unit();
    if (layer.output == nullptr && (registers.m != 0 || registers.c != 0))
        throw Error(layer.where(j), "m and c of the last layer are unused and not zero");
    const Real m = layer.output == nullptr ? 1.0L : static_cast<Real>(registers.m);
    const Real c = static_cast<Real>(registers.c);
    const Real tolerance = HALF + std::abs(m) * OFFSET_NOISE * std::max(1.0L, std::abs(offset));
    for (int probe = 0; probe < 2; ++probe) {
        const ProbeSums sums = probe_sums(layer, source, bank, probe);
        const Real expected = m * (static_cast<Real>(sums.real) - offset);
        const Real found = m * static_cast<Real>(sums.acc + registers.b) + c;
        if (!(std::abs(found - expected) <= tolerance))
            throw Error(
                layer.where(j),
                fmt::format("registers b = {}, c = {} put its output {:.6g} off", registers.b,
                            registers.c, static_cast<double>(found - expected)));
    }
    // Were c above half a step, a sum of exactly zero would round to one after the early ReLU.
    if (layer.configuration.registers.relu && registers.c > 0)
        throw Error(layer.where(j),
                    fmt::format("c = {} lifts what the ReLU has cut off", registers.c));
}

/// The network's own operations on z of neuron j, but for the last bound and the pool.
Real real_output(const Layer& layer, size_t j, Real z, Real added) {
    if (layer.spec.activation == Activation::relu) z = std::max(z, 0.0L);
    size_t norm = 0;
    for (const OpSpec& op : layer.spec.then) {
        if (std::holds_alternative<BatchNormSpec>(op)) {
            const LayerState::BatchNorm& numbers = layer.state.batch_norms[norm++];
            z = (z - numbers.mean[j]) /
                    std::sqrt(static_cast<Real>(numbers.variance[j]) + BATCH_NORM_EPSILON) *
                    numbers.gamma[j] +
                numbers.beta[j];
        } else if (std::holds_alternative<AddSpec>(op)) {
            z += added;
        }
    }
    return z;
}

/// The same where batch norm or an addition stands behind the sum: every register is rounded once,
/// and behind an early ReLU so is b, by half a unit of acc.
void check_mixed(const Layer& layer, size_t j, const Permutation& source) {
    const NeuronRegisters& registers = layer.configuration.neurons[j];
    const LayerRegisters& common = layer.configuration.registers;
    const auto bank = layer.chip.bank(static_cast<int>(j));
    for (int probe = 0; probe < 2; ++probe) {
        const ProbeSums sums = probe_sums(layer, source, bank, probe);
        const Real z = static_cast<Real>(layer.state.alpha) *
                       (static_cast<Real>(sums.real) * layer.input_unit() + layer.constant(j));
        const int skip = layer.added == nullptr ? 0
                         : probe == 0           ? layer.added->zero
                                                : layer.added->hi();
        const int distance = layer.added == nullptr ? 0 : skip - layer.added->zero;
        const Real added = layer.added == nullptr ? 0.0L : distance * Real{layer.added->step};
        const Real expected =
            std::ldexp(real_output(layer, j, z, added) / layer.output->step, common.s);
        int64_t t = sums.acc + registers.b;
        if (common.relu) t = std::max<int64_t>(t, 0);
        const Real found =
            static_cast<Real>(t * registers.m + int64_t{skip} * common.m2 + registers.c);
        const Real rounded =
            HALF *
            (1.0L + static_cast<Real>(std::abs(t) + std::abs(distance) + std::abs(registers.m)));
        const Real noise = 1e-6L * std::abs(expected);
        if (!(std::abs(found - expected) <= rounded + noise))
            throw Error(layer.where(j),
                        fmt::format("registers b = {}, m = {}, c = {} put its output {:.6g} steps "
                                    "off",
                                    registers.b, registers.m, registers.c,
                                    static_cast<double>(std::ldexp(found - expected, -common.s))));
    }
}

void check_bounds(const Layer& layer, size_t j) {
    const NeuronRegisters& registers = layer.configuration.neurons[j];
    int64_t low = 0, high = 0;
    for (const int64_t device : layer.chip.bank(static_cast<int>(j))) {
        const int64_t largest =
            (layer.spec.rail == Rail::split ? std::abs(device) : device) * layer.chip.in_hi();
        (largest < 0 ? low : high) += largest;
    }
    const int64_t limit = int64_t{1} << (layer.chip.accumulator_bits() - 1);
    if (low < -limit || high >= limit)
        throw Error(layer.where(j), fmt::format("sums from {} to {} do not fit {} accumulator bits",
                                                low, high, layer.chip.accumulator_bits()));
    if (low + registers.b < std::numeric_limits<int32_t>::min() ||
        high + registers.b > std::numeric_limits<int32_t>::max())
        throw Error(layer.where(j), fmt::format("sums from {} to {} with b = {} do not fit 32 bits",
                                                low, high, registers.b));
    if (registers.c < -MAX_C || registers.c >= MAX_C)
        throw Error(layer.where(j), fmt::format("constant c = {} exceeds 48 bits", registers.c));
}

}  // namespace

void verify_registers(const Checkpoint& checkpoint, const Chip& chip,
                      const Configuration& configuration,
                      const std::vector<std::vector<Permutation>>& sources) {
    const std::vector<ActivationScale> scales = activation_scales(checkpoint);
    const std::vector<ActivationScale> codes = code_scales(checkpoint);
    const std::vector<ActivationScale> values = value_scales(checkpoint);
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const Layer layer{checkpoint.network.layers[l],
                          checkpoint.layers[l],
                          chip.layers[l],
                          configuration.layers[l],
                          scales[l],
                          l < codes.size() ? &codes[l] : nullptr,
                          chip.layers[l].adds()
                              ? &values[static_cast<size_t>(*chip.layers[l].walk->skip)]
                              : nullptr,
                          l};
        check_layer_registers(layer);
        for (size_t j = 0; j < sources[l].size(); ++j) {
            if (layer.mixes()) {
                check_mixed(layer, j, sources[l][j]);
            } else {
                if (layer.output != nullptr) check_multiplier(layer, j);
                check_constants(layer, j, sources[l][j]);
            }
            check_bounds(layer, j);
        }
    }
}

}  // namespace permloom
