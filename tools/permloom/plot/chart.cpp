#include "tools/permloom/plot/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/base/error.h"

namespace permloom::cli {
namespace {

constexpr double PLOT_WIDTH = 560.0, PLOT_HEIGHT = 250.0;
constexpr double LEFT = 76.0, TOP = 20.0, GAP = 72.0, BOTTOM = 58.0, RIGHT = 24.0;
constexpr double MARKER = 3.2;  // radius
constexpr std::string_view GRID = "#e6e6e6", AXIS = "#888888", SOFT = "#555555";

/// A scale from values to pixels.
struct Axis {
    double low = 0.0, high = 1.0;
    bool log = false;
    double start = 0.0, end = 1.0;  ///< pixels of low and high

    double position(double value) const {
        const auto at = [&](double v) { return log ? std::log10(v) : v; };
        return start + (at(value) - at(low)) / (at(high) - at(low)) * (end - start);
    }
};

/// The largest of 1, 2, 5 times a power of ten that divides `span` into at least `count` steps.
double step_of(double span, int count) {
    const double raw = span / count;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {5.0, 2.0})
        if (factor * power <= raw) return factor * power;
    return power;
}

std::vector<double> linear_ticks(double low, double high) {
    const double step = step_of(high - low, 4);
    std::vector<double> ticks;
    for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1.0)
        ticks.push_back(k * step);
    return ticks;
}

/// 1, 2, 5 times the powers of ten, or the powers alone over many decades.
std::vector<double> log_ticks(double low, double high) {
    const bool many = high / low > 2e4;
    std::vector<double> ticks;
    for (double power = std::pow(10.0, std::floor(std::log10(low))); power <= high * 1.0001;
         power *= 10.0)
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double tick = factor * power;
            if (tick >= low * 0.9999 && tick <= high * 1.0001 && (factor == 1.0 || !many))
                ticks.push_back(tick);
        }
    return ticks;
}

/// Enough decimals for the step between ticks.
std::string tick_text(double value, const std::vector<double>& ticks, bool log) {
    if (log || ticks.size() < 2) return fmt::format("{:g}", value);
    const double step = ticks[1] - ticks[0];
    const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
    return fmt::format("{:.{}f}", std::abs(value) < step * 1e-6 ? 0.0 : value, decimals);
}

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void add(double value) {
        if (!std::isfinite(value)) return;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    bool empty() const { return low > high; }
};

bool has_points(const Panel& panel) {
    return std::any_of(panel.series.begin(), panel.series.end(),
                       [](const Series& series) { return !series.y.empty(); });
}

/// A point that stands for itself.
bool is_single(const Series& series) {
    return !series.across && series.y.size() == 1;
}

Axis x_axis(const Panel& panel) {
    Range range;
    for (const Series& series : panel.series)
        for (const double x : series.x)
            range.add(x);
    if (range.empty()) range = {0.0, 1.0};
    Axis axis{range.low, range.high, panel.log_x, LEFT, LEFT + PLOT_WIDTH};
    if (axis.low == axis.high) {
        axis.low = panel.log_x ? axis.low / 2.0 : axis.low - 0.5;
        axis.high = panel.log_x ? axis.high * 2.0 : axis.high + 0.5;
    } else if (!panel.log_x && std::any_of(panel.series.begin(), panel.series.end(), is_single)) {
        // Off the axis, where it is seen whole.
        const double room = 0.03 * (axis.high - axis.low);
        axis.low -= room;
        axis.high += room;
    }
    return axis;
}

/// With a little room above and below the lines.
Axis y_axis(const Panel& panel, double top) {
    Range range;
    for (const Series& series : panel.series)
        for (const auto* values : {&series.y, &series.low, &series.high})
            for (const double y : *values)
                range.add(y);
    if (range.empty()) range = {0.0, 1.0};
    const double room = range.high > range.low ? 0.05 * (range.high - range.low)
                                               : std::max(1e-3, 0.05 * std::abs(range.high));
    const bool positive = range.low >= 0.0;
    Axis axis{range.low - room, range.high + room, false, top + PLOT_HEIGHT, top};
    if (positive) axis.low = std::max(0.0, axis.low);
    return axis;
}

