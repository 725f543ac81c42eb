#include "compiler/perm/draw.h"

#include <catch2/catch.hpp>
#include <set>

#include "compiler/base/error.h"
#include "compiler/base/rng.h"
#include "compiler/perm/circuits.h"
#include "compiler/perm/stage_places.h"

using namespace permloom;

namespace {

int64_t count(const std::string& text, const std::string& part) {
    int64_t found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

int64_t crossed_switches(const SwitchBits& bits) {
    int64_t crossed = 0;
    for (int row = 0; row < bits.row_count(); ++row)
        for (int i = 0; i < bits.width(row); ++i)
            crossed += bits.at(row, i) ? 1 : 0;
    return crossed;
}

}  // namespace

TEST_CASE("draw -- shows every switch as it is set, and what each output takes") {
    Rng rng(3);
    for (const auto& circuit : all_circuits())
        for (const int n : {1, 2, 3, 8, 13, MAX_DRAWN_LINES}) {
            CAPTURE(circuit->name(), n);
            const Permutation source = Permutation::random(n, rng);
            const Topology topology = circuit->topology(n);
            const SwitchBits bits = circuit->route(source);
            const std::string svg = draw_svg(
                topology, bits, {.name = std::string(circuit->name()), .live = {}, .stuck = {}});
            CHECK(count(svg, "<svg ") == 1);
            CHECK(count(svg, "</svg>") == 1);
            CHECK(count(svg, "<g ") == count(svg, "</g>"));
            for (int r = 0; r < n; ++r)
                CHECK(count(svg, ">" + std::to_string(r) + " \u2190 " + std::to_string(source[r]) +
                                     "<") == 1);
            const bool selects = topology.selector_bits > 0;
            CHECK(count(svg, "class=\"selected\"") == (selects ? n : 0));
            const int64_t crossed = selects ? 0 : crossed_switches(bits);
            CHECK(count(svg, "class=\"switch crossed\"") == crossed);
            CHECK(count(svg, "class=\"switch straight\"") == topology.switch_count() - crossed);
        }
}

TEST_CASE("draw -- a way has one colour from its input to its output, no two the same") {
    const int n = MAX_DRAWN_LINES;
    const Topology topology = make_crossbar()->topology(n);
    const std::string svg =
        draw_svg(topology, make_crossbar()->route(Permutation::identity(n)), {});
    std::set<std::string> colours;
    const std::string mark = "stroke=\"#222\"><title>output ", fill = "fill=\"#";
    for (size_t at = svg.find(mark); at != std::string::npos; at = svg.find(mark, at + 1))
        colours.insert(svg.substr(svg.rfind(fill, at) + fill.size(), 6));
    CHECK(colours.size() == static_cast<size_t>(n));
}

TEST_CASE("draw -- refuses bits of another circuit and escapes the name") {
    const Topology topology = make_benes()->topology(4);
    CHECK_THROWS_AS(draw_svg(topology, make_benes()->route(Permutation::identity(8)), {}), Error);
    const std::string svg = draw_svg(topology, make_benes()->route(Permutation::identity(4)),
                                     {.name = "a<b&c", .live = {}, .stuck = {}});
    CHECK(count(svg, "a&lt;b&amp;c, n = 4: 0 1 2 3") == 2);
    CHECK(count(svg, "a<b") == 0);
}

TEST_CASE("draw -- shows open outputs and stuck switches") {
    const auto benes = make_benes();
    const Topology topology = benes->topology(8);
    DrawingNotes notes{.name = "benes", .live = {1, 0, 1, 1, 0, 1, 1, 1}, .stuck = {}};
    for (const auto& stage : topology.stages)
        notes.stuck.emplace_back(stage.size(), uint8_t{0});
    notes.stuck[1][2] = notes.stuck[4][0] = 1;
    const std::string svg = draw_svg(topology, benes->route(Permutation::identity(8)), notes);
    CHECK(count(svg, " open<") == 2);
    CHECK(count(svg, ">1 open<") == 1);
    CHECK(count(svg, " stuck\"><title>") == 2);
    CHECK(count(svg, "stage 1, switch 2: lines") == 1);
    CHECK(count(svg, "and 6, stuck straight") + count(svg, "and 7, stuck straight") == 1);
}

TEST_CASE("stage places -- the lines of a switch stand side by side, in order of the low line") {
    CHECK(stage_places({}, 3) == std::vector<int32_t>{0, 1, 2});
    CHECK(stage_places({{0, 2}, {1, 4}}, 5) == std::vector<int32_t>{0, 2, 1, 4, 3});
    for (const auto& circuit : all_circuits()) {
        const Topology topology = circuit->topology(37);
        for (const auto& stage : topology.stages) {
            const std::vector<int32_t> places = stage_places(stage, 37);
            CHECK_NOTHROW(Permutation(places));
            for (const Switch& one : stage)
                CHECK(places[static_cast<size_t>(one.high)] ==
                      places[static_cast<size_t>(one.low)] + 1);
        }
    }
}
