#include "compiler/train/rule_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <span>

#include "compiler/base/error.h"
#include "compiler/spec/device_rule.h"

namespace permloom {
namespace {

/// Of a limit or a level: what single precision may take away.
constexpr double ROUNDING = 1e-5;
/// Tests by chance in a layer: pruned devices, their signs, the distribution.
constexpr int CHANCE_TESTS = 3;

/// Probability of a count as far from its mean as this one, or further, on the same side; doubled.
double binomial_chance(int64_t count, int64_t trials, double p) {
    const double n = static_cast<double>(trials);
    auto k = static_cast<double>(count);
    if (p <= 0.0 || p >= 1.0) return k == n * p ? 1.0 : 0.0;
    // The upper tail is the lower one of the misses.
    if (k > n * p) k = n - k, p = 1.0 - p;
    double term = std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                           k * std::log(p) + (n - k) * std::log1p(-p));
    double tail = 0.0;
    for (; k >= 0.0 && term > 1e-17 * tail; k -= 1.0) {
        tail += term;
        term *= k / (n - k + 1) * (1.0 - p) / p;
    }
    return std::min(1.0, 2.0 * tail);
}

/// At most this is the probability of a distance between the distribution function of a rule and
/// that of n draws.
double distance_chance(double distance, size_t n) {
    return std::min(1.0, 2.0 * std::exp(-2.0 * static_cast<double>(n) * distance * distance));
}

std::string chance_text(double chance) {
    return chance < 1e-12 ? "chance below 1e-12" : fmt::format("chance {:.1e}", chance);
}

class LayerTest {
  public:
    LayerTest(const LayerSpec& layer, int index, const LayerState& state, double significance)
        : devices_(layer.devices),
          lines_(static_cast<size_t>(layer.lines())),
          top_(devices_.largest_level()),
          limit_(device_limit(layer)),
          unit_(top_ > 0 ? limit_ / top_ : 0.0),
          keep_(kept_fraction(layer, index)),
          significance_(significance / CHANCE_TESTS) {
        PERMLOOM_ASSERT(layer.rail == Rail::single);
        PERMLOOM_ASSERT(devices_.values != DeviceValues::dissimilar);
        bool all_equal = true;
        for (size_t at = 0; at < state.profile.size(); at += lines_) {
            banks_.push_back(std::span(state.profile).subspan(at, lines_));
            all_equal = all_equal && std::ranges::equal(banks_.front(), banks_.back());
        }
        if (all_equal) banks_.resize(1);
    }

    RuleVerdict run() const {
        for (const auto& test : {&LayerTest::support, &LayerTest::level_set, &LayerTest::zeros,
                                 &LayerTest::signs, &LayerTest::distribution})
            if (const std::optional<std::string> objection = (this->*test)()) return {*objection};
        return {};
    }

  private:
    using Objection = std::optional<std::string>;

    bool two_signs() const { return devices_.values == DeviceValues::signed_shared; }
    int64_t weights() const { return static_cast<int64_t>(banks_.size() * lines_); }

    template <class Condition>
    static int64_t count(std::span<const float> bank, const Condition& condition) {
        return std::ranges::count_if(bank, condition);
    }
    static bool is_zero(float weight) { return weight == 0.0F; }
    static bool is_positive(float weight) { return weight > 0.0F; }
    static bool is_negative(float weight) { return weight < 0.0F; }
    template <class Condition>
    int64_t count_all(const Condition& condition) const {
        int64_t sum = 0;
        for (const auto bank : banks_)
            sum += count(bank, condition);
        return sum;
    }

    /// Of a drawn value before it becomes a level.
    double cumulative(double value) const {
        if (!is_normal(devices_.values)) return std::clamp(0.5 + 0.5 * value / limit_, 0.0, 1.0);
        const auto gauss = [](double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); };
        const double deviations =
            std::clamp(value * 2.0 * CUT_NORMAL_DEVIATION / limit_, -2.0, 2.0);
        return (gauss(deviations) - gauss(-2.0)) / (gauss(2.0) - gauss(-2.0));
    }
    /// That a drawn value becomes this level or a lower one.
    double cumulative_level(int level) const {
        return level >= top_ ? 1.0 : level < -top_ ? 0.0 : cumulative((level + 0.5) * unit_);
    }
    /// That a drawn value becomes the level 0.
    double zero_level() const {
        if (devices_.shared() || top_ == 0) return 0.0;
        return cumulative_level(0) - cumulative_level(-1);
    }
    int level_of(float weight) const { return static_cast<int>(std::lround(weight / unit_)); }

    Objection support() const {
        const double limit =
            top_ == 0 && is_normal(devices_.values) ? limit_ / CUT_NORMAL_DEVIATION : limit_;
        double largest = 0.0;
        for (const auto bank : banks_)
            largest = std::max({largest, std::abs(static_cast<double>(bank.front())),
                                std::abs(static_cast<double>(bank.back()))});
        if (largest <= limit * (1.0 + ROUNDING)) return {};
        return fmt::format("largest magnitude {:.4g}, limit {:.4g}", largest, limit);
    }

