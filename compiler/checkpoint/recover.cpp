#include "compiler/checkpoint/recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "compiler/base/error.h"
#include "compiler/spec/device_rule.h"

namespace permloom {
namespace {

/// Share of a level that the rounding of a file may take away.
constexpr double LEVEL_TOLERANCE = 1e-5;
/// Relative difference of one shared value in two files.
constexpr double VALUE_TOLERANCE = 1e-6;

size_t size(int n) {
    return static_cast<size_t>(n);
}

class Recovery {
  public:
    Recovery(LayerState& state, const LayerSpec& spec, const LayerPlace& place,
             std::vector<float> weights)
        : state_(state),
          spec_(spec),
          place_(place),
          lines_(size(spec.lines())),
          weights_(std::move(weights)) {
        PERMLOOM_ASSERT(weights_.size() == lines_ * size(spec.outputs));
    }

    void run(const std::vector<int32_t>& devices) {
        if (!devices.empty())
            take_multiples(devices);
        else if (spec_.devices.shared())
            take_shared_value();
        else if (spec_.devices.largest_level() > 0)
            take_levels();
        rank();
        if (!devices.empty()) compare_banks(devices);
        if (spec_.devices.shared_profile) join_banks();
        state_.latent = std::move(weights_);
    }

  private:
    Error fault(const std::string& problem, const std::string& hint = {}) const {
        return {place_.file, place_.title + ": " + problem, hint};
    }
    /// "layers.3.devices.bits=0"
    std::string setting(const std::string& key, const std::string& value) const {
        return fmt::format("--set layers.{}.devices.{}={}", place_.index, key, value);
    }
    std::string place_of(size_t weight) const {
        return fmt::format("weight {} of neuron {}", weight % lines_, weight / lines_);
    }

    double largest() const {
        double result = 0.0;
        for (const float weight : weights_)
            result = std::max(result, std::abs(static_cast<double>(weight)));
        return result;
    }

    /// The weights as multiples of `scale`; the index of the first that is none in -top..top, or
    /// their number.
    size_t take_integers(double scale, int32_t top) {
        state_.scale = scale;
        integers_.resize(weights_.size());
        for (size_t i = 0; i < weights_.size(); ++i) {
            const double level = weights_[i] / scale, nearest = std::nearbyint(level);
            if (std::abs(level - nearest) > LEVEL_TOLERANCE * std::max(1.0, std::abs(nearest)) ||
                std::abs(nearest) > top)
                return i;
            integers_[i] = static_cast<int32_t>(nearest);
            weights_[i] = static_cast<float>(integers_[i] * scale);
        }
        return weights_.size();
    }

    void take_levels() {
        const int top = spec_.devices.largest_level();
        const double scale = device_limit(spec_) / top;
        const size_t wrong = take_integers(scale, top);
        if (wrong == weights_.size()) return;
        throw fault(
            fmt::format("{} is {}, no level of its devices ({} bits: multiples of {:.6g} up "
                        "to {:.6g})",
                        place_of(wrong), weights_[wrong], spec_.devices.bits, scale, scale * top),
            setting("bits", "0") + " takes real values");
    }

    void take_shared_value() {
        const double value = spec_.devices.value;
        const bool has_sign = spec_.devices.values == DeviceValues::signed_shared;
        const auto stray = std::ranges::find_if(weights_, [&](float weight) {
            const double magnitude = has_sign ? std::abs(weight) : weight;
            return weight != 0.0F && !(std::abs(magnitude - value) <= VALUE_TOLERANCE * value);
        });
        if (stray == weights_.end()) {
            const size_t wrong = take_integers(value, 1);
            PERMLOOM_ASSERT(wrong == weights_.size());  // the tolerance of levels is the wider one
            return;
        }
        // The same devices with another value, or something else altogether.
        const bool other_value = std::ranges::all_of(weights_, [&](float weight) {
            return weight == 0.0F || weight == *stray || (has_sign && weight == -*stray);
        });
        throw fault(
            fmt::format("{} is {}, its devices are 0 and {}{}",
                        place_of(static_cast<size_t>(stray - weights_.begin())), *stray,
                        has_sign ? "+-" : "", value),
            other_value && (has_sign || *stray > 0.0F)
                ? setting("value", fmt::format("{}", std::abs(*stray)))
                : fmt::format("--set 'layers.{}.devices={{values: he_uniform, bits: 0, profile: "
                              "neuron, keep: 1, pruning: exact}}' takes real values",
                              place_.index));
    }

