#include "compiler/perm/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "compiler/base/error.h"
#include "compiler/perm/evaluate.h"
#include "compiler/perm/stage_places.h"

namespace permloom {
namespace {

// Lengths in pixels.
constexpr int ROW = 28;            // between two lines
constexpr int BOX = 46;            // width of a switch
constexpr int BOX_MARGIN = 9;      // of a box above and below its lines
constexpr int TOP = 84;            // above the first line: heading, stage numbers
constexpr int LEFT = 70;           // left of the wires: input numbers
constexpr int RIGHT = 110;         // right of them: output numbers
constexpr int LEGEND = 62;         // below the last line
constexpr int LEGEND_WIDTH = 470;  // at least so wide

/// The colour of input i of n: hues around the circle, every other one darker.
std::string colour(int i, int n) {
    const double hue = 6.0 * i / n, high = i % 2 == 0 ? 0.84 : 0.58, low = 0.12;
    const double part = 1.0 - std::abs(std::fmod(hue, 2.0) - 1.0);
    const auto level = [&](double share) {
        return static_cast<int>(std::lround(255.0 * (low + (high - low) * share)));
    };
    const int top = level(1.0), middle = level(part), bottom = level(0.0);
    switch (static_cast<int>(hue)) {
        case 0:
            return fmt::format("#{:02x}{:02x}{:02x}", top, middle, bottom);
        case 1:
            return fmt::format("#{:02x}{:02x}{:02x}", middle, top, bottom);
        case 2:
            return fmt::format("#{:02x}{:02x}{:02x}", bottom, top, middle);
        case 3:
            return fmt::format("#{:02x}{:02x}{:02x}", bottom, middle, top);
        case 4:
            return fmt::format("#{:02x}{:02x}{:02x}", middle, bottom, top);
        default:
            return fmt::format("#{:02x}{:02x}{:02x}", top, bottom, middle);
    }
}

/// Of the way of every input: grey where it ends at an output that does not matter.
std::vector<std::string> colours_of(const Permutation& source, const std::vector<uint8_t>& live) {
    std::vector<std::string> colours(static_cast<size_t>(source.size()));
    for (int r = 0; r < source.size(); ++r) {
        const bool open = !live.empty() && live[static_cast<size_t>(r)] == 0;
        colours[static_cast<size_t>(source[r])] =
            open ? "#c8c8c8" : colour(source[r], source.size());
    }
    return colours;
}

int row_y(int place) {
    return TOP + place * ROW;
}

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '&')
            result += "&amp;";
        else if (c == '<')
            result += "&lt;";
        else
            result += c;
    }
    return result;
}

/// Collects the elements of a document of fixed size.
class Svg {
  public:
    void element(const std::string& text) { body_ += "  " + text + '\n'; }

    /// A wire with a white edge, so that the upper one of two that cross is seen as such.
    /// Wires lie under everything else.
    void wire(const std::string& path, const std::string& stroke) {
        wires_ += fmt::format(
            "  <path d=\"{0}\" stroke=\"#fff\" stroke-width=\"6\"/>\n"
            "  <path d=\"{0}\" stroke=\"{1}\" stroke-width=\"2.6\"/>\n",
            path, stroke);
    }

    void text(int x, int y, const std::string& content, const std::string& more = {}) {
        element(fmt::format("<text x=\"{}\" y=\"{}\"{}>{}</text>", x, y, more, content));
    }

    std::string document(int width, int height, const std::string& title) const {
        return fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
            "viewBox=\"0 0 {0} {1}\" fill=\"none\" font-family=\"sans-serif\" "
            "font-size=\"13\">\n"
            "  <title>{2}</title>\n"
            "  <style>text {{ fill: #222 }} .note {{ fill: #666; font-size: 11px }}</style>\n"
            "  <rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n"
            "{3}{4}</svg>\n",
            width, height, title, wires_, body_);
    }

  private:
    std::string wires_, body_;
};

constexpr const char* CENTRED = " text-anchor=\"middle\"";
constexpr const char* NOTE = " class=\"note\" text-anchor=\"middle\"";

std::string curve(int x0, int y0, int x1, int y1) {
    if (y0 == y1) return fmt::format("M{} {}H{}", x0, y0, x1);
    const int middle = (x0 + x1) / 2;
    return fmt::format("M{} {}C{} {} {} {} {} {}", x0, y0, middle, y0, middle, y1, x1, y1);
}

