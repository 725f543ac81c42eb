/// The circuits against `evaluate` and the routers, which know topologies and nothing of Verilog.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/perm/circuits.h"
#include "compiler/perm/evaluate.h"
#include "tests/rtl/bench.h"

using namespace permloom;
using test::Row;
using test::simulate;

namespace {

/// A circuit by its name here and in network_tb.
struct Cell {
    const char* name;
    int number;
};
constexpr Cell AS_WAKSMAN{"as-waksman", 0}, BENES{"benes", 1}, CROSSBAR{"crossbar", 3};

/// All switches of a network, or all bits of a selector circuit, at 1.
SwitchBits all_ones(const Topology& topology) {
    SwitchBits bits(topology.row_widths());
    for (int d = 0; d < bits.row_count(); ++d)
        for (int i = 0; i < bits.width(d); ++i)
            bits.set(d, i);
    return bits;
}

/// The bits of both.
SwitchBits both(SwitchBits bits, const SwitchBits& mask) {
    for (int d = 0; d < bits.row_count(); ++d)
        for (int i = 0; i < bits.width(d); ++i)
            bits.set(d, i, bits.at(d, i) && mask.at(d, i));
    return bits;
}

/// Streams `items` settings, `setting(i)` each, through the cell; switches outside `present` are
/// not built.
template <class Setting>
std::string stream(const Cell& cell, int lines, int width, int register_every, int items,
                   const SwitchBits& present, const Setting& setting) {
    const Topology topology = circuit_named(cell.name).topology(lines);
    std::string vectors;
    for (int item = 0; item < items; ++item) {
        const SwitchBits bits = setting(item);
        Row row;
        row.put(bits);
        const Permutation source = evaluate(topology, both(bits, present));
        for (int slot = 0; slot < lines; ++slot)
            row.put(static_cast<uint64_t>(source[slot]), width);
        vectors += row.hex() + "\n";
    }
    Row mask;
    mask.put(present);
    return simulate({.top = "network_tb",
                     .parameters = {{"CIRCUIT", cell.number},
                                    {"LINES", lines},
                                    {"WIDTH", width},
                                    {"REGISTER_EVERY", register_every},
                                    {"ITEMS", items}},
                     .macros = {{"PRESENT", fmt::format("{}'h{}", mask.bit_count(), mask.hex())}},
                     .files = {{"vectors.hex", vectors}}});
}

template <class Setting>
std::string stream(const Cell& cell, int lines, int width, int register_every, int items,
                   const Setting& setting) {
    return stream(cell, lines, width, register_every, items,
                  all_ones(circuit_named(cell.name).topology(lines)), setting);
}

/// Settings of the switches, bit i of `setting` for switch i counted over all stages.
SwitchBits setting_of(const Topology& topology, uint64_t setting) {
    SwitchBits bits(topology.row_widths());
    for (int d = 0; d < bits.row_count(); ++d)
        for (int i = 0; i < bits.width(d); ++i, setting >>= 1)
            bits.set(d, i, (setting & 1) != 0);
    return bits;
}

SwitchBits random_setting(const Topology& topology, Rng& rng) {
    SwitchBits bits(topology.row_widths());
    for (int d = 0; d < bits.row_count(); ++d)
        for (int i = 0; i < bits.width(d); ++i)
            bits.set(d, i, rng.chance(0.5));
    return bits;
}

std::string pass(int items) {
    return fmt::format("PASS {}\n", items);
}

/// Rows of bitonic_tb for `sources`, the bits as the C++ circuit latches them.
std::string bitonic_rows(const std::vector<Permutation>& sources) {
    const Circuit& bitonic = circuit_named("bitonic");
    std::string rows;
    for (const Permutation& source : sources) {
        Row row;
        row.put(bitonic.route(source));
        const Permutation slot_of_line = source.inverse();
        for (const Permutation* p : {&slot_of_line, &source})
            for (const int32_t value : p->values())
                row.put(static_cast<uint64_t>(value), test::index_bits(source.size()));
        rows += row.hex() + "\n";
    }
    return rows;
}

std::string sort(const std::vector<Permutation>& sources, int width, int register_every) {
    return simulate({.top = "bitonic_tb",
                     .parameters = {{"LINES", sources.front().size()},
                                    {"WIDTH", width},
                                    {"REGISTER_EVERY", register_every},
                                    {"ITEMS", static_cast<int>(sources.size())}},
                     .macros = {},
                     .files = {{"vectors.hex", bitonic_rows(sources)}}});
}

std::vector<Permutation> all_permutations(int n) {
    std::vector<int32_t> values;
    for (int i = 0; i < n; ++i)
        values.push_back(i);
    std::vector<Permutation> all;
    do
        all.emplace_back(values);
    while (std::next_permutation(values.begin(), values.end()));
    return all;
}

std::vector<Permutation> random_permutations(int n, int count, Rng& rng) {
    std::vector<Permutation> some;
    for (int i = 0; i < count; ++i)
        some.push_back(Permutation::random(n, rng));
    return some;
}

}  // namespace

