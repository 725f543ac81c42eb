#include "tools/permloom/chip_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "tools/permloom/chip_blocks.h"
#include "tools/permloom/console.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/plot/svg.h"

namespace permloom::cli {
namespace {

// Pixels.
constexpr double MARGIN = 24.0, TOP = 60.0;
constexpr double BLOCK_HEIGHT = 58.0, BLOCK_GAP = 26.0, BLOCK_PADDING = 9.0;
constexpr double HEADING = 24.0;     ///< of a layer, above its blocks
constexpr double MEMORY_GAP = 18.0;  ///< between a block and the memory below it
constexpr double ROW_GAP = 40.0;     ///< between layers: where their values go along
constexpr double BUS = 42.0;         ///< from the row bus to the layers
constexpr double ENTRY = 14.0;       ///< where values enter a block, from its left side
constexpr double LANE = 14.0;        ///< between values that pass layers by, at the right
constexpr double TITLE_SIZE = 12.0, LINE_SIZE = 11.0;
constexpr std::string_view GREY = "#888888", BLUE = "#0072b2", ORANGE = "#d55e00";

std::string_view fill_of(BlockKind kind) {
    switch (kind) {
        case BlockKind::memory:
            return "#dcebf7";
        case BlockKind::circuit:
            return "#fbe3d0";
        case BlockKind::devices:
            return "#d9f0e5";
        case BlockKind::sums:
            return "#eeeeee";
        case BlockKind::control:
            return "#f6edf2";
    }
    PERMLOOM_ASSERT(false);
    return "";
}

struct Box {
    Block block;
    double x = 0.0, y = 0.0, width = 0.0;

    double right() const { return x + width; }
    double bottom() const { return y + BLOCK_HEIGHT; }
    double middle() const { return y + BLOCK_HEIGHT / 2; }
    double centre() const { return x + width / 2; }
};

double width_of(const Block& block) {
    double width = text_width(block.title, TITLE_SIZE) * 1.16;  // bold
    for (const std::string& line : block.lines)
        width = std::max(width, text_width(line, LINE_SIZE));
    return width + 2 * BLOCK_PADDING;
}

/// A layer, or what stands before the first and behind the last one.
struct Row {
    std::vector<Box> boxes;
    std::optional<Box> wiring, skip;  ///< below them
    std::string heading;
    double top = 0.0, bottom = 0.0;

    double right() const { return std::max(boxes.back().right(), skip ? skip->right() : 0.0); }
    double entry() const { return boxes.front().x + ENTRY; }
    /// Where the row bus goes.
    const Box& loaded() const { return wiring ? *wiring : boxes.front(); }
};

/// Values from a row to another that is not the next one, or into its skip memory.
struct Edge {
    size_t from = 0, to = 0;  ///< rows
    bool adds = false;
    int bits = 0;
    int lane = 0;
};

Row row_of(const std::vector<Block>& blocks, double left, double top) {
    Row row;
    row.top = top;
    for (double x = left; const Block& block : blocks) {
        const double width = width_of(block);
        row.boxes.push_back({block, x, top + HEADING, width});
        x += width + BLOCK_GAP;
    }
    row.bottom = row.boxes.back().bottom() + 10.0;
    return row;
}

/// A memory below the block that reads it.
Box memory_below(const Box& reader, const Block& memory) {
    const double width = width_of(memory);
    return {memory, std::max(reader.centre() - width / 2, MARGIN + BUS),
            reader.bottom() + MEMORY_GAP, width};
}

Row row_of(const LayerBlocks& blocks, double top) {
    Row row = row_of(blocks.data, MARGIN + BUS, top);
    row.wiring = memory_below(row.boxes[blocks.wired], blocks.wiring);
    if (blocks.skip) row.skip = memory_below(row.boxes[blocks.post_op], *blocks.skip);
    row.bottom = row.wiring->bottom() + 10.0;
    return row;
}

std::string heading_of(const Chip& chip, size_t index, const PartEstimate& part) {
    const ChipLayer& layer = chip.layers[index];
    return fmt::format("layer {}, {}: {} cycles; about {} LUT4, {} flip-flops, {} block RAMs",
                       layer_text(chip, index), engine_text(layer), grouped(part.interval),
                       grouped(std::llround(part.cost.luts)), grouped(part.cost.flip_flops),
                       grouped(part.cost.rams));
}

/// Row 0 is the pixel loader beside the configuration loader, which ends at `left`, row l + 1 layer
/// l, and the last one the result unit.
std::vector<Row> rows_of(const Chip& chip, const Estimate& estimate, double left) {
    std::vector<Row> rows = {row_of({pixel_loader_block(chip)}, left + 2 * BLOCK_GAP, TOP)};
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        rows.push_back(row_of(layer_blocks(chip, l), rows.back().bottom + ROW_GAP));
        rows.back().heading = heading_of(chip, l, estimate.layers[l]);
    }
    rows.push_back(row_of({result_block(chip)}, MARGIN + BUS, rows.back().bottom + ROW_GAP));
    return rows;
}

std::vector<Edge> edges_of(const Chip& chip) {
    std::vector<Edge> edges;
    const auto add = [&](int from, size_t to, bool adds, int bits) {
        Edge edge{static_cast<size_t>(from + 1), to + 1, adds, bits, 0};
        // The first lane that nothing on these rows takes.
        const auto taken = [&](const Edge& other) {
            return other.lane == edge.lane && other.from <= edge.to && edge.from <= other.to;
        };
        while (std::ranges::any_of(edges, taken))
            ++edge.lane;
        edges.push_back(edge);
    };
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const int source = chip.source(l);
        if (source != static_cast<int>(l) - 1) add(source, l, false, layer.in_bits);
        if (layer.adds()) {
            const int skip = *layer.walk->skip;
            add(skip, l, true, chip.layers[static_cast<size_t>(skip)].value_bits());
        }
    }
    return edges;
}

