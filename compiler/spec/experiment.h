/// Experiments, models/experiments/*.yaml: many training runs that answer one question, with the
/// answer claimed beforehand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/spec/network.h"

namespace permloom {

/// One key and the values that it takes: a dotted key of a network description, `network` or
/// `data`. `layers.*.` stands for every layer, `layers.2+.` for every layer from the third on.
struct ExperimentAxis {
    std::string key;
    std::vector<std::string> values;
};

/// Settings under a name. A key without a value takes no part: the grid's axis of that name does
/// not apply to the variant.
struct ExperimentVariant {
    std::string name;
    std::vector<std::pair<std::string, std::optional<std::string>>> settings;
    /// Another variant: each run starts from the weights of that one's run with the same seed and
    /// values of the grid, shuffled inside every weight vector. Empty: from devices of its own.
    std::string shuffled;
    int evaluate_every = 0;  ///< steps between evaluations of the weights as they are; 0: none

    /// What it says itself of a key; null where it leaves the key to the grid.
    const std::optional<std::string>* own(const std::string& key) const;
};

/// The runs of an experiment: every variant x every combination of the grid x every seed.
struct ExperimentScale {
    std::string about;  ///< what was reduced, and why; of `paper` what the paper leaves open
    std::string network, data;
    std::string protocol;  ///< "final", "held-out" or "paper"
    int epochs = 1;
    int seeds = 1;  ///< 1, 2, ..., seeds
    std::vector<Override> settings;
    std::vector<ExperimentAxis> grid;
    std::vector<ExperimentVariant> variants;
};

/// Which runs: those whose axes have these values. Axes that are not named are averaged over.
using Selection = std::vector<Override>;

/// What of a run a claim is about. Accuracies are compared in points of a percent.
enum class Measure {
    final,              ///< test accuracy after the last epoch
    best,               ///< accuracy of the checkpoint that the protocol selected
    loss,               ///< test loss, after the last epoch
    ranking_distance,   ///< mean over the epochs, of the first layer, divided by its inputs
    ranking_roughness,  ///< mean bend of that distance over the epochs, on a logarithmic scale
};
enum class OverSeeds { mean, max, min };

/// A prediction that numbers can contradict. Of a comparison: left > right + margin. Of a monotone
/// one: along `over`, no step goes the other way by more than the margin, and the ends differ in
/// the claimed direction.
struct ExperimentClaim {
    enum class Kind { greater, rising, falling };

    std::string text;
    Kind kind = Kind::greater;
    Measure measure = Measure::final;
    OverSeeds over_seeds = OverSeeds::mean;
    double margin = 0.0;
    double at = 1.0;  ///< fraction of the epochs after which the accuracy is taken
    Selection left;   ///< of a comparison; of a monotone claim the runs that it is about
    Selection right;
    std::optional<double> number;  ///< in place of `right`
    std::string over;              ///< axis of a monotone claim
    double from = 0.0, to = 0.0;   ///< its part that the claim is about, both included
};

struct ExperimentSpec {
    std::string name, figure, about;
    ExperimentScale paper, reduced;
    std::vector<ExperimentClaim> claims;
};

/// One run.
struct ExperimentPoint {
    std::string name;  ///< of its values, the same for all seeds; fit for a file name
    std::string network, data;
    uint64_t seed = 1;
    /// Axis and value, in the order of `axes_of`; empty where the axis does not apply.
    std::vector<std::pair<std::string, std::string>> values;
    std::vector<Override> settings;
    std::optional<size_t> shuffled;  ///< place in `points_of` of the run that it starts from
    int evaluate_every = 0;          ///< as of its variant

    std::string value(const std::string& axis) const;
    bool matches(const Selection& selection) const;
};

/// Reads a description. Throws Error as parse_network does; also where a claim is about runs that
/// a scale does not have, or needs a measure that its protocol does not take.
ExperimentSpec parse_experiment(std::string_view yaml, const std::string& origin);

/// What tells the runs of a scale apart, seeds aside: `variant`, then the keys of the grid.
std::vector<std::string> axes_of(const ExperimentScale& scale);

/// The runs in their order, the seeds of a combination side by side.
std::vector<ExperimentPoint> points_of(const ExperimentScale& scale);

/// The network of a run with all its settings. Throws Error naming the run.
NetworkSpec network_of(const ExperimentPoint& point);

/// The number that the value of an axis stands for, fractions included; none where it is a word.
std::optional<double> axis_number(const std::string& value);

std::string_view to_string(Measure measure);
std::string_view to_string(OverSeeds over_seeds);

}  // namespace permloom
