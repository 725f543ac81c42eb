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

constexpr int MAX_CONSTANT_BITS = 47;  ///< magnitude of c, signed 48 bit
constexpr Real EXACT = 1e-13L;  ///< a constant this near to an integer was one before its division

/// One layer of a checkpoint and where it stands.
struct Layer {
    const LayerSpec& spec;
    const LayerState& state;
    const PostOpForm& form;
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

/// The largest s at which |factor| * 2^s, rounded, fits the signed multiplier; at most max_shift.
int finest_shift(Real factor, const QuantiseOptions& options) {
    const Real limit = std::ldexp(1.0L, options.multiplier_bits - 1) - 1;
    int exponent = 0;
    std::frexp(factor, &exponent);
    int s = std::min(options.multiplier_bits - 1 - exponent, options.max_shift);
    if (std::abs(std::round(std::ldexp(factor, s))) > limit) --s;
    return s;
}

int32_t multiplier(Real factor, int s) {
    return static_cast<int32_t>(std::llround(std::ldexp(factor, s)));
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

/// What a neuron adds to its sum, in units of acc; exact integers are restored before anything
/// rounds.
Real constant_in_codes(const Layer& layer, size_t neuron) {
    const Real bias = layer.state.bias.empty() ? 0.0L : static_cast<Real>(layer.state.bias[neuron]);
    const Real codes = (bias - static_cast<Real>(layer.state.offset)) /
                       (static_cast<Real>(layer.state.scale) * layer.input.step);
    const Real nearest = std::round(codes);
    const Real whole =
        std::abs(codes - nearest) <= EXACT * std::max(1.0L, std::abs(codes)) ? nearest : codes;
    return whole - static_cast<Real>(code_of_zero(layer, neuron));
}

int32_t checked_b(const Layer& layer, size_t neuron, Real b) {
    if (!(std::abs(b) <= static_cast<Real>(std::numeric_limits<int32_t>::max())))
        throw Error(layer.where(static_cast<int>(neuron)),
                    fmt::format("constant {:.6g} does not fit the 32-bit register b",
                                static_cast<double>(b)),
                    "the layer's offset is far outside the range of its sums");
    return static_cast<int32_t>(b);
}

/// The last layer: its logits are acc + b.
void fill_logits(const Layer& layer, QuantisedLayer& out) {
    out.registers = {0, 0, 0, 0, false, 0};
    out.error = device_error(layer.state);
    for (size_t j = 0; j < layer.outputs(); ++j)
        out.neurons.push_back({checked_b(layer, j, std::round(constant_in_codes(layer, j))), 0, 0});
}

/// Steps of the output that a unit of acc, a code of what is added and the shift are worth.
struct Factors {
    std::vector<Real> m, shift;  ///< a neuron each
    Real m2 = 0.0L;
    int added_zero = 0;  ///< zero point of what is added
};

Factors factors(const Layer& layer, const ActivationScale& output, const ActivationScale* added) {
    Factors result;
    const Real unit =
        static_cast<Real>(layer.state.alpha) * layer.state.scale * layer.input.step / output.step;
    if (added != nullptr) {
        result.m2 = static_cast<Real>(added->step) / output.step;
        result.added_zero = added->zero;
    }
    for (size_t j = 0; j < layer.outputs(); ++j) {
        result.m.push_back(layer.form.affine() ? unit * layer.form.gain[j] : unit);
        result.shift.push_back(
            layer.form.affine() ? static_cast<Real>(layer.form.shift[j]) / output.step : 0.0L);
    }
    return result;
}

/// The largest s at which every multiplier and constant of the layer fits.
int common_shift(const Layer& layer, const Factors& wanted, const QuantiseOptions& options) {
    Real largest = 0.0L, constant = 1.0L;
    for (size_t j = 0; j < wanted.m.size(); ++j) {
        largest = std::max(largest, std::abs(wanted.m[j]));
        constant = std::max(constant, std::abs(wanted.shift[j]) + wanted.m2 * wanted.added_zero);
    }
    if (!std::isfinite(largest) || !std::isfinite(constant))
        throw Error(layer.where(), "its batch norm has values that are not finite");
    int s = finest_shift(largest, options);
    if (s < 0)
        throw Error(layer.where(),
                    fmt::format("one step of the sum is worth {:.6g} activation steps, more than a "
                                "signed multiplier of {} bits can say",
                                static_cast<double>(largest), options.multiplier_bits),
                    fmt::format("lower layers.{}.bits", layer.index));
    if (multiplier(largest, s) == 0)
        throw Error(layer.where(),
                    fmt::format("one step of the sum is worth {:.6g} activation steps, less than "
                                "2^-{} can say",
                                static_cast<double>(largest), options.max_shift),
                    fmt::format("raise layers.{}.bits", layer.index));
    if (wanted.m2 != 0.0L) s = std::min(s, finest_shift(wanted.m2, options));
    if (layer.form.affine() || wanted.m2 != 0.0L)
        s = std::min(s, MAX_CONSTANT_BITS - 1 - static_cast<int>(std::ceil(std::log2(constant))));
    if (s < 0) throw Error(layer.where(), "its constants are too large for the activation range");
    return s;
}

/// b, m and c of every neuron of a hidden layer. `added` is null where nothing is added.
void fill_registers(const Layer& layer, const ActivationScale& output, const ActivationScale* added,
                    const QuantiseOptions& options, QuantisedLayer& out) {
    const Factors wanted = factors(layer, output, added);
    const int s = common_shift(layer, wanted, options);
    const int32_t m2 = multiplier(wanted.m2, s);
    const bool mixes = layer.form.affine() || added != nullptr;
    // A negative m turns the sum around: there the clamp at zero is the ReLU.
    const bool turned = wanted.m.front() < 0.0L && !mixes;
    if (layer.form.rectified && mixes && layer.state.alpha < 0.0)
        throw Error(layer.where(), "a ReLU of a negative factor alpha in front of a batch norm");
    out.registers = {s, output.zero, 0, output.hi(), layer.form.rectified && !turned, m2};

    double rounding = 0.0;
    for (size_t j = 0; j < layer.outputs(); ++j) {
        const int32_t m = multiplier(wanted.m[j], s);
        const Real exact = constant_in_codes(layer, j);
        // See the head of quantise.h: up, so that c <= 0, but for a batch norm behind the ReLU,
        // where what the rounding added could not be taken away again from a sum cut off.
        const bool nearest = layer.form.rectified && mixes;
        const Real b = nearest ? std::round(exact) : std::ceil(exact);
        const Real left = nearest ? 0.0L : (exact - b) * m;
        out.neurons.push_back({checked_b(layer, j, b), m,
                               std::llround(left + std::ldexp(wanted.shift[j], s)) -
                                   int64_t{wanted.added_zero} * m2});
        if (wanted.m[j] != 0.0L)
            rounding = std::max(
                rounding, std::abs(static_cast<double>(
                              (std::ldexp(static_cast<Real>(m), -s) - wanted.m[j]) / wanted.m[j])));
    }
    const double step = 1.0 / (std::sqrt(12.0) * output.hi());
    out.error = std::hypot(device_error(layer.state), rounding, step);
}

}  // namespace

Quantised quantise(const Checkpoint& checkpoint, const QuantiseOptions& options) {
    Quantised result{activation_scales(checkpoint),
                     code_scales(checkpoint),
                     value_scales(checkpoint),
                     post_op_forms(checkpoint),
                     {}};
    for (size_t l = 0; l < checkpoint.layers.size(); ++l) {
        const Layer layer{checkpoint.network.layers[l], checkpoint.layers[l], result.forms[l], l,
                          result.inputs[l]};
        check_shapes(layer);
        check_constants(layer);

        QuantisedLayer out;
        out.shared_profile = all_banks_equal(layer);
        const std::span<const int32_t> devices = layer.state.profile_q;
        const auto kept = out.shared_profile ? devices.first(layer.lines()) : devices;
        out.devices.assign(kept.begin(), kept.end());
        out.device_bits = signed_width(out.devices);
        if (l + 1 == checkpoint.layers.size()) {
            fill_logits(layer, out);
        } else {
            const std::optional<int>& added = layer.form.added;
            fill_registers(layer, result.codes[l],
                           added ? &result.values[static_cast<size_t>(*added)] : nullptr, options,
                           out);
        }
        result.layers.push_back(std::move(out));
    }
    return result;
}

}  // namespace permloom
