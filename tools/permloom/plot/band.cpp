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

}  // namespace

std::vector<Series> series_over_epochs(const std::vector<PlottedRun>& runs,
                                       const std::function<bool(const MetricsLine&)>& has,
                                       const std::function<double(const MetricsLine&)>& value) {
    std::vector<std::string> labels;
    std::map<std::string, std::map<int, std::vector<double>>> by_label;
    for (const PlottedRun& run : runs) {
        if (by_label.count(run.label) == 0) labels.push_back(run.label);
        auto& epochs = by_label[run.label];
        for (const MetricsLine& line : run.metrics.epoch_ends())
            if (has(line)) epochs[line.epoch].push_back(value(line));
    }
    const auto counts = runs_by_label(runs);
    std::vector<Series> all;
    for (const std::string& label : labels) {
        Series series;
        series.label = label;
        for (const auto& [epoch, values] : by_label[label]) {
            double sum = 0.0;
            for (const double one : values)
                sum += one;
            series.x.push_back(epoch);
            series.y.push_back(sum / static_cast<double>(values.size()));
            if (counts.at(label) == 1) continue;
            series.low.push_back(*std::min_element(values.begin(), values.end()));
            series.high.push_back(*std::max_element(values.begin(), values.end()));
        }
        all.push_back(std::move(series));
    }
    return all;
}

std::string band_note(const std::vector<PlottedRun>& runs) {
    for (const auto& [label, count] : runs_by_label(runs))
        if (count > 1) return "lines: mean over seeds; bands: least to most";
    return {};
}

}  // namespace permloom::cli
