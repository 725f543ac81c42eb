/// The formulas of rtl/MICROARCHITECTURE.md as tight gates: not in cycle t-1, in cycle t.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/program/engine_plan.h"
#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"
#include "tests/sim/systemc/walking.h"
#include "tests/sim/systemc/write_cycles.h"

namespace permloom::test {
namespace {

uint64_t latency_of(const Chip& chip) {
    int64_t sum = 1;
    for (const ChipLayer& layer : chip.layers) {
        const EnginePlan plan = engine_plan(layer);
        sum += &layer == &chip.layers.back() ? plan.last_latency : plan.latency;
    }
    return static_cast<uint64_t>(sum);
}

uint64_t interval_of(const Chip& chip) {
    int64_t most = std::max(chip.pixel_beats(), chip.outputs() + 1);
    for (const ChipLayer& layer : chip.layers)
        most = std::max(most, engine_plan(layer).interval);
    return static_cast<uint64_t>(most);
}

/// A chip with a configuration loaded into context 0.
struct Bench {
    Bench(const ChipShape& shape, uint64_t seed)
        : rng(seed),
          chip(random_chip(shape, rng)),
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

const std::vector<ChipShape>& shapes() {
    static const std::vector<ChipShape> list = {
        {.inputs = 1, .layers = {{1}}},
        {.inputs = 1, .layers = {{1, Rail::split}, {2}}},
        {.inputs = 2, .layers = {{3}, {2}}, .contexts = 1},
        {.inputs = 3, .layers = {{2, Rail::dual, true}}},
        {.inputs = 5, .layers = {{20, Rail::single, true}, {3}, {4, Rail::split}}},
        {.inputs = 5, .layers = {{3}, {20, Rail::split}, {4}}},
        {.inputs = 9, .layers = {{4}, {12}}},
        {.inputs = 33, .layers = {{4, Rail::dual}, {3}}, .pixel_stream_bits = 8},
        {.inputs = 33, .layers = {{4}, {3}}, .pixel_stream_bits = 16},
        // Bits one after the other, with one pass and with two.
        {.inputs = 1, .layers = {{.bit_serial = true}}, .in_bits = 1},
        {.inputs = 5, .layers = {{.outputs = 7, .bit_serial = true}, {2}}},
        {.inputs = 5,
         .layers = {{3}, {.outputs = 6, .rail = Rail::split, .bit_serial = true}, {4}}},
        // The passes of spatial in the lead, then its writes, several or one at once.
        {.inputs = 1, .layers = {{1, Rail::single, false, Engine::spatial}}},
        {.inputs = 6, .layers = {{8, Rail::split, true, Engine::spatial}, {2}}},
        {.inputs = 6, .layers = {{7, Rail::dual, false, Engine::spatial}, {2}}},
        {.inputs = 6,
         .layers = {{.outputs = 4, .engine = Engine::spatial, .bit_serial = true},
                    {9, Rail::single, true, Engine::spatial}}},
        {.inputs = 6,
         .layers =
             {{24, Rail::single, true, Engine::spatial},
              {.outputs = 3, .rail = Rail::split, .engine = Engine::spatial, .bit_serial = true}}},
        // One step or a few of serial; then its lanes, its live slots, the next layer in the lead.
        {.inputs = 1, .layers = {{1, Rail::single, false, Engine::serial}}},
        {.inputs = 2, .layers = {{1, Rail::split, true, Engine::serial, 5}, {2}}},
        {.inputs = 3, .layers = {{7, Rail::single, true, Engine::serial, 4}, {2}}},
        {.inputs = 21, .layers = {{7, Rail::dual, false, Engine::serial, 3}, {4}}},
        {.inputs = 21, .layers = {{4}, {5, Rail::dual, false, Engine::serial, 2}}},
        {.inputs = 5,
         .layers = {{4, Rail::single, false, Engine::serial, 4},
                    {30, Rail::single, false, Engine::serial, 30}}},
        // The steps of level in the lead, then its neurons, then the pixel beats.
        {.inputs = 1, .layers = {{1, Rail::single, false, Engine::level}}},
        {.inputs = 1, .layers = {{1, Rail::dual, false, Engine::level, 8}, {2}}},
        {.inputs = 30, .layers = {{3, Rail::dual, true, Engine::level, 2}, {2}}},
        {.inputs = 30, .layers = {{3, Rail::split, false, Engine::level, 1}, {2}}},
        {.inputs = 6, .layers = {{3}, {20, Rail::single, false, Engine::level, 16}}},
        {.inputs = 33,
         .layers = {{4, Rail::single, false, Engine::level, 8},
                    {5, Rail::dual, false, Engine::level, 4}},
         .pixel_stream_bits = 8},
        {.inputs = 12,
         .layers = {{6, Rail::dual, false, Engine::level, 8},
                    {9, Rail::split, false, Engine::serial, 4},
                    {3, Rail::split}}},
        // Every input of programmable, then its lanes, then two groups in the lead of the next.
        {.inputs = 1, .layers = {{1, Rail::single, false, Engine::programmable}}},
        {.inputs = 2, .layers = {{1, Rail::split, true, Engine::programmable, 5}, {2}}},
        {.inputs = 9, .layers = {{7, Rail::dual, true, Engine::programmable, 4}, {2}}},
        {.inputs = 9, .layers = {{4}, {5, Rail::single, false, Engine::programmable, 2}}},
    };
    return list;
}

}  // namespace

TEST_CASE("timing -- the result is valid latency cycles after the last beat, not one earlier") {
    for (const ChipShape& shape : shapes()) {
        INFO(shape.describe());
        Bench bench(shape, 11);
        const uint64_t latency = latency_of(bench.chip);
        bench.host.send(random_image(bench.chip, bench.rng));
        bench.host.until([&] { return bench.host.beats_left() == 0; });
        for (uint64_t t = 1; t < latency; ++t)
            REQUIRE_FALSE(bench.host.step().res_tvalid);
        CHECK(bench.host.step().res_tvalid);
        CHECK(bench.host.cycle() - 1 == bench.host.last_beat_cycle() + latency);
    }
}

TEST_CASE("timing -- each layer writes each neuron in the stated cycle after its first issue") {
    for (const ChipShape& shape : shapes()) {
        INFO(shape.describe());
        Bench bench(shape, 12);
        bench.host.send(random_image(bench.chip, bench.rng));
        bench.host.collect(1);
        uint64_t issue = bench.host.last_beat_cycle() + 1;
        for (size_t l = 0; l < bench.chip.layers.size(); ++l) {
            const auto& written = bench.host.written()[l];
            const std::vector<int> cycles =
                write_cycles(bench.chip.layers[l], l + 1 == bench.chip.layers.size());
            REQUIRE(written.size() == cycles.size());
            for (size_t j = 0; j < written.size(); ++j)
                CHECK(written[j].cycle == issue + static_cast<uint64_t>(cycles[j]));
            issue = written.back().cycle + 1;
        }
    }
}

TEST_CASE("timing -- results follow one another at the stated interval") {
    for (const ChipShape& shape : shapes()) {
        INFO(shape.describe());
        Bench bench(shape, 13);
        const size_t images = 24;
        for (size_t i = 0; i < images; ++i)
            bench.host.send(random_image(bench.chip, bench.rng));
        bench.host.collect(images);
        const auto& packets = bench.host.packets();
        // Full pipelines take a few images to fill.
        for (size_t i = 12; i < images; ++i) {
            CHECK(packets[i].cycle - packets[i - 1].cycle == interval_of(bench.chip));
        }
    }
}

TEST_CASE("timing -- serial behind a layer that writes as long as it works costs half a cycle") {
    // The lanes set the window: ten cycles of work on ten values, or on ten beats.
    const LayerShape ten{3, Rail::single, false, Engine::serial, 10};
    for (const ChipShape& shape :
         {ChipShape{.inputs = 5, .layers = {{10}, ten}},
          ChipShape{.inputs = 10, .layers = {ten}, .pixel_stream_bits = 8}}) {
        INFO(shape.describe());
        Bench bench(shape, 13);
        REQUIRE(interval_of(bench.chip) == 10);
        CHECK(chip_interval(bench.chip) == 11);
        for (size_t i = 0; i < 24; ++i)
            bench.host.send(random_image(bench.chip, bench.rng));
        bench.host.collect(24);
        const auto& packets = bench.host.packets();
        for (size_t i = 12; i < 24; ++i)
            CHECK(packets[i].cycle - packets[i - 2].cycle == 21);
    }
}

TEST_CASE("timing -- an image waits for the first bank until its layer has released it") {
    for (const ChipShape& shape : shapes()) {
        INFO(shape.describe());
        Bench bench(shape, 16);
        const ChipLayer& first = bench.chip.layers.front();
        const EnginePlan plan = engine_plan(first);
        const auto beats = static_cast<uint64_t>(bench.chip.pixel_beats());
        const auto interval = static_cast<uint64_t>(plan.interval);
        // The layer behind does not hold up the first image, so that it is issued without a pause.
        if (interval < beats) continue;
        for (int i = 0; i < 3; ++i)
            bench.host.send(random_image(bench.chip, bench.rng));
        bench.host.collect(3);
        const auto& starts = bench.host.starts();
        const uint64_t issue = starts[0].cycle + beats;
        // `serial` reads its last input a cycle behind the issue.
        const uint64_t release = issue + interval - 1 + (first.engine == Engine::serial ? 1 : 0);
        CHECK(starts[2].cycle == release + 1);
    }
}

TEST_CASE("timing -- a load is valid words + 1 cycles after its first word, not one earlier") {
    for (const ChipShape& shape : shapes()) {
        INFO(shape.describe());
        Rng rng(14);
        const Chip chip = random_chip(shape, rng);
        const auto words = random_wiring(chip, rng).words(chip, 0);
        const auto device = make_systemc_device(chip);
        Host host(chip, *device);
        host.load(words);
        for (size_t t = 0; t <= words.size(); ++t) {
            REQUIRE(host.step().ctx_valid == 0);
            // The one cycle of WAIT stands behind the header.
            CHECK(host.pins().cfg_tready == (t != 6));
        }
        CHECK(host.step().ctx_valid == 1);
    }
}

TEST_CASE("timing -- no output pin depends on an input pin within a cycle") {
    Rng rng(15);
    const bool walks = GENERATE(false, true);
    const ChipShape dense{.inputs = 6,
                          .layers = {{3, Rail::single, false, Engine::level, 2},
                                     {2, Rail::single, false, Engine::serial, 2},
                                     {2, Rail::single, false, Engine::programmable, 2},
                                     {2}}};
    const Chip chip = walks ? rich_walking_chip(rng) : random_chip(dense, rng);
    const auto words = random_wiring(chip, rng).words(chip, 0);
    const auto left = make_systemc_device(chip), right = make_systemc_device(chip);
    const auto same = [](const PinsOut& a, const PinsOut& b) {
        return a.cfg_tready == b.cfg_tready && a.pix_tready == b.pix_tready &&
               a.res_tvalid == b.res_tvalid && a.res_tlast == b.res_tlast &&
               a.res_tdata == b.res_tdata && a.ctx_active == b.ctx_active &&
               a.ctx_valid == b.ctx_valid && a.load_error == b.load_error &&
               a.pix_error == b.pix_error && a.probes == b.probes;
    };
    const auto noise = [&rng] {
        PinsIn in;
        in.rst_n = rng.chance(0.9);
        in.cfg_tvalid = rng.chance(0.5);
        in.cfg_tdata = static_cast<uint32_t>(rng.next());
        in.cfg_tlast = rng.chance(0.5);
        in.pix_tvalid = rng.chance(0.5);
        in.pix_tdata = rng.next();
        in.pix_tlast = rng.chance(0.5);
        in.res_tready = rng.chance(0.5);
        in.ctx_select = static_cast<uint8_t>(rng.below(256));
        return in;
    };
    PinsOut a, b;
    for (int round = 0; round < 200; ++round) {
        // Both start from reset and run alike for a while; then one cycle with different inputs.
        PinsIn reset;
        reset.rst_n = false;
        left->tick(reset, a);
        right->tick(reset, b);
        const size_t alike = rng.below(words.size() + (walks ? 600 : 60));
        for (size_t t = 0, sent = 0; t < alike; ++t) {
            PinsIn in = noise();
            in.rst_n = true;
            in.cfg_tvalid = sent < words.size();
            in.cfg_tdata = in.cfg_tvalid ? words[sent] : 0;
            in.cfg_tlast = sent + 1 == words.size();
            left->tick(in, a);
            right->tick(in, b);
            if (in.cfg_tvalid && a.cfg_tready) ++sent;
            REQUIRE(same(a, b));
        }
        left->tick(noise(), a);
        right->tick(noise(), b);
        CHECK(same(a, b));
    }
}

}  // namespace permloom::test
