#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "compiler/base/error.h"
#include "compiler/spec/experiment.h"
#include "tools/permloom/csv.h"
#include "tools/permloom/plot/chart.h"
#include "tools/permloom/plot/plot.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

/// From this ratio of the largest to the smallest on, x is drawn by its logarithm.
constexpr double LOG_RATIO = 50.0;

const std::map<std::string, std::string> WORDS = {
    {"training.sync_every", "sync period k in steps"},
    {"layers.1+.devices.keep", "fraction of the devices kept"},
    {"wiring_bits_per_weight", "wiring bits per weight"},
    {"accuracy_final", "test accuracy after the last epoch in %"},
    {"accuracy_best", "best test accuracy in %"}};

std::string words(const std::string& column) {
    const auto found = WORDS.find(column);
    return found == WORDS.end() ? column : found->second;
}

/// The columns between `point` and `seed`.
std::vector<std::string> axes_of(const CsvTable& table, const std::string& where) {
    const auto seed = static_cast<long>(table.column("seed", where));
    table.column("point", where);
    return {table.header.begin() + 1, table.header.begin() + seed};
}

bool filled(const CsvTable& table, const std::string& column, const std::string& where) {
    const size_t at = table.column(column, where);
    return std::any_of(table.rows.begin(), table.rows.end(),
                       [&](const auto& row) { return !row[at].empty(); });
}

/// The axis whose values are numbers, and several.
std::string default_x(const CsvTable& table, const std::string& where) {
    for (const std::string& axis : axes_of(table, where)) {
        const size_t at = table.column(axis, where);
        std::vector<std::string> values;
        bool numbers = true;
        for (const auto& row : table.rows) {
            if (row[at].empty()) continue;
            numbers &= axis_number(row[at]).has_value();
            if (std::find(values.begin(), values.end(), row[at]) == values.end())
                values.push_back(row[at]);
        }
        if (numbers && values.size() > 1) return axis;
    }
    throw Error(where, "no axis of this sweep is a number",
                "choose a column with --x, for example --x wiring_bits_per_weight");
}

struct Values {
    std::vector<double> x, y;
};

/// Mean of the x and the y of each point, and the range of its y.
Series series_of(const std::string& label, const std::map<std::string, Values>& points) {
    struct Drawn {
        double x, y, low, high;
    };
    const auto mean = [](const std::vector<double>& values) {
        double sum = 0.0;
        for (const double value : values)
            sum += value;
        return sum / static_cast<double>(values.size());
    };
    std::vector<Drawn> drawn;
    bool band = false;
    for (const auto& [name, values] : points) {
        band |= values.y.size() > 1;
        drawn.push_back({mean(values.x), mean(values.y),
                         *std::min_element(values.y.begin(), values.y.end()),
                         *std::max_element(values.y.begin(), values.y.end())});
    }
    std::sort(drawn.begin(), drawn.end(), [](const Drawn& a, const Drawn& b) { return a.x < b.x; });
    Series series;
    series.label = label;
    series.markers = true;
    for (const Drawn& point : drawn) {
        series.x.push_back(point.x);
        series.y.push_back(point.y);
        if (!band) continue;
        series.low.push_back(point.low);
        series.high.push_back(point.high);
    }
    return series;
}

}  // namespace

std::string plot_k_sweep(const std::string& sweep, const SweepPlot& what) {
    const fs::path path = fs::is_directory(sweep) ? fs::path(sweep) / "sweep.csv" : fs::path(sweep);
    const std::string where = path.string();
    const CsvTable table = read_csv(path);
    const std::string x = what.x.empty() ? default_x(table, where) : what.x;
    std::string y = what.y;
    if (y.empty()) y = filled(table, "accuracy_final", where) ? "accuracy_final" : "accuracy_best";
    const size_t x_at = table.column(x, "--x"), y_at = table.column(y, "--y");
    std::vector<size_t> line_at;
    if (what.lines.empty()) {
        for (const std::string& axis : axes_of(table, where))
            if (axis != x) line_at.push_back(table.column(axis, where));
    } else {
        line_at.push_back(table.column(what.lines, "--lines"));
    }

    std::vector<std::string> labels;
    std::map<std::string, std::map<std::string, Values>> lines;  // by label, then point
    std::map<std::string, Values> across;                        // runs without an x
    for (const auto& row : table.rows) {
        const auto x_value = axis_number(row[x_at]), y_value = axis_number(row[y_at]);
        if (!row[x_at].empty() && !x_value)
            throw Error("--x", fmt::format("'{}' of column {} is not a number", row[x_at], x));
        if (!y_value) continue;
        std::string label;
        for (const size_t at : line_at)
            label += (label.empty() || row[at].empty() ? "" : ", ") + row[at];
        if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
        Values& values = x_value ? lines[label][row[0]] : across[label];
        values.x.push_back(x_value.value_or(0.0));
        values.y.push_back(y.starts_with("accuracy") ? 100.0 * *y_value : *y_value);
    }
    Panel panel{"", words(x), words(y), false, {}};
    double least = 0.0, most = 0.0;
    bool band = false;
    for (const std::string& label : labels) {
        if (across.count(label) > 0) {
            Series series = series_of(label, {{label, across[label]}});
            series.across = true;
            series.x.clear();
            panel.series.push_back(std::move(series));
            continue;
        }
        panel.series.push_back(series_of(label, lines[label]));
        const auto& xs = panel.series.back().x;
        least = least == 0.0 ? xs.front() : std::min(least, xs.front());
        most = std::max(most, xs.back());
        band |= !panel.series.back().low.empty();
    }
    panel.log_x = least > 0.0 && most / least >= LOG_RATIO;
    const std::string title = fs::weakly_canonical(path).parent_path().filename().string();
    return draw({title, band ? "lines: mean over seeds; bands: least to most" : "", {panel}});
}

}  // namespace permloom::cli