    Objection level_set() const {
        if (top_ == 0) return {};
        for (const auto bank : banks_)
            for (const float weight : bank) {
                const double level = weight / unit_;
                if (std::abs(level - std::nearbyint(level)) > ROUNDING * top_ ||
                    (devices_.values == DeviceValues::shared && weight < 0.0F))
                    return fmt::format("a weight is {:.4g}, no level of its devices, {}{:.4g}",
                                       weight,
                                       devices_.values == DeviceValues::shared ? "0 and "
                                       : top_ == 1                             ? "0 and +-"
                                                                               : "multiples of ",
                                       unit_);
            }
        return {};
    }

    Objection zeros() const {
        if (devices_.pruning == Pruning::bernoulli)
            return judge_zeros(weights() - count_all(is_zero), weights(),
                               keep_ * (1.0 - zero_level()));
        const int lines = static_cast<int>(lines_);
        const int64_t kept =
            two_signs() ? 2 * exactly_kept_of_each_sign(keep_, lines) : exactly_kept(keep_, lines);
        for (size_t j = 0; j < banks_.size(); ++j) {
            const int64_t have = static_cast<int64_t>(lines_) - count(banks_[j], is_zero);
            if (zero_level() == 0.0 ? have != kept : have > kept)
                return fmt::format("{} weights of neuron {} are not zero, exact pruning keeps {}",
                                   have, j, kept);
        }
        if (zero_level() == 0.0) return {};
        return judge_zeros(weights() - count_all(is_zero),
                           kept * static_cast<int64_t>(banks_.size()), 1.0 - zero_level());
    }

    Objection judge_zeros(int64_t have, int64_t trials, double p) const {
        const double chance = binomial_chance(have, trials, p);
        if (chance >= significance_) return {};
        return fmt::format("{} of {} weights are not zero, {:.1f} expected ({})", have, weights(),
                           p * static_cast<double>(trials), chance_text(chance));
    }

    Objection signs() const {
        if (!two_signs()) return {};
        if (devices_.pruning == Pruning::bernoulli) {
            const int64_t positive = count_all(is_positive), negative = count_all(is_negative);
            const double chance = binomial_chance(positive, positive + negative, 0.5);
            if (chance >= significance_) return {};
            return fmt::format("{} weights are positive, {} negative ({})", positive, negative,
                               chance_text(chance));
        }
        for (size_t j = 0; j < banks_.size(); ++j) {
            const int64_t positive = count(banks_[j], is_positive);
            const int64_t negative = count(banks_[j], is_negative);
            if (positive != negative)
                return fmt::format(
                    "neuron {} has {} positive and {} negative weights, exact pruning "
                    "keeps as many of each",
                    j, positive, negative);
        }
        return {};
    }

    Objection distribution() const {
        if (devices_.shared()) return {};
        std::vector<float> values;
        for (const auto bank : banks_)
            std::ranges::copy_if(bank, std::back_inserter(values),
                                 [](float weight) { return weight != 0.0F; });
        if (values.empty()) return {};
        std::ranges::sort(values);
        const double distance = top_ > 0 ? level_distance(values) : value_distance(values);
        const double chance = distance_chance(distance, values.size());
        if (chance >= significance_) return {};
        return fmt::format(
            "its {} weights that are not zero are distributed otherwise: the "
            "distribution functions are {:.3f} apart ({})",
            values.size(), distance, chance_text(chance));
    }

    double value_distance(const std::vector<float>& values) const {
        const auto n = static_cast<double>(values.size());
        double distance = 0.0;
        for (size_t i = 0; i < values.size(); ++i) {
            const double expected = cumulative(values[i]), below = static_cast<double>(i) / n;
            distance = std::max({distance, expected - below, below + 1.0 / n - expected});
        }
        return distance;
    }

    double level_distance(const std::vector<float>& values) const {
        const auto n = static_cast<double>(values.size());
        double distance = 0.0;
        auto end = values.begin();
        for (int level = -top_; level <= top_; ++level) {
            end = std::find_if(end, values.end(),
                               [&](float weight) { return level_of(weight) > level; });
            // Among the draws that do not become 0.
            const double passed = cumulative_level(level) - (level >= 0 ? zero_level() : 0.0);
            const double have = static_cast<double>(end - values.begin()) / n;
            distance = std::max(distance, std::abs(passed / (1.0 - zero_level()) - have));
        }
        return distance;
    }

    const DeviceSpec& devices_;
    size_t lines_;
    int top_;       ///< largest level; 0: real values
    double limit_;  ///< of a drawn value, normals before Keras' division
    double unit_;   ///< of a level
    double keep_;
    double significance_;  ///< of one test by chance
    std::vector<std::span<const float>> banks_;
};

}  // namespace

std::vector<RuleVerdict> check_rule(const NetworkSpec& network,
                                    const std::vector<LayerState>& layers, DeviceValues values) {
    PERMLOOM_ASSERT(layers.size() == network.layers.size());
    const double significance = RULE_SIGNIFICANCE / static_cast<double>(layers.size());
    std::vector<RuleVerdict> verdicts;
    for (size_t l = 0; l < layers.size(); ++l) {
        LayerSpec layer = network.layers[l];
        layer.devices.values = values;
        verdicts.push_back(LayerTest(layer, static_cast<int>(l), layers[l], significance).run());
    }
    return verdicts;
}

}  // namespace permloom
