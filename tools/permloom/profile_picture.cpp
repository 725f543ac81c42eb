#include "tools/permloom/profile_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "compiler/base/error.h"
#include "tools/permloom/console.h"

namespace permloom::cli {
namespace {

constexpr std::array<const char*, 4> COLOURS = {"midnightblue", "gold", "darkgreen", "steelblue"};

// Lengths in pixels.
constexpr double PANEL_WIDTH = 460, PANEL_HEIGHT = 350;
constexpr double MARGIN_X = 66, MARGIN_TOP = 40, MARGIN_BOTTOM = 44;  // of a box in its panel
constexpr double HEADING = 58;                                        // above the panels of a layer
constexpr double LABEL_DISTANCE = 30, TICK_DISTANCE = 13;             // from an edge of the box

// The box in its own units: index to the right, vectors to the back, values up.
constexpr double HALF_WIDTH = 1.0, HALF_DEPTH = 0.9, HALF_HEIGHT = 0.55;

struct Point {
    double x = 0.0, y = 0.0;
};

/// Parallel projection of the box into a panel.
class Projection {
  public:
    explicit Projection(const View& view) {
        constexpr double DEGREE = std::numbers::pi / 180.0;
        cos_a_ = std::cos(view.azimuth * DEGREE), sin_a_ = std::sin(view.azimuth * DEGREE);
        cos_e_ = std::cos(view.elevation * DEGREE), sin_e_ = std::sin(view.elevation * DEGREE);
        double half_x = 0.0, half_y = 0.0;
        for (const double x : {-HALF_WIDTH, HALF_WIDTH})
            for (const double y : {-HALF_DEPTH, HALF_DEPTH}) {
                half_x = std::max(half_x, std::abs(turned(x, y)));
                half_y = std::max(half_y, std::abs(up(x, y, HALF_HEIGHT)));
                half_y = std::max(half_y, std::abs(up(x, y, -HALF_HEIGHT)));
            }
        scale_ = std::min((PANEL_WIDTH / 2 - MARGIN_X) / half_x,
                          (PANEL_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM) / 2 / half_y);
    }

    /// From the upper left corner of the panel.
    Point at(double x, double y, double z) const {
        const double middle = (PANEL_HEIGHT + MARGIN_TOP - MARGIN_BOTTOM) / 2;
        return {PANEL_WIDTH / 2 + scale_ * turned(x, y), middle - scale_ * up(x, y, z)};
    }
    /// Larger: farther away.
    double depth(double x, double y) const { return y * cos_a_ - x * sin_a_; }

  private:
    double turned(double x, double y) const { return x * cos_a_ + y * sin_a_; }
    double up(double x, double y, double z) const { return z * cos_e_ + depth(x, y) * sin_e_; }

    double cos_a_, sin_a_, cos_e_, sin_e_, scale_ = 1.0;
};

/// count of total indices, evenly spaced, the first and last among them.
std::vector<int> spaced(int total, int count) {
    count = std::min(total, count);
    std::vector<int> chosen(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i)
        chosen[static_cast<size_t>(i)] =
            count == 1 ? 0 : static_cast<int>(static_cast<int64_t>(i) * (total - 1) / (count - 1));
    return chosen;
}

/// -HALF..HALF for 0..total-1.
double place(int i, int total, double half) {
    return total == 1 ? 0.0 : half * (2.0 * i / (total - 1) - 1.0);
}

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text)
        result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
    return result;
}

std::string text_at(Point at, const std::string& content, const std::string& more = {}) {
    return fmt::format("    <text x=\"{:.0f}\" y=\"{:.0f}\"{}>{}</text>\n", at.x, at.y, more,
                       escaped(content));
}

/// What is drawn of one layer.
struct Series {
    std::vector<int> vectors, weights;
    float low = 0.0F, high = 0.0F;  ///< of all values

    Series(const WeightVectors& layer, int dots)
        : vectors(spaced(layer.outputs, MAX_VECTORS)),
          weights(spaced(layer.length, std::max(2, dots / static_cast<int>(vectors.size())))) {
        const auto [least, greatest] = std::ranges::minmax(layer.values);
        low = least, high = greatest;
    }

    double height(float value) const {
        if (high == low) return 0.0;
        const double part = (static_cast<double>(value) - low) / (static_cast<double>(high) - low);
        return HALF_HEIGHT * (2.0 * part - 1.0);
    }
};

std::string polygon(const Projection& projection, const std::vector<std::array<double, 3>>& corners,
                    const char* fill) {
    std::string points;
    for (const auto& [x, y, z] : corners) {
        const Point p = projection.at(x, y, z);
        points += fmt::format("{:.1f},{:.1f} ", p.x, p.y);
    }
    points.pop_back();
    return fmt::format("    <polygon points=\"{}\" fill=\"{}\" stroke=\"#ccc\"/>\n", points, fill);
}