void draw_box(Svg& svg, const Box& box) {
    svg.rectangle({box.x, box.y}, box.width, BLOCK_HEIGHT, fill_of(box.block.kind));
    svg.frame({box.x, box.y}, box.width, BLOCK_HEIGHT, {.colour = "#555555"});
    double y = box.y + 17.0;
    svg.text({box.centre(), y}, box.block.title,
             {.size = TITLE_SIZE, .anchor = Anchor::middle, .bold = true});
    for (const std::string& line : box.block.lines)
        svg.text({box.centre(), y += 16.0}, line, {.size = LINE_SIZE, .anchor = Anchor::middle});
}

void draw_row(Svg& svg, const Row& row) {
    const Stroke data{.colour = "#222222", .width = 1.5};
    if (!row.heading.empty())
        svg.text({row.entry() + ENTRY, row.top + 14.0}, row.heading,
                 {.size = TITLE_SIZE, .colour = "#444444"});
    for (size_t i = 0; i < row.boxes.size(); ++i) {
        draw_box(svg, row.boxes[i]);
        if (i > 0)
            svg.arrow({row.boxes[i - 1].right(), row.boxes[i].middle()},
                      {row.boxes[i].x, row.boxes[i].middle()}, data);
    }
    for (const auto* memory : {&row.wiring, &row.skip}) {
        if (!*memory) continue;
        const Box& box = **memory;
        draw_box(svg, box);
        svg.arrow({box.centre(), box.y}, {box.centre(), box.y - MEMORY_GAP}, data);
    }
}

/// From a row to the next one, with the width of a value.
void draw_link(Svg& svg, const Row& from, const Row& to, const std::string& label) {
    const Stroke data{.colour = "#222222", .width = 1.5};
    const Box& last = from.boxes.back();
    // Right of a memory that stands below it.
    const double x = last.right() - ENTRY, y = from.bottom + 10.0;
    if (from.skip && from.skip->right() + 6.0 > x)
        svg.polyline({{last.right(), last.middle() + 16.0},
                      {from.right() + 8.0, last.middle() + 16.0},
                      {from.right() + 8.0, y},
                      {to.entry(), y}},
                     data);
    else
        svg.polyline({{x, last.bottom()}, {x, y}, {to.entry(), y}}, data);
    svg.arrow({to.entry(), y}, {to.entry(), to.boxes.front().y}, data);
    svg.text({to.entry() + 6.0, y + 12.0}, label, {.size = LINE_SIZE, .colour = GREY});
}

