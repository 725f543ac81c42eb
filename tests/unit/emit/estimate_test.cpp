#include "compiler/emit/estimate.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/emit/cell_cost.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/expand.h"
#include "tests/support/random_chip.h"

using namespace permloom;

namespace {

/// As Yosys 0.23 has mapped pl_stage_memory: 0 block RAMs are flip-flops.
struct Mapped {
    int width, depth, rams;
};
constexpr Mapped MAPPED[] = {
    {10, 4700, 13}, {10, 9400, 25}, {10, 604, 2},   {10, 2048, 5}, {10, 2304, 6}, {10, 2305, 7},
    {10, 1300, 4},  {10, 256, 1},   {8, 8, 0},      {8, 9, 1},     {32, 3, 0},    {32, 5, 2},
    {20, 6, 0},     {20, 7, 2},     {16, 4, 0},     {16, 5, 1},    {1, 64, 0},    {1, 100, 1},
    {97, 10, 7},    {97, 4, 0},     {17, 600, 4},   {5, 1500, 2},  {3, 5000, 4},  {12, 3000, 9},
    {16, 2687, 12}, {31, 1493, 12}, {32, 3285, 26}, {97, 380, 13}, {7, 7942, 14}, {9, 5536, 13},
};

const PartEstimate& part_named(const Estimate& result, const std::string& name) {
    for (const PartEstimate& part : result.rest)
        if (part.name == name) return part;
    FAIL("no part " << name);
    return result.rest.front();
}

test::ChipShape small(Engine engine, int lanes, int contexts) {
    return {.inputs = 9,
            .layers = {{.outputs = 5, .shared_profile = true, .engine = engine, .lanes = lanes},
                       {.outputs = 3, .shared_profile = false, .engine = engine, .lanes = lanes}},
            .contexts = contexts};
}

}  // namespace

TEST_CASE("memory_cost -- block RAMs are those that Yosys takes") {
    for (const Mapped& one : MAPPED) {
        const Cost cost = memory_cost(one.width, one.depth);
        INFO(one.width << " bits, " << one.depth << " rows");
        CHECK(cost.rams == one.rams);
        CHECK(cost.memory_bits == one.width * one.depth);
        // Flip-flops: the rows and the read register, or what selects between block RAMs.
        if (one.rams == 0) CHECK(cost.flip_flops == one.width * (one.depth + 1));
        if (one.rams > 0) CHECK(cost.flip_flops <= 6);
    }
}

TEST_CASE("memory_cost -- columns that nobody reads save whole block RAMs alone") {
    std::vector<uint8_t> columns(32, 1);
    CHECK(memory_cost(columns, 100) == memory_cost(32, 100));
    columns[0] = columns[31] = 0;
    CHECK(memory_cost(columns, 100).rams == 2);
    std::fill(columns.begin(), columns.begin() + 16, 0);
    CHECK(memory_cost(columns, 100).rams == 1);
    // Of flip-flops every column counts.
    CHECK(memory_cost(columns, 2).flip_flops == 15 * 3);
    std::ranges::fill(columns, 0);
    CHECK(memory_cost(columns, 100) == Cost{});
}

TEST_CASE("tail_rows -- few rows that cost every port a block RAM stand in registers") {
    CHECK(tail_rows(8, 1568, 5) == 32);
    CHECK(tail_rows(8, 514, 2) == 2);
    CHECK(tail_rows(8, 1568, 1) == 0);
    CHECK(tail_rows(8, 1536, 5) == 0);
    CHECK(tail_rows(8, 1600, 5) == 0);
    CHECK(tail_rows(8, 16, 4) == 0);
}

TEST_CASE("as_waksman -- LUTs and flip-flops are those of the catalogue, 2 a switch and bit") {
    for (const auto& [lines, luts, flip_flops] :
         {std::tuple{8, 272, 320}, {16, 784, 896}, {32, 2064, 2304}}) {
        std::vector<uint8_t> live;
        const Cost cost =
            cells::as_waksman(std::vector<uint8_t>(static_cast<size_t>(lines), 1), 8, live);
        CHECK(cost.luts == luts);
        CHECK(cost.flip_flops == flip_flops);
        CHECK(std::ranges::count(live, 1) == lines);
    }
}

TEST_CASE("as_waksman -- what leads to dead slots alone is not built") {
    std::vector<uint8_t> live;
    // One live slot: a multiplexer in every stage, and all lines at the entry.
    const Cost one = cells::as_waksman({1, 0, 0, 0}, 1, live);
    CHECK(one.luts < 2 * as_waksman_topology(4).switch_count());
    CHECK(one.flip_flops < 4 * 3);
    const Cost none = cells::as_waksman({0, 0, 0, 0}, 1, live);
    CHECK(none.luts == 0);
    CHECK(none.flip_flops == 0);
}