/// Floor and the two walls behind the dots, with a line at the value 0.
std::string draw_box(const Projection& projection, const Series& series) {
    constexpr double W = HALF_WIDTH, D = HALF_DEPTH, H = HALF_HEIGHT;
    const double back_x = projection.depth(W, 0) > 0 ? W : -W;
    const double back_y = projection.depth(0, D) > 0 ? D : -D;
    std::string svg =
        polygon(projection, {{-W, -D, -H}, {W, -D, -H}, {W, D, -H}, {-W, D, -H}}, "#f4f4f4") +
        polygon(projection, {{-W, back_y, -H}, {W, back_y, -H}, {W, back_y, H}, {-W, back_y, H}},
                "#fafafa") +
        polygon(projection, {{back_x, -D, -H}, {back_x, D, -H}, {back_x, D, H}, {back_x, -D, H}},
                "#fafafa");
    if (series.low < 0.0F && series.high > 0.0F) {
        const double zero = series.height(0.0F);
        const Point a = projection.at(-back_x, back_y, zero),
                    b = projection.at(back_x, back_y, zero),
                    c = projection.at(back_x, -back_y, zero);
        svg += fmt::format(
            "    <path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}\" fill=\"none\" "
            "stroke=\"#999\" stroke-dasharray=\"3 3\"/>\n",
            a.x, a.y, b.x, b.y, c.x, c.y);
    }
    return svg;
}

/// The two ends of an axis and its name beside the edge a-b of the floor, on the side away from the
/// middle of the box.
std::string draw_axis(const Projection& projection, Point a, Point b, const std::string& name,
                      int last) {
    const Point middle = projection.at(0, 0, -HALF_HEIGHT);
    double nx = b.y - a.y, ny = a.x - b.x;
    const double length = std::hypot(nx, ny);
    // Seen end-on the axis is a point: nothing to label.
    if (length < 2 * TICK_DISTANCE) return {};
    nx /= length, ny /= length;
    if (nx * (a.x - middle.x) + ny * (a.y - middle.y) < 0) nx = -nx, ny = -ny;
    const char* anchor = nx > 0.35    ? " text-anchor=\"start\""
                         : nx < -0.35 ? " text-anchor=\"end\""
                                      : " text-anchor=\"middle\"";
    const auto beside = [&](Point p, double distance) {
        return Point{p.x + nx * distance, p.y + ny * distance + 4};
    };
    // A little off the corners, where two axes meet.
    const auto along = [&](double part) {
        return Point{a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part};
    };
    return text_at(beside(along(0.04), TICK_DISTANCE), "0", anchor) +
           text_at(beside(along(0.96), TICK_DISTANCE), grouped(last), anchor) +
           text_at(beside(along(0.5), nx == 0.0 ? LABEL_DISTANCE : TICK_DISTANCE + 9), name,
                   anchor);
}

std::string draw_axes(const Projection& projection, const WeightVectors& layer,
                      const Series& series, bool sorted) {
    constexpr double W = HALF_WIDTH, D = HALF_DEPTH, H = HALF_HEIGHT;
    const double front_x = projection.depth(W, 0) > 0 ? -W : W;
    const double front_y = projection.depth(0, D) > 0 ? -D : D;
    std::string svg =
        draw_axis(projection, projection.at(-W, front_y, -H), projection.at(W, front_y, -H),
                  sorted ? "rank" : "index", layer.length - 1) +
        draw_axis(projection, projection.at(front_x, -D, -H), projection.at(front_x, D, -H),
                  "vector", layer.outputs - 1);
    // Values: at the upright edge that is the leftmost.
    Point foot{PANEL_WIDTH, 0}, head;
    for (const double x : {-W, W})
        for (const double y : {-D, D})
            if (const Point p = projection.at(x, y, -H); p.x < foot.x)
                foot = p, head = projection.at(x, y, H);
    const auto tick = [&](float value) {
        const double part = (series.height(value) + H) / (2 * H);
        svg += text_at({foot.x - 7, foot.y + (head.y - foot.y) * part + 4},
                       fmt::format("{:.3g}", value), " text-anchor=\"end\"");
    };
    if (foot.y - head.y < 40 || series.high == series.low) {
        tick(series.high);
        return svg;
    }
    tick(series.low);
    tick(series.high);
    const double zero = series.height(0.0F);
    if (std::abs(zero) < 0.75 * H && series.low < 0.0F && series.high > 0.0F) tick(0.0F);
    return svg;
}

