#include "compiler/emit/choose_engines.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "compiler/base/error.h"
#include "compiler/program/engine_plan.h"
#include "tests/support/random_chip.h"

using namespace permloom;
using Catch::Contains;

namespace {

/// As `place` hands it on: engine serial, one lane.
Chip two_layers(uint64_t seed = 3) {
    Rng rng(seed);
    return test::random_chip({.inputs = 16,
                              .layers = {{.outputs = 9, .engine = Engine::serial},
                                         {.outputs = 4, .engine = Engine::serial}},
                              .contexts = 1},
                             rng);
}

bool fits(const Cost& cost, const Budget& budget) {
    return (!budget.luts || cost.luts <= *budget.luts) &&
           (!budget.flip_flops || cost.flip_flops <= *budget.flip_flops) &&
           (!budget.rams || cost.rams <= *budget.rams);
}

/// Every pair of engines that could have been chosen, as chips.
std::vector<Chip> all_pairs(const Chip& chip) {
    struct One {
        Engine engine;
        int lanes;
        bool bit_serial = false;
    };
    std::vector<One> all = {{Engine::folded, 1}, {Engine::folded, 1, true}};
    for (int lanes = 1; lanes <= 8; lanes *= 2)
        all.push_back({Engine::serial, lanes});
    for (int lanes = 1; lanes <= 64; lanes *= 2)
        all.push_back({Engine::level, lanes});
    std::vector<Chip> pairs;
    for (const One& first : all)
        for (const One& second : all) {
            if (second.engine == Engine::serial && second.lanes > chip.layers[1].outputs) continue;
            pairs.push_back(chip);
            size_t index = 0;
            for (const One& one : {first, second}) {
                ChipLayer& layer = pairs.back().layers[index++];
                layer.engine = one.engine;
                layer.lanes = one.lanes;
                layer.bit_serial = one.bit_serial;
            }
        }
    return pairs;
}

std::string refusal(Chip chip, const Budget& budget) {
    try {
        choose_engines(chip, budget);
    } catch (const Error& error) {
        return std::string(error.what()) + " " + error.hint();
    }
    return "chosen";
}

}  // namespace

TEST_CASE("choose_engines -- the chip fits, and no pair of engines that fits is faster") {
    const Chip chip = two_layers();
    const std::vector<Chip> pairs = all_pairs(chip);
    for (const Budget& budget :
         {Budget{100'000, {}, {}, {}}, Budget{8'000, {}, {}, {}}, Budget{5'000, 4'000, {}, {}},
          Budget{4'400, {}, 20, {}}, Budget{{}, {}, 19, {}}, Budget{{}, 2'500, 40, {}}}) {
        INFO("budget " << budget.luts.value_or(0) << " " << budget.flip_flops.value_or(0) << " "
                       << budget.rams.value_or(0));
        Chip chosen = chip;
        const EngineChoice choice = choose_engines(chosen, budget);
        CHECK(fits(choice.estimate.total(), budget));
        CHECK(choice.estimate.total() == estimate(chosen).total());
        CHECK(choice.estimate.interval == chip_interval(chosen));
        int64_t fastest = std::numeric_limits<int64_t>::max();
        for (const Chip& pair : pairs)
            if (fits(estimate(pair).total(), budget))
                fastest = std::min(fastest, chip_interval(pair));
        CHECK(chip_interval(chosen) == fastest);
        REQUIRE(choice.layers.size() == 2);
        for (const EngineChoice::Candidates& layer : choice.layers) {
            CHECK(layer.in_time >= 1);
            CHECK(layer.in_time <= layer.built);
        }
        // What was faster did not fit.
        CHECK(choice.faster_interval < choice.estimate.interval);
        if (choice.faster_interval > 0) CHECK(!fits(choice.faster_cost, budget));
    }
}

TEST_CASE("choose_engines -- a budget of cycles buys the smallest chip that keeps to it") {
    const Chip chip = two_layers();
    const std::vector<Chip> pairs = all_pairs(chip);
    double last = std::numeric_limits<double>::max();
    for (const int cycles : {20, 40, 100, 400, 4'000}) {
        INFO(cycles << " cycles");
        double smallest = std::numeric_limits<double>::max();
        int64_t fewest = std::numeric_limits<int64_t>::max();
        for (const Chip& pair : pairs) {
            fewest = std::min(fewest, chip_interval(pair));
            if (chip_interval(pair) <= cycles)
                smallest = std::min(smallest, estimate(pair).total().luts);
        }
        const Budget budget{.luts = 100'000, .flip_flops = {}, .rams = {}, .cycles = cycles};
        if (fewest > cycles) {
            CHECK_THAT(refusal(chip, budget),
                       Contains("no engines take at most " + std::to_string(cycles) +
                                " cycles an image; the fewest are " + std::to_string(fewest)));
            continue;
        }
        Chip chosen = chip;
        const EngineChoice choice = choose_engines(chosen, budget);
        const double luts = choice.estimate.total().luts;
        CHECK(chip_interval(chosen) <= cycles);
        // Of the loader, which depends on all layers a little, the choice knows nothing.
        CHECK(luts <= 1.02 * smallest);
        CHECK(luts <= last);
        CHECK(choice.faster_interval == 0);
        last = luts;
    }
}

TEST_CASE("choose_engines -- nothing but engines, lanes and data changes, and twice is the same") {
    const Chip chip = two_layers();
    Chip once = chip, twice = chip;
    choose_engines(once, {5'000, {}, 40, {}});
    choose_engines(twice, {5'000, {}, 40, {}});
    CHECK(once == twice);
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        once.layers[l].engine = chip.layers[l].engine;
        once.layers[l].lanes = chip.layers[l].lanes;
        once.layers[l].bit_serial = chip.layers[l].bit_serial;
    }
    CHECK(once == chip);
}

TEST_CASE("choose_engines -- an engine that cannot hold a layer is left out") {
    Rng rng(8);
    // Level has at most 256 neurons.
    Chip chip = test::random_chip(
        {.inputs = 4,
         .layers = {{.outputs = 300, .shared_profile = true, .engine = Engine::serial},
                    {.outputs = 2, .engine = Engine::serial}},
         .contexts = 1},
        rng);
    const EngineChoice choice =
        choose_engines(chip, {.luts = 1'000'000, .flip_flops = {}, .rams = {}, .cycles = {}});
    // folded, serial with 1 to 128 lanes.
    CHECK(choice.layers[0].built == 2 + 8);
    // folded, serial with 1 and 2 lanes, level with 1 to 64 inputs.
    CHECK(choice.layers[1].built == 2 + 2 + 7);
    CHECK(chip.layers[0].engine != Engine::level);
    check(chip, "chip");
}

TEST_CASE("choose_engines -- walking chips too") {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
        Rng rng(seed);
        Chip chip = test::random_walking_chip(rng);
        const EngineChoice choice = choose_engines(chip, {1'000'000, {}, {}, {}});
        check(chip, "chip");
        CHECK(choice.faster_interval == 0);
        CHECK(choice.estimate.rough);
    }
}

TEST_CASE("choose_engines -- an impossible budget names what it found") {
    CHECK_THAT(refusal(two_layers(), {100, {}, {}, {}}),
               Contains("budget: no engines fit 100 LUT4; the cheapest found, ") &&
                   Contains(" takes ") && Contains("contexts=1"));
    CHECK_THAT(refusal(two_layers(), {{}, 50, 1, {}}),
               Contains("no engines fit 50 flip-flops, 1 block RAMs;"));
}