class Drawing {
  public:
    explicit Drawing(const Chart& chart);
    std::string draw();

  private:
    void draw_panel(const Panel& panel, double top);
    void draw_axes(const Panel& panel, const Axis& x, const Axis& y, double top);
    void draw_series(const Series& series, const Axis& x, const Axis& y);
    void draw_marker(size_t number, PlotPoint at);
    void draw_legend(double top);
    size_t index(const std::string& label) const;
    const Series& first_series(const std::string& label) const;
    double header() const { return chart_.note.empty() ? 34.0 : 52.0; }

    Chart chart_;
    std::vector<std::string> labels_;
    double legend_width_ = 0.0, height_ = 0.0;
    Svg svg_;
};

std::vector<std::string> labels_of(const Chart& chart) {
    std::vector<std::string> labels;
    for (const Panel& panel : chart.panels)
        for (const Series& series : panel.series)
            if (std::find(labels.begin(), labels.end(), series.label) == labels.end())
                labels.push_back(series.label);
    return labels;
}

double legend_width(const std::vector<std::string>& labels) {
    double width = 0.0;
    if (labels.size() > 1)
        for (const std::string& label : labels)
            width = std::max(width, 50.0 + text_width(label, 12.0));
    return width;
}

double chart_height(const Chart& chart, double header) {
    const auto count = static_cast<double>(chart.panels.size());
    return header + TOP + count * PLOT_HEIGHT + (count - 1.0) * GAP + BOTTOM;
}

Drawing::Drawing(const Chart& chart)
    : chart_(chart),
      labels_(labels_of(chart)),
      legend_width_(legend_width(labels_)),
      height_(chart_height(chart, header())),
      svg_(LEFT + PLOT_WIDTH + legend_width_ + RIGHT, height_) {}

size_t Drawing::index(const std::string& label) const {
    return static_cast<size_t>(std::find(labels_.begin(), labels_.end(), label) - labels_.begin());
}

const Series& Drawing::first_series(const std::string& label) const {
    const Series* found = nullptr;
    for (const Panel& panel : chart_.panels)
        for (const Series& series : panel.series)
            if (found == nullptr && series.label == label) found = &series;
    PERMLOOM_ASSERT(found != nullptr);
    return *found;
}

void Drawing::draw_axes(const Panel& panel, const Axis& x, const Axis& y, double top) {
    const double bottom = top + PLOT_HEIGHT, right = LEFT + PLOT_WIDTH;
    const auto y_ticks = linear_ticks(y.low, y.high);
    for (const double tick : y_ticks) {
        const double at = y.position(tick);
        svg_.line({LEFT, at}, {right, at}, {.colour = GRID});
        svg_.text({LEFT - 8.0, at + 4.0}, tick_text(tick, y_ticks, false),
                  {.size = 11.0, .anchor = Anchor::end, .colour = SOFT});
    }
    const auto x_ticks = x.log ? log_ticks(x.low, x.high) : linear_ticks(x.low, x.high);
    for (const double tick : x_ticks) {
        const double at = x.position(tick);
        svg_.line({at, bottom}, {at, bottom + 5.0}, {.colour = AXIS});
        svg_.text({at, bottom + 19.0}, tick_text(tick, x_ticks, x.log),
                  {.size = 11.0, .anchor = Anchor::middle, .colour = SOFT});
    }
    svg_.line({LEFT, bottom}, {right, bottom}, {.colour = AXIS});
    svg_.line({LEFT, top}, {LEFT, bottom}, {.colour = AXIS});
    svg_.text({0.5 * (LEFT + right), bottom + 38.0}, panel.x_label, {.anchor = Anchor::middle});
    svg_.text({20.0, 0.5 * (top + bottom)}, panel.y_label,
              {.anchor = Anchor::middle, .upright = true});
    svg_.text({LEFT, top - 8.0}, panel.title, {.bold = true});
}

