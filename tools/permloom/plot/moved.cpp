#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/base/rng.h"
#include "tools/permloom/plot/plot.h"
#include "tools/permloom/plot/svg.h"
#include "tools/permloom/plot/wiring.h"

namespace permloom::cli {
namespace {

constexpr double IMAGE = 336.0, LEFT = 24.0, TOP = 86.0, BETWEEN = 96.0;
/// The second is as far from the first as two colours on grey can be, for any colour vision.
constexpr std::string_view ARROWS[] = {"#0072b2", "#e66100"};

/// Where an image lies on the page.
struct Placed {
    const WeightImage& image;
    PlotPoint corner;

    double cell() const { return IMAGE / std::max(image.rows, image.columns); }
    PlotPoint centre(int32_t line) const {
        return {corner.x + (line % image.columns + 0.5) * cell(),
                corner.y + (line / image.columns + 0.5) * cell()};
    }
};

void draw_image(Svg& svg, const Placed& placed, float least, float most, const std::string& title) {
    const WeightImage& image = placed.image;
    const double cell = placed.cell();
    for (size_t line = 0; line < image.weights.size(); ++line) {
        const float range = std::max(most - least, 1e-30F);
        // Light greys alone: arrows are to be seen on every weight.
        const auto grey = static_cast<int>(90.0F + 165.0F * (image.weights[line] - least) / range);
        const PlotPoint centre = placed.centre(static_cast<int32_t>(line));
        svg.rectangle({centre.x - cell / 2, centre.y - cell / 2}, cell + 0.2, cell + 0.2,
                      fmt::format("#{0:02x}{0:02x}{0:02x}", grey));
    }
    svg.frame(placed.corner, image.columns * cell, image.rows * cell, {.colour = "#888888"});
    svg.text({placed.corner.x, placed.corner.y - 9.0}, title, {.bold = true});
}

}  // namespace

std::string plot_moved(const std::string& after, const std::string& before, int layer, int neuron,
                       int arrows) {
    const Checkpoint trained = load_plotted(after);
    const WeightImage last = weight_image(trained, layer, neuron);
    const WeightImage first = before.empty() ? initial_weight_image(trained, layer, neuron)
                                             : weight_image(load_plotted(before), layer, neuron);
    if (first.weights.size() != last.weights.size())
        throw Error(before, fmt::format("its neuron reads {} lines, that of {} {}",
                                        first.weights.size(), after, last.weights.size()));

    // Devices of value 0 are no wires: where they went does not show.
    std::vector<size_t> moved;
    for (size_t rank = 0; rank < first.source.size(); ++rank)
        if (first.source[rank] != last.source[rank] &&
            last.weights[static_cast<size_t>(last.source[rank])] != 0.0F)
            moved.push_back(rank);

    Svg svg(2.0 * LEFT + 2.0 * IMAGE + BETWEEN, TOP + IMAGE + 24.0);
    const auto shown = std::min(moved.size(), static_cast<size_t>(arrows));
    svg.text({LEFT, 24.0},
             fmt::format("{}, layer {}, neuron {}", trained.network.name, layer, neuron),
             {.size = 15.0, .bold = true});
    svg.text({LEFT, 44.0},
             fmt::format("{} of {} weights changed their place; arrows follow {} of them, evenly "
                         "taken from the smallest to the largest (dark to light)",
                         moved.size(), last.weights.size(), shown),
             {.size = 11.0, .colour = "#555555"});
    const auto [least, most] = std::minmax_element(last.weights.begin(), last.weights.end());
    const Placed left{first, {LEFT, TOP}}, right{last, {LEFT + IMAGE + BETWEEN, TOP}};
    draw_image(svg, left, *least, *most, before.empty() ? "before training" : before);
    draw_image(svg, right, *least, *most, before.empty() ? "after training" : after);
    Rng colours(1);
    for (size_t i = 0; i < shown; ++i) {
        const size_t rank = moved[(2 * i + 1) * moved.size() / (2 * shown)];
        const std::string_view colour = ARROWS[colours.below(2)];
        const PlotPoint from = left.centre(first.source[rank]);
        svg.circle(from, 2.2, colour);
        svg.arrow(from, right.centre(last.source[rank]),
                  {.colour = colour, .width = 1.2, .opacity = 0.85});
    }
    return svg.document();
}

}  // namespace permloom::cli