TEST_CASE("pl_as_waksman and pl_benes -- every setting of every switch, to six and five lines") {
    const auto [cell, most] = GENERATE(table<Cell, int>({{AS_WAKSMAN, 6}, {BENES, 5}}));
    for (int lines = 1; lines <= most; ++lines) {
        const Topology topology = circuit_named(cell.name).topology(lines);
        const int items = 1 << topology.switch_count();
        INFO(cell.name << " of " << lines << " lines");
        const auto setting = [&](int i) { return setting_of(topology, static_cast<uint64_t>(i)); };
        CHECK(stream(cell, lines, 4, 1, items, setting) == pass(items));
    }
}

TEST_CASE("pl_as_waksman and pl_benes -- random settings, words of several lines, registers") {
    const auto cell = GENERATE(values<Cell>({AS_WAKSMAN, BENES}));
    Rng rng(7);
    struct Case {
        int lines, width, register_every;
    };
    // Full and partial last words, one line a word, partners within and across words; registers
    // after every stage, some stages, the last stage, none.
    for (const auto& [lines, width, register_every] : {Case{7, 3, 1},
                                                       {8, 8, 0},
                                                       {9, 33, 2},
                                                       {13, 4, 3},
                                                       {17, 8, 1},
                                                       {24, 8, 9},
                                                       {31, 5, 100},
                                                       {33, 16, 2},
                                                       {33, 8, 0},
                                                       {64, 8, 1},
                                                       {64, 7, 4},
                                                       {70, 8, 1}}) {
        const Topology topology = circuit_named(cell.name).topology(lines);
        INFO(cell.name << ", " << lines << " lines of " << width << " bits, a register every "
                       << register_every);
        const auto setting = [&](int) { return random_setting(topology, rng); };
        CHECK(stream(cell, lines, width, register_every, 24, setting) == pass(24));
    }
}

TEST_CASE("pl_as_waksman and pl_benes -- a switch that is not built stays straight") {
    const auto cell = GENERATE(values<Cell>({AS_WAKSMAN, BENES}));
    Rng rng(6);
    for (const int lines : {2, 3, 8, 13, 33}) {
        const Topology topology = circuit_named(cell.name).topology(lines);
        const auto setting = [&](int) { return random_setting(topology, rng); };
        INFO(cell.name << ", " << lines << " lines");
        CHECK(stream(cell, lines, 5, lines % 3, 24, random_setting(topology, rng), setting) ==
              pass(24));
    }
}

TEST_CASE("pl_crossbar -- every permutation to five lines, random ones above") {
    const Circuit& crossbar = circuit_named("crossbar");
    for (int lines = 1; lines <= 5; ++lines) {
        const std::vector<Permutation> sources = all_permutations(lines);
        const int items = static_cast<int>(sources.size());
        const auto setting = [&](int i) { return crossbar.route(sources[static_cast<size_t>(i)]); };
        INFO(lines << " lines");
        CHECK(stream(CROSSBAR, lines, 3, lines % 2, items, setting) == pass(items));
    }
    Rng rng(8);
    for (const int lines : {13, 33, 64}) {
        const auto setting = [&](int) { return crossbar.route(Permutation::random(lines, rng)); };
        INFO(lines << " lines");
        CHECK(stream(CROSSBAR, lines, 7, 1, 20, setting) == pass(20));
    }
}

TEST_CASE("pl_bitonic -- sets itself for every permutation to five lines, as the router would") {
    for (int lines = 1; lines <= 5; ++lines)
        for (const int register_every : {0, 1, 2}) {
            const std::vector<Permutation> sources = all_permutations(lines);
            INFO(lines << " lines, a register every " << register_every);
            CHECK(sort(sources, test::index_bits(lines), register_every) ==
                  pass(static_cast<int>(sources.size())));
        }
}

TEST_CASE("pl_bitonic -- sets itself for random permutations") {
    Rng rng(9);
    struct Case {
        int lines, width, register_every;
    };
    for (const auto& [lines, width, register_every] :
         {Case{6, 5, 1}, {7, 3, 3}, {8, 8, 1}, {13, 8, 1}, {13, 4, 2}, {33, 8, 5}, {64, 9, 1}}) {
        INFO(lines << " lines of " << width << " bits, a register every " << register_every);
        CHECK(sort(random_permutations(lines, 10, rng), width, register_every) == pass(10));
    }
}

TEST_CASE("pl_index_memory -- reads every wiring, on time") {
    Rng rng(10);
    struct Case {
        int lines, width, lanes;
    };
    for (const auto& [lines, width, lanes] : {Case{1, 3, 1},
                                              {2, 3, 1},
                                              {4, 8, 2},
                                              {5, 4, 2},
                                              {5, 4, 5},
                                              {13, 7, 3},
                                              {33, 8, 1},
                                              {64, 8, 16}}) {
        std::string rows;
        const int items = 30;
        for (int i = 0; i < items; ++i) {
            Row row;
            const Permutation source = Permutation::random(lines, rng);
            for (const int32_t line : source.values())
                row.put(static_cast<uint64_t>(line), test::index_bits(lines));
            rows += row.hex() + "\n";
        }
        for (const int stall : {0, 1}) {
            INFO(lines << " lines, " << lanes << " lanes, stall " << stall);
            CHECK(simulate({.top = "index_memory_tb",
                            .parameters = {{"LINES", lines},
                                           {"WIDTH", width},
                                           {"LANES", lanes},
                                           {"ITEMS", items},
                                           {"STALL", stall}},
                            .macros = {},
                            .files = {{"vectors.hex", rows}}}) == pass(items));
        }
    }
}
