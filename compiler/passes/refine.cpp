#include "compiler/passes/refine.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// Complements of rail dual bring hi - x: less of an input is more of its complement.
double sign_of_line(const ChipLayer& layer, int line) {
    return line < layer.inputs ? 1.0 : -1.0;
}

/// Differences of a neuron's effective weights from the trained ones, an input each.
std::vector<double> differences(const ChipLayer& layer, std::span<const double> trained,
                                std::span<const double> measured, const Permutation& source) {
    std::vector<double> result(static_cast<size_t>(layer.inputs), 0.0);
    for (int slot = 0; slot < layer.lines(); ++slot) {
        const int line = source[slot];
        result[static_cast<size_t>(line % layer.inputs)] +=
            sign_of_line(layer, line) *
            (measured[static_cast<size_t>(slot)] - trained[static_cast<size_t>(line)]);
    }
    return result;
}

/// result = covariance * values.
std::vector<double> product(std::span<const double> covariance, std::span<const double> values) {
    const size_t n = values.size();
    std::vector<double> result(n, 0.0);
    for (size_t k = 0; k < n; ++k) {
        if (values[k] == 0.0) continue;
        const double* row = covariance.data() + k * n;  // symmetric
        for (size_t i = 0; i < n; ++i)
            result[i] += row[i] * values[k];
    }
    return result;
}

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0.0;
    for (size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}

/// The lines of one neuron, changing places.
class Exchange {
  public:
    Exchange(const ChipLayer& layer, std::span<const double> covariance,
             std::span<const double> trained, std::span<const double> measured,
             const Permutation& source)
        : layer_(layer),
          covariance_(covariance),
          slope_(product(covariance, differences(layer, trained, measured, source))),
          source_(source.values().begin(), source.values().end()),
          value_(source_.size()) {
        for (size_t slot = 0; slot < source_.size(); ++slot)
            value_[static_cast<size_t>(source_[slot])] = measured[slot];
        slot_of_.resize(source_.size());
        for (size_t slot = 0; slot < source_.size(); ++slot)
            slot_of_[static_cast<size_t>(source_[slot])] = static_cast<int32_t>(slot);
    }

    /// Gives every line its best partner once; whether any moved.
    bool pass() {
        bool moved = false;
        for (int32_t line = 0; line < static_cast<int32_t>(value_.size()); ++line)
            moved |= move(line);
        return moved;
    }
    Permutation result() const { return Permutation(source_); }

  private:
    double covariance(size_t i, size_t k) const { return covariance_[i * slope_.size() + k]; }

    /// Changes places with the line that lowers the error most.
    bool move(int32_t line) {
        const auto a = static_cast<size_t>(line % layer_.inputs);
        const double sign_a = sign_of_line(layer_, line);
        const double value_a = value_[static_cast<size_t>(line)];
        const double* row = covariance_.data() + a * slope_.size();
        double best = -1e-9 * (1.0 + std::abs(slope_[a]));
        int32_t partner = -1;
        for (int32_t other = 0; other < static_cast<int32_t>(value_.size()); ++other) {
            const auto b = static_cast<size_t>(other % layer_.inputs);
            const double step = value_[static_cast<size_t>(other)] - value_a;
            const double to_a = sign_a * step, to_b = -sign_of_line(layer_, other) * step;
            const double change = 2.0 * (to_a * slope_[a] + to_b * slope_[b]) +
                                  to_a * to_a * row[a] + to_b * to_b * covariance(b, b) +
                                  2.0 * to_a * to_b * row[b];
            if (change < best) {
                best = change;
                partner = other;
            }
        }
        if (partner < 0) return false;
        const auto b = static_cast<size_t>(partner % layer_.inputs);
        const double step = value_[static_cast<size_t>(partner)] - value_a;
        const double to_a = sign_a * step, to_b = -sign_of_line(layer_, partner) * step;
        for (size_t i = 0; i < slope_.size(); ++i)
            slope_[i] += to_a * row[i] + to_b * covariance(b, i);
        std::swap(value_[static_cast<size_t>(line)], value_[static_cast<size_t>(partner)]);
        std::swap(slot_of_[static_cast<size_t>(line)], slot_of_[static_cast<size_t>(partner)]);
        source_[static_cast<size_t>(slot_of_[static_cast<size_t>(line)])] = line;
        source_[static_cast<size_t>(slot_of_[static_cast<size_t>(partner)])] = partner;
        return true;
    }

    const ChipLayer& layer_;
    std::span<const double> covariance_;
    std::vector<double> slope_;  ///< covariance * differences
    std::vector<int32_t> source_, slot_of_;
    std::vector<double> value_;  ///< of the device at each line
};

}  // namespace

std::vector<double> trained_weights(const LayerState& state, const ChipLayer& layer) {
    const auto lines = static_cast<size_t>(layer.lines());
    const bool shared = state.profile.size() == lines;
    std::vector<double> weights(static_cast<size_t>(layer.outputs) * lines);
    for (size_t j = 0; j < static_cast<size_t>(layer.outputs); ++j)
        for (size_t rank = 0; rank < lines; ++rank)
            weights[j * lines + static_cast<size_t>(state.source[j * lines + rank])] =
                static_cast<double>(state.profile[(shared ? 0 : j * lines) + rank]) / state.scale;
    return weights;
}

Sources refine(const Checkpoint& checkpoint, const Chip& chip, const DeviceInstance& instance,
               const Sources& sources, const std::vector<InputMoments>& moments, ThreadPool& pool,
               const RefineOptions& options) {
    PERMLOOM_ASSERT(moments.size() == chip.layers.size());
    Sources result = sources;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const auto lines = static_cast<size_t>(layer.lines());
        PERMLOOM_ASSERT(moments[l].inputs() == layer.inputs);
        const std::vector<double> covariance = moments[l].covariances();
        const std::vector<double> trained = trained_weights(checkpoint.layers[l], layer);
        pool.for_each(layer.outputs, [&](int j) {
            const auto row = static_cast<size_t>(j);
            const std::vector<double> measured = measured_bank(layer, instance.layers[l], j);
            Exchange exchange(layer, covariance, std::span(trained).subspan(row * lines, lines),
                              measured, sources[l][row]);
            for (int pass = 0; pass < options.passes && exchange.pass(); ++pass) {
            }
            result[l][row] = exchange.result();
        });
    }
    return result;
}

std::vector<double> relative_error(const Checkpoint& checkpoint, const Chip& chip,
                                   const DeviceInstance& instance, const Sources& sources, size_t l,
                                   const InputMoments& moments) {
    const ChipLayer& layer = chip.layers[l];
    const auto lines = static_cast<size_t>(layer.lines());
    const std::vector<double> covariance = moments.covariances();
    const std::vector<double> trained = trained_weights(checkpoint.layers[l], layer);
    const std::vector<double> nothing(lines, 0.0);
    std::vector<double> result;
    for (size_t j = 0; j < static_cast<size_t>(layer.outputs); ++j) {
        const auto weights = std::span(trained).subspan(j * lines, lines);
        const std::vector<double> measured =
            measured_bank(layer, instance.layers[l], static_cast<int>(j));
        const std::vector<double> error = differences(layer, weights, measured, sources[l][j]);
        const std::vector<double> signal = differences(layer, weights, nothing, sources[l][j]);
        const double power = dot(signal, product(covariance, signal));
        result.push_back(power > 0.0 ? dot(error, product(covariance, error)) / power : 0.0);
    }
    return result;
}

}  // namespace permloom
