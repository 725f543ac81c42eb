#include "compiler/passes/quantise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>

#include "compiler/base/error.h"
#include "compiler/perm/permutation.h"

namespace permloom {
namespace {

using Real = long double;

constexpr Real EXACT = 1e-13L;  ///< a constant this near to an integer was one before its division

/// One layer of a checkpoint and where it stands.
struct Layer {
    const LayerSpec& spec;
    const LayerState& state;
    size_t index;
    ActivationScale input;

    std::string where() const { return fmt::format("layer {}", index); }
    std::string where(int neuron) const {
        return fmt::format("layer {}, neuron {}", index, neuron);
    }
    size_t lines() const { return static_cast<size_t>(spec.lines()); }
    size_t outputs() const { return static_cast<size_t>(spec.outputs); }
    size_t banks() const { return state.profile_q.size() / lines(); }
    std::span<const int32_t> bank(size_t neuron) const {
        const size_t start = banks() == 1 ? 0 : neuron * lines();
        return std::span(state.profile_q).subspan(start, lines());
    }
    std::span<const int32_t> source(size_t neuron) const {
        return std::span(state.source).subspan(neuron * lines(), lines());
    }
};

void check_shapes(const Layer& layer) {
    const LayerSpec& spec = layer.spec;
    if (spec.inputs < 1 || spec.outputs < 1)
        throw Error(layer.where(),
                    fmt::format("{} inputs and {} outputs", spec.inputs, spec.outputs));
    if (layer.state.profile_q.empty())
        throw Error(layer.where(), "its devices have real values; a chip holds integers",
                    fmt::format("train with `--set layers.{}.devices.bits=8`", layer.index));
    const size_t whole = layer.outputs() * layer.lines(), devices = layer.state.profile_q.size();
    if (devices != layer.lines() && devices != whole)
        throw Error(layer.where(),
                    fmt::format("{} devices, expected {} or {}", devices, layer.lines(), whole));
    if (layer.state.profile.size() != devices)
        throw Error(layer.where(), fmt::format("{} real and {} integer device values",
                                               layer.state.profile.size(), devices));
    if (layer.state.source.size() != whole)
        throw Error(layer.where(), fmt::format("{} source entries, expected {}",
                                               layer.state.source.size(), whole));
    for (size_t bank = 0; bank < layer.banks(); ++bank)
        if (!std::ranges::is_sorted(layer.bank(bank)))
            throw Error(layer.where(static_cast<int>(bank)),
                        "its profile is not in ascending order");
    for (size_t j = 0; j < layer.outputs(); ++j) {
        std::vector<bool> seen(layer.lines(), false);
        for (const int32_t line : layer.source(j)) {
            const bool fresh = line >= 0 && line < spec.lines() && !seen[static_cast<size_t>(line)];
            if (!fresh)
                throw Error(
                    layer.where(static_cast<int>(j)),
                    fmt::format("its source is no permutation of {} lines: line {} is {}",
                                spec.lines(), line,
                                line >= 0 && line < spec.lines() ? "used twice" : "out of range"));
            seen[static_cast<size_t>(line)] = true;
        }
    }
}

void check_constants(const Layer& layer) {
    const LayerState& state = layer.state;
    if (!std::isfinite(state.scale) || state.scale <= 0.0)
        throw Error(layer.where(),
                    fmt::format("device scale {} is not a positive number", state.scale));
    if (!std::isfinite(state.offset))
        throw Error(layer.where(), fmt::format("offset {} is not a number", state.offset));
    if (!std::isfinite(state.alpha) || state.alpha == 0.0)
        throw Error(layer.where(), fmt::format("factor alpha {} carries no signal", state.alpha));
}

bool all_banks_equal(const Layer& layer) {
    for (size_t bank = 1; bank < layer.banks(); ++bank)
        if (!std::ranges::equal(layer.bank(bank), layer.bank(0))) return false;
    return true;
}

int signed_width(std::span<const int32_t> values) {
    const auto [low, high] = std::ranges::minmax(values);
    int bits = 2;
    while (bits < 32 && (low < -(int64_t{1} << (bits - 1)) || high >= (int64_t{1} << (bits - 1))))
        ++bits;
    return bits;
}

/// What `acc` holds when the real sum is zero: the same for every wiring of the bank.
int64_t code_of_zero(const Layer& layer, size_t neuron) {
    int64_t sum = 0, complement = 0;
    for (const int32_t device : layer.bank(neuron)) {
        sum += device;
        if (layer.spec.rail == Rail::split) complement += std::max(-device, 0);
    }
    return layer.input.zero * sum + layer.input.hi() * complement;
}

/// The largest (m, s) with m / 2^s nearest to `factor`.
struct Multiplier {
    int32_t m = 0;
    int s = 0;
};

Multiplier multiplier(const Layer& layer, Real factor, const QuantiseOptions& options) {
    const Real limit = std::ldexp(1.0L, options.multiplier_bits - 1) - 1;
    int exponent = 0;
    std::frexp(factor, &exponent);
    int s = std::min(options.multiplier_bits - 1 - exponent, options.max_shift);
    if (std::abs(std::round(std::ldexp(factor, s))) > limit) --s;
    if (s < 0)
        throw Error(layer.where(),
                    fmt::format("one step of the sum is worth {:.6g} activation steps, more than a "
                                "signed multiplier of {} bits can say",
                                static_cast<double>(factor), options.multiplier_bits),
                    fmt::format("lower layers.{}.bits", layer.index));
    const Multiplier result{static_cast<int32_t>(std::llround(std::ldexp(factor, s))), s};
    if (result.m == 0)
        throw Error(layer.where(),
                    fmt::format("one step of the sum is worth {:.6g} activation steps, less than "
                                "2^-{} can say",
                                static_cast<double>(factor), options.max_shift),
                    fmt::format("raise layers.{}.bits", layer.index));
    return result;
}

/// Relative rms difference of the float profile and the integer devices.
double device_error(const LayerState& state) {
    double difference = 0.0, power = 0.0;
    for (size_t i = 0; i < state.profile.size(); ++i) {
        const double real = static_cast<double>(state.profile[i]);
        const double delta = real - state.profile_q[i] * state.scale;
        difference += delta * delta;
        power += real * real;
    }
    return power > 0.0 ? std::sqrt(difference / power) : 0.0;
}

/// -offset in units of acc; exact integers are restored before anything rounds.
Real offset_in_codes(const Layer& layer) {
    const Real codes = -static_cast<Real>(layer.state.offset) /
                       (static_cast<Real>(layer.state.scale) * layer.input.step);
    const Real nearest = std::round(codes);
    return std::abs(codes - nearest) <= EXACT * std::max(1.0L, std::abs(codes)) ? nearest : codes;
}

/// b, m and c of every neuron. `output` is null in the last layer, whose logits are acc + b.
void fill_registers(const Layer& layer, const ActivationScale* output,
                    const QuantiseOptions& options, QuantisedLayer& out) {
    Multiplier scale;
    if (output != nullptr) {
        const Real factor = static_cast<Real>(layer.state.alpha) * layer.state.scale *
                            layer.input.step / output->step;
        scale = multiplier(layer, factor, options);
        // A negative m turns the sum around: there the clamp at zero is the ReLU.
        out.registers = {scale.s, 0, 0, output->hi(),
                         layer.spec.activation == Activation::relu && scale.m > 0};
        const double rounding = std::abs(static_cast<double>(
            (std::ldexp(static_cast<Real>(scale.m), -scale.s) - factor) / factor));
        const double step = 1.0 / (std::sqrt(12.0) * output->hi());
        out.error = std::hypot(device_error(layer.state), rounding, step);
    } else {
        out.registers = {0, 0, 0, 0, false};
        out.error = device_error(layer.state);
    }

    const Real offset = offset_in_codes(layer);
    for (size_t j = 0; j < layer.outputs(); ++j) {
        const Real exact = offset - static_cast<Real>(code_of_zero(layer, j));
        const Real b = output != nullptr ? std::ceil(exact) : std::round(exact);
        if (std::abs(b) > static_cast<Real>(std::numeric_limits<int32_t>::max()))
            throw Error(layer.where(static_cast<int>(j)),
                        fmt::format("constant {:.6g} does not fit the 32-bit register b",
                                    static_cast<double>(b)),
                        "the layer's offset is far outside the range of its sums");
        out.neurons.push_back(
            {static_cast<int32_t>(b), scale.m, std::llround((exact - b) * scale.m)});
    }
}

}  // namespace

Quantised quantise(const Checkpoint& checkpoint, const QuantiseOptions& options) {
    Quantised result{activation_scales(checkpoint), {}};
    for (size_t l = 0; l < checkpoint.layers.size(); ++l) {
        const Layer layer{checkpoint.network.layers[l], checkpoint.layers[l], l, result.inputs[l]};
        check_shapes(layer);
        check_constants(layer);

        QuantisedLayer out;
        out.shared_profile = all_banks_equal(layer);
        const std::span<const int32_t> devices = layer.state.profile_q;
        const auto kept = out.shared_profile ? devices.first(layer.lines()) : devices;
        out.devices.assign(kept.begin(), kept.end());
        out.device_bits = signed_width(out.devices);
        const bool last = l + 1 == checkpoint.layers.size();
        fill_registers(layer, last ? nullptr : &result.inputs[l + 1], options, out);
        result.layers.push_back(std::move(out));
    }
    return result;
}

}  // namespace permloom
