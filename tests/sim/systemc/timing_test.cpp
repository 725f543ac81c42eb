/// The formulas of rtl/MICROARCHITECTURE.md as tight gates: not in cycle t-1, in cycle t.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/base/bits.h"
#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"

namespace permloom::test {
namespace {

struct Formulas {
    explicit Formulas(const Chip& chip) : beats(static_cast<uint64_t>(chip.pixel_beats())) {
        for (size_t l = 0; l < chip.layers.size(); ++l) {
            const ChipLayer& layer = chip.layers[l];
            const int levels = ceil_log2(static_cast<uint64_t>(layer.lines()));
            const int depth = std::max(0, 2 * levels - 1);
            const bool last = l + 1 == chip.layers.size();
            busy.push_back(static_cast<uint64_t>(layer.outputs * layer.passes()));
            lat.push_back(static_cast<uint64_t>(depth + levels + (last ? 4 : 7)));
        }
    }
    uint64_t latency() const {
        uint64_t sum = 1;
        for (size_t l = 0; l < busy.size(); ++l)
            sum += busy[l] + lat[l];
        return sum;
    }
    uint64_t interval(const Chip& chip) const {
        return std::max({beats, *std::max_element(busy.begin(), busy.end()),
                         static_cast<uint64_t>(chip.outputs()) + 1});
    }

    uint64_t beats;
    std::vector<uint64_t> busy, lat;  ///< per layer: N * P cycles of issue; issue to write
};

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
    };
    return list;
}

}  // namespace

TEST_CASE("timing -- the result is valid latency cycles after the last beat, not one earlier") {
    for (const ChipShape& shape : shapes()) {
        INFO(shape.describe());
        Bench bench(shape, 11);
        const uint64_t latency = Formulas(bench.chip).latency();
        bench.host.send(random_image(bench.chip, bench.rng));
        bench.host.until([&] { return bench.host.beats_left() == 0; });
        for (uint64_t t = 1; t < latency; ++t)
            REQUIRE_FALSE(bench.host.step().res_tvalid);
        CHECK(bench.host.step().res_tvalid);
        CHECK(bench.host.cycle() - 1 == bench.host.last_beat_cycle() + latency);
    }
}

TEST_CASE("timing -- each layer writes its first neuron LAT + P - 1 cycles after its first issue") {
    for (const ChipShape& shape : shapes()) {
        INFO(shape.describe());
        Bench bench(shape, 12);
        const Formulas formulas(bench.chip);
        bench.host.send(random_image(bench.chip, bench.rng));
        bench.host.collect(1);
        uint64_t issue = bench.host.last_beat_cycle() + 1;
        for (size_t l = 0; l < bench.chip.layers.size(); ++l) {
            const auto passes = static_cast<uint64_t>(bench.chip.layers[l].passes());
            const auto& written = bench.host.written()[l];
            for (size_t j = 0; j < written.size(); ++j) {
                CHECK(written[j].cycle == issue + formulas.lat[l] + (j + 1) * passes - 1);
            }
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
            CHECK(packets[i].cycle - packets[i - 1].cycle ==
                  Formulas(bench.chip).interval(bench.chip));
        }
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
    const Chip chip = random_chip({.inputs = 6, .layers = {{3}, {2}}}, rng);
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
        const size_t alike = rng.below(words.size() + 60);
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