/// Dots in tenths of a pixel, each a line of no length with round ends, relative to the one before:
/// the shortest way to say it.
std::string draw_dots(const Projection& projection, const WeightVectors& layer,
                      const Series& series, bool sorted) {
    const bool front_first = projection.depth(0, 1) > 0;
    std::string svg;
    std::vector<float> values;
    for (size_t k = 0; k < series.vectors.size(); ++k) {
        const size_t s = front_first ? series.vectors.size() - 1 - k : k;
        const int vector = series.vectors[s];
        const float* row =
            layer.values.data() + static_cast<size_t>(vector) * static_cast<size_t>(layer.length);
        values.assign(row, row + layer.length);
        if (sorted) std::ranges::sort(values);
        const double y = place(vector, layer.outputs, HALF_DEPTH);
        std::string path;
        long at_x = 0, at_y = 0;
        for (const int i : series.weights) {
            const Point p = projection.at(place(i, layer.length, HALF_WIDTH), y,
                                          series.height(values[static_cast<size_t>(i)]));
            const long to_x = std::lround(10 * p.x), to_y = std::lround(10 * p.y);
            path += path.empty() ? fmt::format("M{} {}h0", to_x, to_y)
                                 : fmt::format("m{} {}h0", to_x - at_x, to_y - at_y);
            at_x = to_x, at_y = to_y;
        }
        svg += fmt::format("<path d=\"{}\" stroke=\"{}\"/>\n", path, COLOURS[s % COLOURS.size()]);
    }
    return svg;
}

std::string draw_panel(const WeightVectors& layer, const Series& series, const View& view,
                       bool sorted, Point corner) {
    const Projection projection(view);
    // Many dots in a row are drawn smaller.
    const int size = series.weights.size() > 150 ? 20 : 28;
    return fmt::format(
        "  <g class=\"panel\" transform=\"translate({:.0f} {:.0f})\">\n"
        "{}{}{}"
        "    <g transform=\"scale(.1)\" stroke-width=\"{}\" stroke-linecap=\"round\" "
        "fill=\"none\">\n{}    </g>\n  </g>\n",
        corner.x, corner.y,
        text_at({PANEL_WIDTH / 2, 18}, sorted ? "sorted: the weight profiles" : "unsorted",
                " text-anchor=\"middle\" class=\"title\""),
        draw_box(projection, series), draw_axes(projection, layer, series, sorted), size,
        draw_dots(projection, layer, series, sorted));
}

std::string drawn_part(size_t drawn, int of, const char* what) {
    return drawn == static_cast<size_t>(of) ? fmt::format("all {} {}", grouped(of), what)
                                            : fmt::format("{} of {} {}", drawn, grouped(of), what);
}

}  // namespace

std::string draw_profiles(std::span<const LayerPicture> layers, std::span<const View> views) {
    PERMLOOM_ASSERT(!layers.empty() && !views.empty());
    const size_t panels = 2 * views.size();
    // One layer: a row a view. More: a row a layer.
    const size_t columns = layers.size() == 1 ? 2 : panels;
    const double layer_height = HEADING + PANEL_HEIGHT * static_cast<double>(panels / columns);
    const double width = PANEL_WIDTH * static_cast<double>(columns);
    const double height = layer_height * static_cast<double>(layers.size()) + 10;
    const int dots = MAX_DOTS / static_cast<int>(panels * layers.size());

    std::string body;
    for (size_t l = 0; l < layers.size(); ++l) {
        const WeightVectors& weights = *layers[l].weights;
        const Series series(weights, dots);
        const double top = layer_height * static_cast<double>(l);
        body += text_at({24, top + 30}, layers[l].heading, " class=\"heading\"");
        body += text_at({24, top + 49},
                        "a series of dots a weight vector; drawn: " +
                            drawn_part(series.vectors.size(), weights.outputs, "vectors") + ", " +
                            drawn_part(series.weights.size(), weights.length, "weights of each") +
                            (series.vectors.size() == static_cast<size_t>(weights.outputs) &&
                                     series.weights.size() == static_cast<size_t>(weights.length)
                                 ? ""
                                 : ", evenly spaced"));
        for (size_t p = 0; p < panels; ++p) {
            const Point corner{PANEL_WIDTH * static_cast<double>(p % columns),
                               top + HEADING + PANEL_HEIGHT * static_cast<double>(p / columns)};
            body += draw_panel(weights, series, views[p / 2], p % 2 == 1, corner);
        }
    }
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
        "viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "  <title>{2}</title>\n"
        "  <style>text {{ fill: #555 }} .title {{ fill: #222; font-size: 13px }} "
        ".heading {{ fill: #222; font-size: 15px; font-weight: bold }}</style>\n"
        "  <rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#fff\"/>\n"
        "{3}</svg>\n",
        width, height, escaped(layers.front().heading), body);
}

}  // namespace permloom::cli