void draw_edge(Svg& svg, const Edge& edge, const std::vector<Row>& rows, double lanes_from) {
    const Stroke stroke{.colour = edge.adds ? ORANGE : BLUE, .width = 1.5};
    const Box& out = rows[edge.from].boxes.back();
    const double x = lanes_from + LANE * edge.lane;
    // Values leave below the middle, so that several of them stay apart from the frame.
    const double y = out.middle() + (edge.adds ? 8.0 : -8.0);
    const std::string label = fmt::format("{} bit", edge.bits);
    if (edge.adds) {
        const Box& skip = *rows[edge.to].skip;
        svg.polyline({{out.right(), y}, {x, y}, {x, skip.middle()}}, stroke);
        svg.arrow({x, skip.middle()}, {skip.right(), skip.middle()}, stroke);
        svg.text({skip.right() + 6.0, skip.middle() - 4.0}, label,
                 {.size = LINE_SIZE, .colour = ORANGE});
        return;
    }
    const Box& in = rows[edge.to].boxes.front();
    const double above = rows[edge.to].top - 8.0, into = rows[edge.to].entry();
    svg.polyline({{out.right(), y}, {x, y}, {x, above}, {into, above}}, stroke);
    svg.arrow({into, above}, {into, in.y}, stroke);
    svg.text({into + 6.0, above - 4.0}, label, {.size = LINE_SIZE, .colour = BLUE});
}

}  // namespace

std::string draw_chip(const Chip& chip, const Estimate& estimate) {
    Box loader{loader_block(chip), MARGIN - 8.0, TOP + HEADING, 0.0};
    loader.width = width_of(loader.block);
    const std::vector<Row> rows = rows_of(chip, estimate, loader.right());
    const std::vector<Edge> edges = edges_of(chip);
    const Cost total = estimate.total();
    const std::string title = fmt::format("chip {} for target {}", chip.name, chip.target);
    const std::string about = fmt::format(
        "fingerprint {}; one image every {} cycles, latency {}, a load takes {}; about {} LUT4, "
        "{} flip-flops, {} block RAMs",
        to_hex(fingerprint(chip), 16), grouped(estimate.interval), grouped(estimate.latency),
        grouped(estimate.load_cycles), grouped(std::llround(total.luts)), grouped(total.flip_flops),
        grouped(total.rams));

    double right = text_width(about, LINE_SIZE) + MARGIN;
    for (const Row& row : rows)
        right = std::max(
            {right, row.right() + 10.0, row.entry() + ENTRY + text_width(row.heading, TITLE_SIZE)});
    int lanes = 0;
    for (const Edge& edge : edges)
        lanes = std::max(lanes, edge.lane + 1);
    const double lanes_from = right + LANE;
    if (lanes > 0) right = lanes_from + LANE * (lanes - 1);

    Svg svg(right + MARGIN, rows.back().bottom + MARGIN);
    svg.text({MARGIN - 8.0, 28.0}, title, {.size = 16.0, .bold = true});
    svg.text({MARGIN - 8.0, 50.0}, about, {.size = LINE_SIZE, .colour = "#444444"});

    // The row bus goes down the left side, into the memory of every layer.
    draw_box(svg, loader);
    svg.line({MARGIN, loader.bottom()}, {MARGIN, rows.back().loaded().middle()},
             {.colour = GREY, .width = 3.0});
    svg.text({MARGIN + 6.0, loader.bottom() + 14.0}, "row bus",
             {.size = LINE_SIZE, .colour = GREY});
    for (size_t r = 1; r < rows.size(); ++r)
        svg.arrow({MARGIN, rows[r].loaded().middle()},
                  {rows[r].loaded().x, rows[r].loaded().middle()}, {.colour = GREY, .width = 2.0});

    for (const Row& row : rows)
        draw_row(svg, row);
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        if (chip.source(l) == static_cast<int>(l) - 1)
            draw_link(svg, rows[l], rows[l + 1],
                      l == 0 ? fmt::format("{} x {} bit", chip.pixels_per_beat(), layer.in_bits)
                             : fmt::format("{} bit", layer.in_bits));
    }
    draw_link(svg, rows[rows.size() - 2], rows.back(), "32 bit");
    for (const Edge& edge : edges)
        draw_edge(svg, edge, rows, lanes_from);
    return svg.document();
}

}  // namespace permloom::cli