TEST_CASE("adder_tree -- without constants every adder has the bits of its level") {
    // As synthesised: LUTs and flip-flops.
    const auto terms = [](int count, int bits) {
        const int64_t high = (int64_t{1} << (bits - 1)) - 1;
        return std::vector<cells::Term>(static_cast<size_t>(count), {-high, high, 0});
    };
    CHECK(cells::adder_tree(terms(64, 12), 12, 18).luts == 876);
    CHECK(cells::adder_tree(terms(64, 9), 9, 15).flip_flops == 687);
    CHECK(cells::adder_tree(terms(10, 10), 10, 14).luts == 106);
    CHECK(cells::adder_tree(terms(10, 10), 10, 14).flip_flops == 128);
}

TEST_CASE("load_words -- is the length of the load stream") {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        Rng rng(seed);
        const Chip chip = seed % 2 == 0 ? test::random_chip(test::random_shape(rng), rng)
                                        : test::random_walking_chip(rng);
        const test::Wiring wiring = test::random_wiring(chip, rng);
        INFO("seed " << seed);
        CHECK(load_words(chip) ==
              static_cast<int64_t>(expand(chip, wiring.configuration).words.size()));
    }
}

TEST_CASE("estimate -- cycles are those of the chip, and parts add up") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        Rng rng(seed);
        const Chip chip = seed % 2 == 0 ? test::random_chip(test::random_shape(rng), rng)
                                        : test::random_walking_chip(rng);
        const Estimate result = estimate(chip);
        INFO("seed " << seed);
        CHECK(result.interval == chip_interval(chip));
        CHECK(result.latency == chip_latency(chip));
        int64_t load_cycles = load_words(chip) + 1;
        for (const ChipLayer& layer : chip.layers)
            for (int j = 0; layer.decoder != Decoder::none && j < layer.outputs; ++j)
                load_cycles += code_cycles(layer, j) - code_words(layer);
        CHECK(result.load_cycles == load_cycles);
        CHECK(result.rough == (seed % 2 == 1));
        Cost sum;
        for (size_t l = 0; l < chip.layers.size(); ++l) {
            sum += result.layers[l].cost;
            CHECK(result.layers[l].cost == estimate_layer(chip, l).cost);
            CHECK(result.layers[l].interval ==
                  layer_plan(chip.layers[l], l + 1 == chip.layers.size()).interval);
            CHECK(result.layers[l].cost.luts > 0);
            CHECK(result.layers[l].cost.flip_flops > 0);
        }
        for (const PartEstimate& part : result.rest)
            sum += part.cost;
        CHECK(result.total() == sum);
    }
}

TEST_CASE("estimate -- a second context costs memory, lanes cost LUTs and save cycles") {
    for (const Engine engine :
         {Engine::folded, Engine::spatial, Engine::serial, Engine::level, Engine::programmable}) {
        Rng rng(5), again(5);
        const int lanes = engine == Engine::folded ? 1 : 2;
        const Chip two = test::random_chip(small(engine, lanes, 2), rng);
        const Chip one = test::random_chip(small(engine, lanes, 1), again);
        CHECK(estimate(two).total().memory_bits > estimate(one).total().memory_bits);
    }
    Rng rng(5), again(5);
    const Estimate narrow = estimate(test::random_chip(small(Engine::level, 1, 1), rng));
    const Estimate wide = estimate(test::random_chip(small(Engine::level, 4, 1), again));
    CHECK(narrow.total().luts < wide.total().luts);
    CHECK(narrow.layers.front().interval > wide.layers.front().interval);
}

TEST_CASE("estimate -- the board and the stored load stream are parts of their own") {
    Rng rng(5);
    const Chip chip = test::random_chip(small(Engine::level, 2, 1), rng);
    const Estimate bare = estimate(chip);
    const Estimate board = estimate(chip, {.probes = false, .board = true, .boot_words = 100});
    // On a board the control port is idle, and gone.
    CHECK(bare.rest.size() + 1 == board.rest.size());
    CHECK(part_named(bare, "control port").cost.luts > 0);
    CHECK(part_named(board, "boot").cost.rams == 2);
    CHECK(part_named(board, "board").cost.luts > 0);
    // Level maps of a few bits become block RAMs: with an image they are filled up to whole ones.
    CHECK(board.layers.front().cost.rams > bare.layers.front().cost.rams);
    // No probes on pins.
    CHECK(board.layers.back().cost.luts < bare.layers.back().cost.luts);
}
