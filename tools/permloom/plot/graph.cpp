#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/error.h"
#include "tools/permloom/plot/plot.h"
#include "tools/permloom/plot/svg.h"
#include "tools/permloom/plot/wiring.h"

namespace permloom::cli {
namespace {

constexpr double GRID = 448.0, LEFT = 24.0, TOP = 70.0;
constexpr double NODES = LEFT + GRID + 240.0, PICTURE = 76.0;
constexpr int OUTPUT_LIMIT = 32, PIXEL_LIMIT = 4096;

/// Colours of the outputs: the eight of lines, then two more for the ten digits.
std::string_view output_colour(int output) {
    constexpr std::string_view MORE[] = {"#8c564b", "#17a2a2"};
    return output % 10 < 8 ? series_colour(static_cast<size_t>(output % 10))
                           : MORE[output % 10 - 8];
}

/// Which lines each output is wired to, as a small image of its own.
void draw_picture(Svg& svg, const WeightImage& image, PlotPoint corner, std::string_view colour) {
    const double cell = PICTURE / std::max(image.rows, image.columns);
    svg.frame(corner, image.columns * cell, image.rows * cell, {.colour = "#bbbbbb"});
    const auto columns = static_cast<size_t>(image.columns);
    for (size_t line = 0; line < image.weights.size(); ++line)
        if (image.weights[line] != 0.0F)
            // A little larger than a cell: viewers leave hairlines between neighbours.
            svg.rectangle({corner.x + static_cast<double>(line % columns) * cell,
                           corner.y + static_cast<double>(line / columns) * cell},
                          cell + 0.15, cell + 0.15, colour);
}

}  // namespace

std::string plot_graph(const std::string& run) {
    const Checkpoint checkpoint = load_plotted(run);
    const NetworkSpec& network = checkpoint.network;
    const LayerSpec& layer = network.layers.front();
    if (network.layers.size() != 1)
        throw Error(run,
                    fmt::format("its network has {} layers, a graph is drawn of one",
                                network.layers.size()),
                    "train f1, for example");
    if (layer.outputs > OUTPUT_LIMIT || layer.lines() > PIXEL_LIMIT)
        throw Error(run, fmt::format("{} x {} wires are too many for a picture", layer.lines(),
                                     layer.outputs));
    std::vector<WeightImage> images;
    for (int output = 0; output < layer.outputs; ++output)
        images.push_back(weight_image(checkpoint, 0, output));
    const int rows = images.front().rows, columns = images.front().columns;
    const double cell = GRID / std::max(rows, columns);
    const double pitch = PICTURE + 12.0, height = std::max(GRID, layer.outputs * pitch);
    const double grid_top = TOP + 0.5 * (height - rows * cell);
    const auto pixel = [&](size_t line) {
        const auto width = static_cast<size_t>(columns);
        return PlotPoint{LEFT + (static_cast<double>(line % width) + 0.5) * cell,
                         grid_top + (static_cast<double>(line / width) + 0.5) * cell};
    };
    const auto node = [&](int output) {
        return PlotPoint{NODES, TOP + (output + 0.5) * height / layer.outputs};
    };

    Svg svg(NODES + 48.0 + PICTURE + 24.0, TOP + height + 16.0);
    size_t wires = 0;
    std::vector<int> used(static_cast<size_t>(layer.lines()), 0);
    for (int output = 0; output < layer.outputs; ++output) {
        const auto& weights = images[static_cast<size_t>(output)].weights;
        for (size_t line = 0; line < weights.size(); ++line) {
            if (weights[line] == 0.0F) continue;
            ++wires;
            ++used[line];
            svg.line(pixel(line), node(output),
                     {.colour = output_colour(output), .width = 0.5, .opacity = 0.14});
        }
    }
    // Pixels over the wires: the darker, the more outputs they are wired to.
    for (size_t line = 0; line < used.size(); ++line) {
        const int grey = 235 - 215 * used[line] / layer.outputs;
        svg.circle(pixel(line), 0.3 * cell, fmt::format("#{0:02x}{0:02x}{0:02x}", grey));
    }
    for (int output = 0; output < layer.outputs; ++output) {
        const PlotPoint at = node(output);
        svg.circle(at, 13.0, output_colour(output));
        svg.text({at.x, at.y + 4.5}, std::to_string(output),
                 {.size = 13.0, .anchor = Anchor::middle, .colour = "white", .bold = true});
        draw_picture(svg, images[static_cast<size_t>(output)], {at.x + 30.0, at.y - 0.5 * PICTURE},
                     output_colour(output));
    }
    svg.text({LEFT, 24.0},
             fmt::format("{} on {}, {} wires", network.name, checkpoint.dataset, wires),
             {.size = 15.0, .bold = true});
    svg.text(
        {LEFT, 44.0},
        "left: the pixels, the darker the more outputs are wired to them; right: the pixels of "
        "each output",
        {.size = 11.0, .colour = "#555555"});
    return svg.document();
}

}  // namespace permloom::cli