std::string box(int x, int y, bool crossed, bool stuck = false) {
    const char* border = crossed ? "#8a6100" : "#aaa";
    return fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"{}\" stroke=\"{}\" "
        "stroke-width=\"{}\"/>",
        x, y - BOX_MARGIN, BOX, ROW + 2 * BOX_MARGIN, crossed ? "#ffe9a8" : "#f4f4f4",
        stuck ? "#d00000" : border,
        stuck     ? 4
        : crossed ? 2
                  : 1);
}

/// The whole permutation only where it fits the width.
std::string heading(const std::string& name, const Permutation& source) {
    constexpr int LONGEST = 12;
    const std::string text = fmt::format("{}, n = {}", escaped(name), source.size());
    if (source.size() > LONGEST) return text;
    return text + fmt::format(": {}", fmt::join(source.values(), " "));
}

void draw_heading(Svg& svg, const std::string& text) {
    svg.text(LEFT, 28, text, " font-weight=\"bold\"");
}

void draw_outputs(Svg& svg, int x, const Permutation& source, const std::vector<uint8_t>& live) {
    svg.text(x + 12, TOP - 24, "output \u2190 input", " class=\"note\"");
    for (int r = 0; r < source.size(); ++r)
        if (live.empty() || live[static_cast<size_t>(r)] != 0)
            svg.text(x + 12, row_y(r) + 5, fmt::format("{} \u2190 {}", r, source[r]));
        else
            svg.text(x + 12, row_y(r) + 5, fmt::format("{} open", r), " class=\"note\"");
}

void draw_legend(Svg& svg, int y, int64_t switches, int64_t crossed) {
    svg.element(box(LEFT, y, false));
    svg.element(
        fmt::format("<path d=\"M{0} {1}h{3}M{0} {2}h{3}\" stroke=\"#555\" "
                    "stroke-width=\"2.6\"/>",
                    LEFT, y, y + ROW, BOX));
    svg.text(LEFT + BOX + 8, y + ROW / 2 + 5, fmt::format("0 straight ({})", switches - crossed));
    const int x = LEFT + 210;
    svg.element(box(x, y, true));
    svg.element(fmt::format("<path d=\"{}{}\" stroke=\"#555\" stroke-width=\"2.6\"/>",
                            curve(x, y, x + BOX, y + ROW), curve(x, y + ROW, x + BOX, y)));
    svg.text(x + BOX + 8, y + ROW / 2 + 5, fmt::format("1 crossed ({})", crossed));
}

/// Width of the space in which lines go from one arrangement to the next.
int gap_width(const std::vector<int32_t>& from, const std::vector<int32_t>& to) {
    int farthest = 0;
    for (size_t line = 0; line < from.size(); ++line)
        farthest = std::max(farthest, std::abs(from[line] - to[line]));
    return std::min(28 + 10 * farthest, 220);
}

