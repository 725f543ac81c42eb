#include "compiler/passes/recalibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "compiler/base/error.h"
#include "compiler/passes/refine.h"

namespace permloom {
namespace {

constexpr int32_t MULTIPLIER_LIMIT = (1 << 16) - 1;
/// A gain beyond is no calibration any more: the sum has lost what it was trained for.
constexpr double LARGEST_GAIN = 4.0;

/// A neuron as a function of its inputs: sum_i weight_i * x_i + constant.
struct Affine {
    std::vector<double> weights;
    double constant = 0.0;
};

/// `value(line)`: what the line contributes; `second(line)`: whether its device is one of the
/// second rail of split, whose value is negative.
template <class Value, class Second>
Affine affine_of(const ChipLayer& layer, const Value& value, const Second& second) {
    Affine result{std::vector<double>(static_cast<size_t>(layer.inputs), 0.0), 0.0};
    for (int line = 0; line < layer.lines(); ++line) {
        const double v = value(line);
        const bool complement = line >= layer.inputs;  // of rail dual
        result.weights[static_cast<size_t>(line % layer.inputs)] += complement ? -v : v;
        if (complement) result.constant += v * layer.in_hi();
        // -v devices under hi - x.
        if (layer.rail == Rail::split && second(line)) result.constant -= v * layer.in_hi();
    }
    return result;
}

/// What a sum over such devices holds where the real sum is zero (quantise.h): b of the nominal
/// chip takes that of its own devices away.
template <class Values>
double code_of_zero(const ChipLayer& layer, const Values& values) {
    double code = 0.0;
    for (const auto each : values) {
        const auto value = static_cast<double>(each);
        code += layer.in_zero * value;
        if (layer.rail == Rail::split) code += layer.in_hi() * std::max(-value, 0.0);
    }
    return code;
}

double mean_of(const Affine& neuron, const ChipLayer& layer, const InputMoments* moments) {
    double sum = neuron.constant;
    for (int i = 0; i < layer.inputs; ++i)
        sum += neuron.weights[static_cast<size_t>(i)] *
               (moments != nullptr ? moments->mean(i) : layer.in_zero);
    return sum;
}

/// Products of the measured sums with the trained ones, and with themselves.
struct Products {
    double cross = 0.0, power = 0.0;

    /// What the measured sums have to be multiplied by to come nearest to the trained ones.
    double gain() const {
        if (!(power > 0.0) || !(cross > 0.0)) return 1.0;
        return std::clamp(cross / power, 1.0 / LARGEST_GAIN, LARGEST_GAIN);
    }
};

/// Where nothing is known of the inputs, they are taken to differ independently and alike.
Products products_of(const Affine& trained, const Affine& measured,
                     const std::vector<double>& covariance) {
    const size_t n = trained.weights.size();
    Products result;
    for (size_t i = 0; i < n; ++i) {
        double trained_sum = covariance.empty() ? trained.weights[i] : 0.0;
        double measured_sum = covariance.empty() ? measured.weights[i] : 0.0;
        for (size_t k = 0; k < (covariance.empty() ? 0 : n); ++k) {
            trained_sum += covariance[i * n + k] * trained.weights[k];
            measured_sum += covariance[i * n + k] * measured.weights[k];
        }
        result.cross += measured.weights[i] * trained_sum;
        result.power += measured.weights[i] * measured_sum;
    }
    return result;
}

/// Halves what s counts in, where a multiplier has become too large.
void make_room(Registers& registers, const std::vector<double>& multipliers) {
    double largest = 0.0;
    for (const double m : multipliers)
        largest = std::max(largest, std::abs(m));
    int shift = 0;
    while (std::round(std::ldexp(largest, -shift)) > MULTIPLIER_LIMIT)
        ++shift;
    shift = std::min(shift, registers.layer.s);
    registers.layer.s -= shift;
    registers.layer.m2 = static_cast<int32_t>(std::lround(std::ldexp(registers.layer.m2, -shift)));
    for (size_t j = 0; j < multipliers.size(); ++j) {
        const double m = std::round(std::ldexp(multipliers[j], -shift));
        registers.neurons[j].m =
            static_cast<int32_t>(std::clamp<double>(m, -MULTIPLIER_LIMIT, MULTIPLIER_LIMIT));
        registers.neurons[j].c =
            std::llround(std::ldexp(static_cast<double>(registers.neurons[j].c), -shift));
    }
}

}  // namespace

std::vector<Registers> recalibrate(const Checkpoint& checkpoint, const Chip& chip,
                                   const DeviceInstance& instance, const Sources& sources,
                                   std::vector<Registers> nominal,
                                   const std::vector<InputMoments>& moments) {
    PERMLOOM_ASSERT(moments.empty() || moments.size() == chip.layers.size());
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const auto lines = static_cast<size_t>(layer.lines());
        const std::vector<double> weights = trained_weights(checkpoint.layers[l], layer);
        const InputMoments* known = moments.empty() ? nullptr : &moments[l];
        const std::vector<double> covariance =
            known != nullptr ? known->covariances() : std::vector<double>{};
        const bool last = l + 1 == chip.layers.size();
        // A batch norm or what is added has its constants in the units behind m: there m stays.
        const bool scales = !layer.adds();

        std::vector<Affine> trained, measured;
        std::vector<Products> products;
        for (size_t j = 0; j < sources[l].size(); ++j) {
            const std::vector<double> bank =
                measured_bank(layer, instance.layers[l], static_cast<int>(j));
            const auto nominal_bank = layer.bank(static_cast<int>(j));
            const Permutation slot_of = sources[l][j].inverse();
            const auto slot = [&](int line) { return static_cast<size_t>(slot_of[line]); };
            measured.push_back(affine_of(
                layer, [&](int line) { return bank[slot(line)]; },
                [&](int line) { return nominal_bank[slot(line)] < 0; }));
            const auto weight = [&](int line) {
                return weights[j * lines + static_cast<size_t>(line)];
            };
            trained.push_back(
                affine_of(layer, weight, [&](int line) { return weight(line) < 0.0; }));
            // The devices that it was trained on last may be another copy's.
            trained.back().constant +=
                code_of_zero(layer, nominal_bank) -
                code_of_zero(layer, std::span(weights).subspan(j * lines, lines));
            products.push_back(products_of(trained.back(), measured.back(), covariance));
        }
        // Logits are compared with one another: they share a factor, which nothing applies.
        if (last) {
            Products all;
            for (const Products& one : products) {
                all.cross += one.cross;
                all.power += one.power;
            }
            std::ranges::fill(products, all);
        }
        std::vector<double> multipliers;
        for (size_t j = 0; j < sources[l].size(); ++j) {
            NeuronRegisters& registers = nominal[l].neurons[j];
            const double gain = scales ? products[j].gain() : 1.0;
            const double b = (mean_of(trained[j], layer, known) + registers.b) / gain -
                             mean_of(measured[j], layer, known);
            if (!(std::abs(b) <= static_cast<double>(std::numeric_limits<int32_t>::max())))
                throw Error(fmt::format("layer {}, neuron {}", l, j),
                            fmt::format("the constant of its measured devices, {:.6g}, does not "
                                        "fit the 32-bit register b",
                                        b));
            registers.b = static_cast<int32_t>(std::llround(b));
            multipliers.push_back(registers.m * gain);
        }
        if (scales && !last) make_room(nominal[l], multipliers);
    }
    return nominal;
}

}  // namespace permloom
