#include "compiler/spec/experiment.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/spec/library.h"
#include "compiler/spec/yaml_reader.h"

namespace permloom {
namespace {

/// Adds a setting of a variant or the grid to a run.
void assign(ExperimentPoint& point, const std::string& key, const std::string& value) {
    if (key == "network")
        point.network = value;
    else if (key == "data")
        point.data = value;
    else
        point.settings.push_back({key, value});
}

/// What follows the last dot, unless another axis ends in the same word.
std::string short_name(const std::string& axis, const std::vector<std::string>& axes) {
    const auto last = [](const std::string& key) { return key.substr(key.rfind('.') + 1); };
    const auto same = std::count_if(axes.begin(), axes.end(), [&](const std::string& other) {
        return last(other) == last(axis);
    });
    return same > 1 ? axis : last(axis);
}

std::string point_name(const ExperimentPoint& point, const std::vector<std::string>& axes) {
    std::string name;
    for (const auto& [axis, value] : point.values) {
        if (value.empty()) continue;
        if (!name.empty()) name += '-';
        if (axis != "variant" && axis != "network" && axis != "data")
            name += short_name(axis, axes) + '=';
        name += value;
    }
    if (name.empty()) name = point.network;
    for (char& c : name)
        if (c == '/' || c == ' ' || c == '*') c = '_';
    return name;
}

/// The combinations of one variant with the grid, seeds aside.
std::vector<ExperimentPoint> combinations(const ExperimentScale& scale,
                                          const ExperimentVariant* variant) {
    ExperimentPoint start;
    start.network = scale.network;
    start.data = scale.data;
    start.settings = scale.settings;
    start.settings.push_back({"training.epochs", std::to_string(scale.epochs)});
    if (variant) {
        start.evaluate_every = variant->evaluate_every;
        start.values.emplace_back("variant", variant->name);
        for (const auto& [key, value] : variant->settings)
            if (value) assign(start, key, *value);
    }
    std::vector<ExperimentPoint> points = {start};
    for (const ExperimentAxis& axis : scale.grid) {
        const auto* own = variant ? variant->own(axis.key) : nullptr;
        std::vector<ExperimentPoint> longer;
        for (const ExperimentPoint& point : points) {
            if (own) {
                longer.push_back(point);
                longer.back().values.emplace_back(axis.key, own->value_or(""));
                continue;
            }
            for (const std::string& value : axis.values) {
                longer.push_back(point);
                assign(longer.back(), axis.key, value);
                longer.back().values.emplace_back(axis.key, value);
            }
        }
        points = std::move(longer);
    }
    return points;
}

/// Whether a run of another variant has the seed and the grid's values of `point`; an axis that
/// does not apply to it is no obstacle.
bool is_counterpart(const ExperimentPoint& other, const ExperimentPoint& point) {
    return other.seed == point.seed &&
           std::all_of(other.values.begin(), other.values.end(), [&](const auto& axis) {
               return axis.first == "variant" || axis.second.empty() ||
                      axis.second == point.value(axis.first);
           });
}

void link_starts(const ExperimentScale& scale, std::vector<ExperimentPoint>& points) {
    for (const ExperimentVariant& variant : scale.variants) {
        if (variant.shuffled.empty()) continue;
        for (ExperimentPoint& point : points) {
            if (point.value("variant") != variant.name) continue;
            const auto found =
                std::find_if(points.begin(), points.end(), [&](const ExperimentPoint& other) {
                    return other.value("variant") == variant.shuffled &&
                           is_counterpart(other, point);
                });
            PERMLOOM_ASSERT(found != points.end());
            point.shuffled = static_cast<size_t>(found - points.begin());
        }
    }
}

}  // namespace

const std::optional<std::string>* ExperimentVariant::own(const std::string& key) const {
    for (const auto& [own_key, value] : settings)
        if (own_key == key) return &value;
    return nullptr;
}

std::string ExperimentPoint::value(const std::string& axis) const {
    for (const auto& [key, text] : values)
        if (key == axis) return text;
    return {};
}

bool ExperimentPoint::matches(const Selection& selection) const {
    return std::all_of(selection.begin(), selection.end(),
                       [&](const Override& wanted) { return value(wanted.key) == wanted.value; });
}

std::vector<std::string> axes_of(const ExperimentScale& scale) {
    std::vector<std::string> axes;
    if (!scale.variants.empty()) axes.push_back("variant");
    for (const ExperimentAxis& axis : scale.grid)
        axes.push_back(axis.key);
    return axes;
}

std::vector<ExperimentPoint> points_of(const ExperimentScale& scale) {
    std::vector<const ExperimentVariant*> variants;
    for (const ExperimentVariant& variant : scale.variants)
        variants.push_back(&variant);
    if (variants.empty()) variants.push_back(nullptr);
    const std::vector<std::string> axes = axes_of(scale);
    std::vector<ExperimentPoint> points;
    for (const ExperimentVariant* variant : variants)
        for (ExperimentPoint& point : combinations(scale, variant)) {
            point.name = point_name(point, axes);
            for (int seed = 1; seed <= scale.seeds; ++seed) {
                point.seed = static_cast<uint64_t>(seed);
                points.push_back(point);
            }
        }
    link_starts(scale, points);
    return points;
}

NetworkSpec network_of(const ExperimentPoint& point) {
    try {
        return load_network(point.network, point.settings);
    } catch (const Error& error) {
        throw Error("run " + point.name, error.where() + ": " + error.problem(), error.hint());
    }
}

std::optional<double> axis_number(const std::string& value) {
    try {
        return read_real(YAML::Node(value), {}, ANY_REAL);
    } catch (const Error&) {
        return {};
    }
}

std::string_view to_string(Measure measure) {
    switch (measure) {
        case Measure::final:
            return "final";
        case Measure::best:
            return "best";
        case Measure::loss:
            return "loss";
        case Measure::ranking_distance:
            return "ranking_distance";
        case Measure::ranking_roughness:
            return "ranking_roughness";
    }
    return {};
}

std::string_view to_string(OverSeeds over_seeds) {
    switch (over_seeds) {
        case OverSeeds::mean:
            return "mean";
        case OverSeeds::max:
            return "max";
        case OverSeeds::min:
            return "min";
    }
    return {};
}

}  // namespace permloom
