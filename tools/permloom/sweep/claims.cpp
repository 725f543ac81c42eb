#include "tools/permloom/sweep/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace permloom::cli {
namespace {

bool is_accuracy(Measure measure) {
    return measure == Measure::final || measure == Measure::best;
}

std::string number_text(Measure measure, double value) {
    return is_accuracy(measure) ? fmt::format("{:.2f} %", value) : fmt::format("{:.4g}", value);
}

std::string selection_text(const Selection& selection) {
    std::string text;
    for (const Override& wanted : selection)
        text += (text.empty() ? "" : ", ") +
                (wanted.key == "variant" ? wanted.value : wanted.key + " " + wanted.value);
    return text.empty() ? "all runs" : text;
}

std::optional<double> reduce(OverSeeds over_seeds, const std::vector<double>& values) {
    if (values.empty()) return {};
    if (over_seeds == OverSeeds::max) return *std::max_element(values.begin(), values.end());
    if (over_seeds == OverSeeds::min) return *std::min_element(values.begin(), values.end());
    double sum = 0.0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

/// Judges one claim.
class Judge {
  public:
    Judge(const ExperimentClaim& claim, const std::vector<ExperimentPoint>& points,
          const std::vector<std::optional<PointResult>>& results)
        : claim_(claim), points_(points), results_(results) {}

    Verdict comparison() const;
    Verdict monotone() const;

  private:
    /// The measure of a run, accuracies in percent; none where the run is missing or lacks it.
    std::optional<double> value(size_t point) const {
        if (!results_[point]) return {};
        auto value = results_[point]->value(claim_);
        if (value && is_accuracy(claim_.measure)) *value *= 100.0;
        return value;
    }
    std::optional<double> side(const Selection& selection) const;
    std::string label() const;

    const ExperimentClaim& claim_;
    const std::vector<ExperimentPoint>& points_;
    const std::vector<std::optional<PointResult>>& results_;
};

/// None where any run of the selection has no value: a part of the seeds would be another claim.
std::optional<double> Judge::side(const Selection& selection) const {
    std::vector<double> values;
    for (size_t i = 0; i < points_.size(); ++i) {
        if (!points_[i].matches(selection)) continue;
        const auto one = value(i);
        if (!one) return {};
        values.push_back(*one);
    }
    return reduce(claim_.over_seeds, values);
}

std::string Judge::label() const {
    std::string text(to_string(claim_.measure));
    if (claim_.at < 1.0) text += fmt::format(" after {:.0f} % of the epochs", 100.0 * claim_.at);
    if (claim_.over_seeds != OverSeeds::mean)
        text += fmt::format(", {} over seeds", to_string(claim_.over_seeds));
    return text;
}

Verdict Judge::comparison() const {
    const auto left = side(claim_.left);
    const auto right = claim_.number ? claim_.number : side(claim_.right);
    if (!left || !right)
        return {{},
                "not all runs of " + selection_text(left ? claim_.right : claim_.left) +
                    " have the measure " + std::string(to_string(claim_.measure))};
    std::string numbers = fmt::format("{}: {} {}", label(), selection_text(claim_.left),
                                      number_text(claim_.measure, *left));
    numbers += claim_.number ? " against " : " against " + selection_text(claim_.right) + " ";
    numbers += number_text(claim_.measure, *right);
    if (claim_.margin != 0.0) numbers += fmt::format(", margin {:+g}", claim_.margin);
    return {*left > *right + claim_.margin, numbers};
}

Verdict Judge::monotone() const {
    std::map<double, std::vector<double>> along;
    for (size_t i = 0; i < points_.size(); ++i) {
        const auto x = axis_number(points_[i].value(claim_.over));
        if (!x || *x < claim_.from || *x > claim_.to || !points_[i].matches(claim_.left)) continue;
        const auto one = value(i);
        if (!one)
            return {{},
                    fmt::format("run {} does not have the measure {}", run_name(points_[i]),
                                to_string(claim_.measure))};
        along[*x].push_back(*one);
    }
    const double sign = claim_.kind == ExperimentClaim::Kind::rising ? 1.0 : -1.0;
    std::string numbers = fmt::format("{}, {}:", label(), selection_text(claim_.left));
    std::vector<double> values;
    bool confirmed = true;
    for (const auto& [x, ys] : along) {
        const double y = *reduce(claim_.over_seeds, ys);
        confirmed &= values.empty() || sign * (y - values.back()) >= -claim_.margin;
        values.push_back(y);
        numbers += fmt::format(" {:g}: {}", x, number_text(claim_.measure, y)) +
                   (values.size() < along.size() ? "," : "");
    }
    confirmed &= sign * (values.back() - values.front()) > 0.0;
    if (claim_.margin != 0.0)
        numbers += fmt::format("; a step may go {:g} the other way", claim_.margin);
    return {confirmed, numbers};
}

}  // namespace

std::string Verdict::word() const {
    if (!confirmed) return "undecided";
    return *confirmed ? "confirmed" : "not confirmed";
}

Verdict judge(const ExperimentClaim& claim, const std::vector<ExperimentPoint>& points,
              const std::vector<std::optional<PointResult>>& results) {
    const Judge judge(claim, points, results);
    return claim.kind == ExperimentClaim::Kind::greater ? judge.comparison() : judge.monotone();
}

}  // namespace permloom::cli
