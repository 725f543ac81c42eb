/// The formulas of rtl/MICROARCHITECTURE.md for layers that walk as tight gates: not in cycle t-1,
/// in cycle t.
#include <algorithm>
#include <catch2/catch.hpp>

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

int64_t step_of(const ChipLayer& layer) {
    return layer_plan(layer, false).interval / layer.walk->positions();
}

/// A window of `serial` comes back a cycle after its last step, too late by one for every second
/// window where reading one takes as long as the work on it.
bool late_windows(const ChipLayer& layer) {
    return layer.walk && layer.engine == Engine::serial &&
           window_steps(layer) == engine_plan(layer).interval;
}

/// Cycles from the first issue of an image's window reader to the write of each value.
std::vector<int64_t> walk_cycles(const ChipLayer& layer) {
    const Walk& walk = *layer.walk;
    const std::vector<int> of_position = write_cycles(layer, false);
    std::vector<int64_t> cycles;
    for (int position = 0; position < walk.positions(); ++position) {
        const int row = position / walk.columns, column = position % walk.columns;
        if ((row + 1) % walk.window != 0 || (column + 1) % walk.window != 0) continue;
        const int64_t issue = window_steps(layer) + 1 + position * step_of(layer) +
                              (late_windows(layer) ? position / 2 : 0);
        for (const int cycle : of_position)
            cycles.push_back(issue + cycle + (pools(layer) ? 1 : 0));
    }
    return cycles;
}

/// Whether the memories between the layers let these keep their intervals. They do not where
/// - a window comes back late;
/// - an image stays in a skip memory for longer than its banks last.
bool keeps_intervals(const Chip& chip) {
    const int64_t interval = chip_interval(chip);
    std::vector<int64_t> begins, full;  // of an image alone
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const LayerPlan plan = layer_plan(layer, l + 1 == chip.layers.size());
        const int source = chip.source(l);
        begins.push_back(source < 0 ? 1 : full[static_cast<size_t>(source)]);
        if (late_windows(layer)) return false;
        if (layer.adds()) {
            const auto added = static_cast<size_t>(*layer.walk->skip);
            begins[l] = std::max(begins[l], full[added]);
            const int64_t held = begins[l] + plan.latency +
                                 layer.walk->positions() * step_of(layer) - full[added] +
                                 layer_plan(chip.layers[added], false).interval;
            if (held > skip_banks(chip, l) * interval) return false;
        }
        full.push_back(begins[l] + plan.latency);
    }
    return true;
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
    int checked = 0;
    for_random_chips(120, [&](const Chip& chip, Rng& rng) {
        if (any_layer(chip, late_windows)) return;
        Bench bench(chip, rng);
        const auto latency = static_cast<uint64_t>(chip_latency(chip));
        bench.host.send(random_image(chip, bench.rng));
        bench.host.until([&] { return bench.host.beats_left() == 0; });
        for (uint64_t t = 1; t < latency; ++t)
            REQUIRE_FALSE(bench.host.step().res_tvalid);
        CHECK(bench.host.step().res_tvalid);
        CHECK(bench.host.cycle() - 1 == bench.host.last_beat_cycle() + latency);
        ++checked;
    });
    CHECK(checked > 80);
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
    int checked = 0;
    for_random_chips(200, [&](const Chip& chip, Rng& rng) {
        if (!keeps_intervals(chip)) return;
        Bench bench(chip, rng);
        const size_t images = 30;
        for (size_t i = 0; i < images; ++i)
            bench.host.send(random_image(chip, bench.rng));
        bench.host.collect(images);
        const auto& packets = bench.host.packets();
        // Full pipelines take a few images to fill.
        for (size_t i = 20; i < images; ++i)
            CHECK(packets[i].cycle - packets[i - 1].cycle ==
                  static_cast<uint64_t>(chip_interval(chip)));
        ++checked;
    });
    CHECK(checked > 120);
}

TEST_CASE(
    "walk timing -- a window of serial that is read as fast as it is used costs half a cycle") {
    int checked = 0;
    for_random_chips(1500, [&](const Chip& chip, Rng& rng) {
        const ChipLayer& first = chip.layers.front();
        const int64_t interval = layer_plan(first, false).interval;
        // In the lead by far, so that nothing else counts.
        if (!late_windows(first) || interval != chip_interval(chip)) return;
        for (size_t l = 1; l < chip.layers.size(); ++l)
            if (2 * layer_plan(chip.layers[l], false).interval > interval) return;
        if (2 * chip.pixel_beats() > interval) return;
        Bench bench(chip, rng);
        for (size_t i = 0; i < 20; ++i)
            bench.host.send(random_image(chip, bench.rng));
        bench.host.collect(20);
        const auto& packets = bench.host.packets();
        const auto ten = static_cast<uint64_t>(10 * interval + 5 * first.walk->positions());
        CHECK(packets[19].cycle - packets[9].cycle == ten);
        ++checked;
    });
    CHECK(checked > 5);
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
