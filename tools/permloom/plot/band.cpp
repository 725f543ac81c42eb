#include "tools/permloom/plot/band.h"

#include <algorithm>
#include <map>

namespace permloom::cli {
namespace {

std::map<std::string, int> runs_by_label(const std::vector<PlottedRun>& runs) {
    std::map<std::string, int> counts;
    for (const PlottedRun& run : runs)
        ++counts[run.label];
    return counts;
}

/// A point of a run's curve.
struct Sample {
    double epoch = 0.0, value = 0.0;
    bool hollow = false;
};

/// One series for each label, of the points that `samples` finds in a run.
template <class Samples>
std::vector<Series> series_by_label(const std::vector<PlottedRun>& runs, const Samples& samples) {
    struct Point {
        std::vector<double> values;
        bool hollow = false;
    };
    std::vector<std::string> labels;
    std::map<std::string, std::map<double, Point>> by_label;
    for (const PlottedRun& run : runs) {
        if (by_label.count(run.label) == 0) labels.push_back(run.label);
        auto& points = by_label[run.label];
        for (const Sample& sample : samples(run)) {
            points[sample.epoch].values.push_back(sample.value);
            points[sample.epoch].hollow |= sample.hollow;
        }
    }
    const auto counts = runs_by_label(runs);
    std::vector<Series> all;
    for (const std::string& label : labels) {
        Series series;
        series.label = label;
        bool any_hollow = false;
        for (const auto& [epoch, point] : by_label[label]) {
            double sum = 0.0;
            for (const double one : point.values)
                sum += one;
            series.x.push_back(epoch);
            series.y.push_back(sum / static_cast<double>(point.values.size()));
            series.hollow.push_back(point.hollow);
            any_hollow |= point.hollow;
            if (counts.at(label) == 1) continue;
            series.low.push_back(*std::ranges::min_element(point.values));
            series.high.push_back(*std::ranges::max_element(point.values));
        }
        if (!any_hollow) series.hollow.clear();
        all.push_back(std::move(series));
    }
    return all;
}

bool evaluated_between_syncs(const PlottedRun& run) {
    return std::ranges::any_of(run.metrics.lines, &MetricsLine::between_syncs);
}

}  // namespace

std::vector<Series> series_over_epochs(const std::vector<PlottedRun>& runs,
                                       const std::function<bool(const MetricsLine&)>& has,
                                       const std::function<double(const MetricsLine&)>& value) {
    return series_by_label(runs, [&](const PlottedRun& run) {
        std::vector<Sample> samples;
        for (const MetricsLine& line : run.metrics.epoch_ends())
            if (has(line)) samples.push_back({static_cast<double>(line.epoch), value(line)});
        return samples;
    });
}

std::vector<Series> series_of_evaluations(const std::vector<PlottedRun>& runs,
                                          const std::function<double(const MetricsLine&)>& value) {
    return series_by_label(runs, [&](const PlottedRun& run) {
        const MetricsFile& metrics = run.metrics;
        const bool all = evaluated_between_syncs(run);
        std::vector<Sample> samples;
        for (const MetricsLine& line : all ? metrics.lines : metrics.epoch_ends())
            if (!line.split.empty())
                samples.push_back({all ? metrics.time(line) : static_cast<double>(line.epoch),
                                   value(line), line.between_syncs()});
        return samples;
    });
}

std::string note_on(const std::vector<PlottedRun>& runs) {
    std::string note;
    if (std::ranges::any_of(runs_by_label(runs), [](const auto& one) { return one.second > 1; }))
        note = "lines: mean over seeds; bands: least to most";
    if (std::ranges::any_of(runs, evaluated_between_syncs))
        note +=
            std::string(note.empty() ? "" : "; ") + "hollow: weights as they are between two syncs";
    return note;
}

}  // namespace permloom::cli
