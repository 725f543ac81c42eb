/// Scalable vector graphics, as much as the plots need. Units are pixels, y grows downwards.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace permloom::cli {

struct PlotPoint {
    double x = 0.0, y = 0.0;
};

struct Stroke {
    std::string_view colour = "#222222";
    double width = 1.0, opacity = 1.0;
    bool dashed = false;
};

enum class Anchor { start, middle, end };

struct TextStyle {
    double size = 12.0;
    Anchor anchor = Anchor::start;
    std::string_view colour = "#222222";
    bool bold = false, upright = false;  ///< upright: turned by 90 degrees, read from below
};

class Svg {
  public:
    Svg(double width, double height);

    void line(PlotPoint from, PlotPoint to, const Stroke& stroke);
    void polyline(const std::vector<PlotPoint>& points, const Stroke& stroke);
    /// Filled, without an outline.
    void polygon(const std::vector<PlotPoint>& points, std::string_view colour, double opacity);
    void rectangle(PlotPoint corner, double width, double height, std::string_view colour);
    void frame(PlotPoint corner, double width, double height, const Stroke& stroke);
    void circle(PlotPoint centre, double radius, std::string_view colour);
    /// White inside.
    void ring(PlotPoint centre, double radius, const Stroke& stroke);
    /// A line with a head at `to`.
    void arrow(PlotPoint from, PlotPoint to, const Stroke& stroke);
    /// `at` is on the base line.
    void text(PlotPoint at, std::string_view words, const TextStyle& style = {});

    /// The whole document.
    std::string document() const;

  private:
    double width_, height_;
    std::string body_;
};

/// Width of a text in pixels, estimated: fonts differ between viewers.
double text_width(std::string_view words, double size);

/// Colours that people with any colour vision tell apart, repeated after so many.
inline constexpr size_t SERIES_COLOURS = 8;
std::string_view series_colour(size_t index);

}  // namespace permloom::cli
