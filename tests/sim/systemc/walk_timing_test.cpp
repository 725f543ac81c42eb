/// The formulas of rtl/MICROARCHITECTURE.md for layers that walk as tight gates: not in cycle t-1,
/// in cycle t.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "compiler/program/engine_plan.h"
#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"
#include "tests/sim/systemc/walking.h"
#include "tests/sim/systemc/write_cycles.h"

namespace permloom::test {
namespace {

/// A chip with a configuration loaded into context 0.
struct Bench {
    Bench(Chip made, Rng seeded)
        : rng(seeded),
          chip(std::move(made)),
          wiring(random_wiring(chip, rng)),
          device(make_systemc_device(chip)),
          host(chip, *device) {
        host.load(wiring.words(chip, 0));
        host.finish_load();
    }
    Rng rng;
    Chip chip;
    Wiring wiring;
    std::unique_ptr<Device> device;
    Host host;
};

/// Twice the cycles between two vectors that are written to the buffer of a layer in `writing`
/// cycles each. `serial` gives it back a cycle after its last step.
int64_t half_cycles(const ChipLayer& layer, int64_t writing) {
    const int64_t interval = engine_plan(layer).interval;
    const int64_t turn = writing + interval + (layer.engine == Engine::serial ? 1 : 0);
    return std::max(2 * std::max(writing, interval), turn);
}

/// Cycles from the first issue of an image's window reader to the write of each value.
std::vector<int64_t> walk_cycles(const ChipLayer& layer) {
    const Walk& walk = *layer.walk;
    const std::vector<int> of_position = write_cycles(layer, false);
    std::vector<int64_t> cycles;
    for (int position = 0; position < walk.positions(); ++position) {
        const int row = position / walk.columns, column = position % walk.columns;
        if ((row + 1) % walk.window != 0 || (column + 1) % walk.window != 0) continue;
        const int64_t issue =
            window_steps(layer) + 1 + position * half_cycles(layer, window_steps(layer)) / 2;
        for (const int cycle : of_position)
            cycles.push_back(issue + cycle + (pools(layer) ? 1 : 0));
    }
    return cycles;
}

/// The cycles in which an image is written to the buffer of layer `index`.
int64_t writing_cycles(const Chip& chip, size_t index) {
    if (chip.source(index) == NETWORK_INPUT) return chip.pixel_beats();
    const ChipLayer& source = chip.layers[static_cast<size_t>(chip.source(index))];
    if (source.walk) return walk_cycles(source).back() - walk_cycles(source).front() + 1;
    const std::vector<int> cycles = write_cycles(source, false);
    return cycles.back() - cycles.front() + 1;
}

/// Twice the cycles between two images that layer `index` allows.
int64_t half_cycles(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    if (!layer.walk) return half_cycles(layer, writing_cycles(chip, index));
    return layer.walk->positions() * half_cycles(layer, window_steps(layer));
}

template <class Body>
void for_random_chips(uint64_t count, Body body) {
    for (uint64_t seed = 1; seed <= count; ++seed) {
        Rng rng(seed);
        const Chip chip = random_walking_chip(rng);
        INFO("seed " << seed << ": " << describe(chip));
        body(chip, rng);
    }
}

}  // namespace

TEST_CASE(
    "walk timing -- the result is valid latency cycles after the last beat, not one earlier") {
    for_random_chips(120, [](const Chip& chip, Rng& rng) {
        Bench bench(chip, rng);
        const auto latency = static_cast<uint64_t>(chip_latency(chip));
        bench.host.send(random_image(chip, bench.rng));
        bench.host.until([&] { return bench.host.beats_left() == 0; });
        for (uint64_t t = 1; t < latency; ++t)
            REQUIRE_FALSE(bench.host.step().res_tvalid);
        CHECK(bench.host.step().res_tvalid);
        CHECK(bench.host.cycle() - 1 == bench.host.last_beat_cycle() + latency);
    });
}

TEST_CASE("walk timing -- each layer writes each value in the stated cycle after its first issue") {
    for_random_chips(120, [](const Chip& chip, Rng& rng) {
        Bench bench(chip, rng);
        bench.host.send(random_image(chip, bench.rng));
        bench.host.collect(1);
        for (size_t l = 0; l < chip.layers.size(); ++l) {
            const ChipLayer& layer = chip.layers[l];
            // The first issue is in the cycle that finds everything there.
            const auto there = [&](int source) {
                return source < 0
                           ? bench.host.last_beat_cycle() + 1
                           : bench.host.written()[static_cast<size_t>(source)].back().cycle + 1;
            };
            uint64_t issue = there(chip.source(l));
            if (layer.adds()) issue = std::max(issue, there(*layer.walk->skip));
            std::vector<int64_t> cycles;
            if (layer.walk) {
                cycles = walk_cycles(layer);
            } else {
                for (const int cycle : write_cycles(layer, l + 1 == chip.layers.size()))
                    cycles.push_back(cycle);
            }
            const auto& written = bench.host.written()[l];
            REQUIRE(written.size() == cycles.size());
            for (size_t k = 0; k < written.size(); ++k)
                REQUIRE(written[k].cycle == issue + static_cast<uint64_t>(cycles[k]));
        }
    });
}

TEST_CASE("walk timing -- results follow one another at the stated interval") {
    std::map<std::string, int> kinds;
    for_random_chips(600, [&](const Chip& chip, Rng& rng) {
        int64_t halves = 2 * std::max<int64_t>(chip.pixel_beats(), chip.outputs() + int64_t{1});
        for (size_t l = 0; l < chip.layers.size(); ++l)
            halves = std::max(halves, half_cycles(chip, l));
        CHECK(chip_interval(chip) == (halves + 1) / 2);
        Bench bench(chip, rng);
        const size_t images = 30;
        for (size_t i = 0; i < images; ++i)
            bench.host.send(random_image(chip, bench.rng));
        bench.host.collect(images);
        const auto& packets = bench.host.packets();
        // Full pipelines take a few images to fill.
        CHECK(packets[29].cycle - packets[19].cycle == static_cast<uint64_t>(5 * halves));
        for (size_t i = 20; i < images && halves % 2 == 0; ++i)
            CHECK(packets[i].cycle - packets[i - 1].cycle == static_cast<uint64_t>(halves / 2));

        for (size_t l = 0; l < chip.layers.size(); ++l) {
            const ChipLayer& layer = chip.layers[l];
            if (layer.adds()) ++kinds["banks " + std::to_string(skip_banks(chip, l))];
            kinds["late windows"] += layer.walk && layer.engine == Engine::serial &&
                                     window_steps(layer) == engine_plan(layer).interval &&
                                     half_cycles(chip, l) == halves;
        }
    });
    for (const char* kind : {"late windows", "banks 2", "banks 3", "banks 4"}) {
        INFO(kind);
        CHECK(kinds[kind] >= 5);
    }
}

TEST_CASE("walk timing -- an image waits for the first bank until the reader has released it") {
    int checked = 0;
    for_random_chips(200, [&](const Chip& chip, Rng& rng) {
        // The windows take longer than the engine and the pixels, and nobody else reads the image.
        const ChipLayer& first = chip.layers.front();
        const int64_t steps = int64_t{window_steps(first)} * first.walk->positions();
        if (chip.readers(NETWORK_INPUT).size() > 1 || steps < chip.pixel_beats() ||
            window_steps(first) <= engine_plan(first).interval)
            return;
        Bench bench(chip, rng);
        for (int i = 0; i < 3; ++i)
            bench.host.send(random_image(chip, bench.rng));
        bench.host.collect(3);
        const auto& starts = bench.host.starts();
        const uint64_t issue = starts[0].cycle + static_cast<uint64_t>(chip.pixel_beats());
        // The last step releases as it is issued, and that shows in the next cycle.
        CHECK(starts[2].cycle == issue + static_cast<uint64_t>(steps) - 1 + 1);
        ++checked;
    });
    CHECK(checked > 20);
}

}  // namespace permloom::test