std::string draw_network(const Topology& topology, const SwitchBits& bits,
                         const DrawingNotes& notes) {
    const int n = topology.lines;
    const Permutation source = evaluate(topology, bits);
    const std::vector<std::string> colours = colours_of(source, notes.live);
    std::vector<int32_t> input(static_cast<size_t>(n));  // that each line carries
    std::iota(input.begin(), input.end(), 0);
    const std::vector<int32_t> ends = stage_places({}, n);
    std::vector<int32_t> places = ends;
    Svg svg;
    draw_heading(svg, heading(notes.name, source));
    svg.text(LEFT - 12, TOP - 24, "input", " class=\"note\" text-anchor=\"end\"");
    for (int i = 0; i < n; ++i)
        svg.text(LEFT - 12, row_y(i) + 5, std::to_string(i), " text-anchor=\"end\"");

    int x = LEFT;
    int64_t crossed_count = 0;
    const auto draw_gap = [&](std::vector<int32_t> to) {
        const int next = x + gap_width(places, to);
        for (size_t line = 0; line < to.size(); ++line)
            svg.wire(curve(x, row_y(places[line]), next, row_y(to[line])),
                     colours[static_cast<size_t>(input[line])]);
        places = std::move(to);
        x = next;
    };
    for (int d = 0; d < topology.stage_count(); ++d) {
        const auto& stage = topology.stages[static_cast<size_t>(d)];
        draw_gap(stage_places(stage, n));
        svg.text(x + BOX / 2, TOP - 24, fmt::format("stage {}", d), NOTE);
        std::vector<bool> switched(input.size(), false);
        for (size_t i = 0; i < stage.size(); ++i) {
            const auto low = static_cast<size_t>(stage[i].low);
            const auto high = static_cast<size_t>(stage[i].high);
            const bool crossed = bits.at(d, static_cast<int>(i));
            const bool stuck = !notes.stuck.empty() && notes.stuck[static_cast<size_t>(d)][i] != 0;
            const int y = row_y(places[low]);
            switched[low] = switched[high] = true;
            crossed_count += crossed ? 1 : 0;
            svg.element(
                fmt::format("<g class=\"switch {0}{6}\"><title>stage {1}, switch {2}: lines {3} "
                            "and {4},{6} {0}</title>{5}</g>",
                            crossed ? "crossed" : "straight", d, i, stage[i].low, stage[i].high,
                            box(x, y, crossed, stuck), stuck ? " stuck" : ""));
            const int down = crossed ? ROW : 0;
            svg.element(fmt::format("<path d=\"{}\" stroke=\"{}\" stroke-width=\"2.6\"/>",
                                    curve(x, y, x + BOX, y + down),
                                    colours[static_cast<size_t>(input[low])]));
            svg.element(fmt::format("<path d=\"{}\" stroke=\"{}\" stroke-width=\"2.6\"/>",
                                    curve(x, y + ROW, x + BOX, y + ROW - down),
                                    colours[static_cast<size_t>(input[high])]));
            if (crossed) std::swap(input[low], input[high]);
        }
        for (size_t line = 0; line < input.size(); ++line)
            if (!switched[line])
                svg.wire(curve(x, row_y(places[line]), x + BOX, row_y(places[line])),
                         colours[static_cast<size_t>(input[line])]);
        x += BOX;
    }
    draw_gap(ends);
    draw_outputs(svg, x, source, notes.live);
    const int legend_y = row_y(n) + BOX_MARGIN;
    draw_legend(svg, legend_y, topology.switch_count(), crossed_count);
    return svg.document(std::max(x + RIGHT, LEFT + LEGEND_WIDTH), legend_y + LEGEND,
                        heading(notes.name, source));
}

/// Inputs come from above, outputs leave to the right.
std::string draw_selectors(const Topology& topology, const SwitchBits& bits,
                           const DrawingNotes& notes) {
    const int n = topology.lines;
    const Permutation source = evaluate(topology, bits);
    const std::vector<std::string> colours = colours_of(source, notes.live);
    const auto column = [](int i) { return LEFT + ROW / 2 + i * ROW; };
    const int right = column(n);
    Svg svg;
    draw_heading(svg, heading(notes.name, source));
    for (int i = 0; i < n; ++i) {
        svg.text(column(i), TOP - 26, std::to_string(i), CENTRED);
        svg.element(fmt::format("<path d=\"M{0} {1}V{2}M{3} {4}H{5}\" stroke=\"#ddd\"/>", column(i),
                                TOP - 18, row_y(n), LEFT, row_y(i), right));
    }
    for (int r = 0; r < n; ++r) {
        const int x = column(source[r]), y = row_y(r);
        svg.element(fmt::format("<path d=\"M{} {}V{}H{}\" stroke=\"{}\" stroke-width=\"2.6\"/>", x,
                                TOP - 18, y, right, colours[static_cast<size_t>(source[r])]));
    }
    for (int r = 0; r < n; ++r)
        svg.element(fmt::format(
            "<circle class=\"selected\" cx=\"{}\" cy=\"{}\" r=\"5.5\" "
            "fill=\"{}\" stroke=\"#222\"><title>output {} takes input {}"
            "</title></circle>",
            column(source[r]), row_y(r), colours[static_cast<size_t>(source[r])], r, source[r]));
    draw_outputs(svg, right, source, notes.live);
    const int legend_y = row_y(n) + ROW;
    svg.element(fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"5.5\" fill=\"#777\" stroke=\"#222\"/>",
                            LEFT, legend_y));
    svg.text(
        LEFT + 14, legend_y + 5,
        fmt::format("the input that an output selects ({} bits each)", topology.selector_bits));
    return svg.document(std::max(right + RIGHT, LEFT + LEGEND_WIDTH), legend_y + ROW,
                        heading(notes.name, source));
}

}  // namespace

std::string draw_svg(const Topology& topology, const SwitchBits& bits, const DrawingNotes& notes) {
    PERMLOOM_ASSERT(topology.lines >= 1 && topology.lines <= MAX_DRAWN_LINES);
    return topology.selector_bits > 0 ? draw_selectors(topology, bits, notes)
                                      : draw_network(topology, bits, notes);
}

}  // namespace permloom
