#include "tools/permloom/plot/svg.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>

namespace permloom::cli {
namespace {

/// Okabe and Ito's colours without the yellow, which is too light for lines on white.
constexpr std::array<std::string_view, SERIES_COLOURS> COLOURS = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5a4fa2", "#444444"};

std::string escaped(std::string_view words) {
    std::string text;
    for (const char c : words) {
        if (c == '&')
            text += "&amp;";
        else if (c == '<')
            text += "&lt;";
        else if (c == '>')
            text += "&gt;";
        else
            text += c;
    }
    return text;
}

std::string attributes(const Stroke& stroke) {
    std::string text =
        fmt::format(R"(stroke="{}" stroke-width="{:g}")", stroke.colour, stroke.width);
    if (stroke.opacity < 1.0) text += fmt::format(R"( stroke-opacity="{:g}")", stroke.opacity);
    if (stroke.dashed) text += R"( stroke-dasharray="5 3")";
    return text;
}

std::string joined(const std::vector<PlotPoint>& points) {
    std::string text;
    for (const PlotPoint& point : points)
        fmt::format_to(std::back_inserter(text), "{}{:.2f},{:.2f}", text.empty() ? "" : " ",
                       point.x, point.y);
    return text;
}

}  // namespace

Svg::Svg(double width, double height) : width_(width), height_(height) {}

void Svg::line(PlotPoint from, PlotPoint to, const Stroke& stroke) {
    body_ += fmt::format("<line x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\" {}/>\n",
                         from.x, from.y, to.x, to.y, attributes(stroke));
}

void Svg::polyline(const std::vector<PlotPoint>& points, const Stroke& stroke) {
    body_ += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke-linejoin=\"round\" {}/>\n",
                         joined(points), attributes(stroke));
}

void Svg::polygon(const std::vector<PlotPoint>& points, std::string_view colour, double opacity) {
    body_ += fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{:g}\"/>\n",
                         joined(points), colour, opacity);
}

void Svg::rectangle(PlotPoint corner, double width, double height, std::string_view colour) {
    body_ += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\"/>\n",
        corner.x, corner.y, width, height, colour);
}

void Svg::frame(PlotPoint corner, double width, double height, const Stroke& stroke) {
    body_ += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"none\" {}/>\n",
        corner.x, corner.y, width, height, attributes(stroke));
}

void Svg::circle(PlotPoint centre, double radius, std::string_view colour) {
    body_ += fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{:.2f}\" fill=\"{}\"/>\n",
                         centre.x, centre.y, radius, colour);
}

void Svg::ring(PlotPoint centre, double radius, const Stroke& stroke) {
    body_ += fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{:.2f}\" fill=\"white\" {}/>\n",
                         centre.x, centre.y, radius, attributes(stroke));
}

void Svg::arrow(PlotPoint from, PlotPoint to, const Stroke& stroke) {
    const double dx = to.x - from.x, dy = to.y - from.y, length = std::hypot(dx, dy);
    if (length == 0.0) return;
    const double head = std::min(4.0 + 2.0 * stroke.width, length);
    const double ux = dx / length, uy = dy / length;
    const PlotPoint neck{to.x - head * ux, to.y - head * uy};
    const double half = 0.4 * head;
    line(from, neck, stroke);
    polygon(
        {to, {neck.x - half * uy, neck.y + half * ux}, {neck.x + half * uy, neck.y - half * ux}},
        stroke.colour, stroke.opacity);
}

void Svg::text(PlotPoint at, std::string_view words, const TextStyle& style) {
    constexpr std::array<std::string_view, 3> ANCHORS = {"start", "middle", "end"};
    std::string extra;
    if (style.bold) extra += " font-weight=\"bold\"";
    if (style.upright) extra += fmt::format(" transform=\"rotate(-90 {:.2f} {:.2f})\"", at.x, at.y);
    body_ += fmt::format(
        "<text x=\"{:.2f}\" y=\"{:.2f}\" font-size=\"{:g}\" text-anchor=\"{}\" fill=\"{}\"{}>{}"
        "</text>\n",
        at.x, at.y, style.size, ANCHORS[static_cast<size_t>(style.anchor)], style.colour, extra,
        escaped(words));
}

std::string Svg::document() const {
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
        "viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"Helvetica, Arial, sans-serif\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{2}</svg>\n",
        width_, height_, body_);
}

double text_width(std::string_view words, double size) {
    return 0.56 * size * static_cast<double>(words.size());
}

std::string_view series_colour(size_t index) {
    return COLOURS[index % COLOURS.size()];
}

}  // namespace permloom::cli