    void take_multiples(const std::vector<int32_t>& devices) {
        int32_t top = 0;
        for (const int32_t device : devices)
            top = std::max(top, std::abs(device));
        const double reach = largest();
        if (top == 0 || reach == 0.0)
            throw fault(top == 0 ? "every device of the chip is zero" : "every weight is zero");
        const size_t wrong = take_integers(reach / top, top);
        if (wrong != weights_.size())
            throw fault(fmt::format("{} is {}, no multiple of {:.6g}: the largest weight, {:.6g}, "
                                    "over the chip's largest device, {}",
                                    place_of(wrong), weights_[wrong], reach / top, reach, top),
                        "the weights were not trained on this chip's devices");
    }

    void rank() {
        state_.source.resize(weights_.size());
        state_.profile.resize(weights_.size());
        state_.profile_q.resize(integers_.size());
        for (size_t at = 0; at < weights_.size(); at += lines_) {
            const auto source = std::span(state_.source).subspan(at, lines_);
            std::iota(source.begin(), source.end(), 0);
            std::ranges::stable_sort(source, {}, [&](int32_t i) { return weights_[at + size(i)]; });
            for (size_t r = 0; r < lines_; ++r) {
                state_.profile[at + r] = weights_[at + size(source[r])];
                if (!integers_.empty()) state_.profile_q[at + r] = integers_[at + size(source[r])];
            }
        }
    }

    void compare_banks(const std::vector<int32_t>& devices) const {
        const bool one_bank = devices.size() == lines_;
        for (size_t at = 0; at < weights_.size(); at += lines_) {
            const auto have = std::span(state_.profile_q).subspan(at, lines_);
            const auto want = std::span(devices).subspan(one_bank ? 0 : at, lines_);
            const auto [a, b] = std::ranges::mismatch(have, want);
            if (a == have.end()) continue;
            const int32_t value = std::min(*a, *b);
            throw fault(fmt::format("neuron {}: {} weights are {}, {} devices of the chip",
                                    at / lines_, std::ranges::count(have, value), value,
                                    std::ranges::count(want, value)),
                        "the weights were not trained on this chip's devices");
        }
    }

    void join_banks() {
        for (size_t at = lines_; at < weights_.size(); at += lines_)
            for (size_t r = 0; r < lines_; ++r)
                if (state_.profile[at + r] != state_.profile[r])
                    throw fault(
                        fmt::format("has one profile in the network, and neuron {} has other "
                                    "weights than neuron 0: of rank {} it has {}, not {}",
                                    at / lines_, r, state_.profile[at + r], state_.profile[r]),
                        "--shared-profile projects all neurons on a common profile, " +
                            setting("profile", "neuron") + " keeps their own");
        state_.profile.resize(lines_);
        if (!state_.profile_q.empty()) state_.profile_q.resize(lines_);
    }

    LayerState& state_;
    const LayerSpec& spec_;
    const LayerPlace& place_;
    size_t lines_;
    std::vector<float> weights_;
    std::vector<int32_t> integers_;  ///< as weights_; empty: real values
};

}  // namespace

void recover_devices(LayerState& state, const LayerSpec& spec, const LayerPlace& place,
                     std::vector<float> weights, const std::vector<int32_t>& devices) {
    Recovery(state, spec, place, std::move(weights)).run(devices);
}

}  // namespace permloom