void Drawing::draw_series(const Series& series, const Axis& x, const Axis& y) {
    const size_t number = index(series.label);
    const std::string_view colour = series_colour(number);
    if (series.across) {
        const double at = y.position(series.y.front());
        svg_.line({LEFT, at}, {LEFT + PLOT_WIDTH, at},
                  {.colour = colour, .width = 1.5, .dashed = true});
        return;
    }
    std::vector<PlotPoint> line, band;
    std::vector<bool> hollow;
    for (size_t i = 0; i < series.x.size(); ++i) {
        if (!std::isfinite(series.y[i])) continue;
        line.push_back({x.position(series.x[i]), y.position(series.y[i])});
        hollow.push_back(i < series.hollow.size() && series.hollow[i]);
    }
    for (size_t i = 0; i < series.low.size(); ++i)
        band.push_back({x.position(series.x[i]), y.position(series.low[i])});
    for (size_t i = series.high.size(); i > 0; --i)
        band.push_back({x.position(series.x[i - 1]), y.position(series.high[i - 1])});
    if (!band.empty()) svg_.polygon(band, colour, 0.16);
    svg_.polyline(line, {.colour = colour, .width = 1.8, .dashed = series.dashed});
    // A line or a band of one point would not be seen.
    const bool alone = line.size() == 1;
    if (alone && !band.empty())
        svg_.line(band.front(), band.back(), {.colour = colour, .width = 1.5});
    if (!alone && !series.markers && series.hollow.empty()) return;
    for (size_t i = 0; i < line.size(); ++i)
        if (hollow[i])
            svg_.ring(line[i], MARKER, {.colour = colour, .width = 1.2});
        else
            draw_marker(number, line[i]);
}

/// A square once the colours begin again.
void Drawing::draw_marker(size_t number, PlotPoint at) {
    const std::string_view colour = series_colour(number);
    if (number / SERIES_COLOURS % 2 == 0)
        svg_.circle(at, MARKER, colour);
    else
        svg_.rectangle({at.x - MARKER, at.y - MARKER}, 2.0 * MARKER, 2.0 * MARKER, colour);
}

void Drawing::draw_panel(const Panel& panel, double top) {
    const Axis x = x_axis(panel), y = y_axis(panel, top);
    draw_axes(panel, x, y, top);
    for (const Series& series : panel.series)
        if (!series.y.empty()) draw_series(series, x, y);
}

void Drawing::draw_legend(double top) {
    if (labels_.size() < 2) return;
    const double left = LEFT + PLOT_WIDTH + 20.0;
    for (size_t i = 0; i < labels_.size(); ++i) {
        const double at = top + 10.0 + 20.0 * static_cast<double>(i);
        const Series& series = first_series(labels_[i]);
        if (is_single(series))
            draw_marker(i, {left + 11.0, at});
        else
            svg_.line({left, at}, {left + 22.0, at},
                      {.colour = series_colour(i), .width = 2.2, .dashed = series.across});
        svg_.text({left + 28.0, at + 4.0}, labels_[i]);
    }
}

std::string Drawing::draw() {
    svg_.text({LEFT, 24.0}, chart_.title, {.size = 15.0, .bold = true});
    if (!chart_.note.empty()) svg_.text({LEFT, 43.0}, chart_.note, {.size = 11.0, .colour = SOFT});
    double top = header() + TOP;
    draw_legend(top);
    for (const Panel& panel : chart_.panels) {
        draw_panel(panel, top);
        top += PLOT_HEIGHT + GAP;
    }
    return svg_.document();
}

}  // namespace

std::string draw(const Chart& chart) {
    Chart drawn = chart;
    std::erase_if(drawn.panels, [](const Panel& panel) { return !has_points(panel); });
    if (drawn.panels.empty()) throw Error(chart.title, "there is nothing to draw");
    return Drawing(drawn).draw();
}

}  // namespace permloom::cli
