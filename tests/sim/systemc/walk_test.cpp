/// Layers that walk over feature maps: what they compute, whatever happens at the pins.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "compiler/program/engine_plan.h"
#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"
#include "tests/sim/systemc/walking.h"

namespace permloom::test {
namespace {

/// A chip with wirings A and B, in contexts 0 and 1 where it has two.
struct Fixture {
    Fixture(Chip made, Rng& seeded, const Pauses& pauses = {}, Range range = Range::usual)
        : rng(seeded),
          chip(std::move(made)),
          a(random_wiring(chip, rng, range)),
          b(random_wiring(chip, rng, range)),
          device(make_systemc_device(chip)),
          host(chip, *device, pauses, rng.next()) {}

    void load(const Wiring& wiring, int context) {
        host.load(wiring.words(chip, context));
        host.finish_load();
        REQUIRE(host.pins().load_error == 0);
    }
    void send(size_t count) {
        for (size_t i = 0; i < count; ++i) {
            images.push_back(random_image(chip, rng));
            host.send(images.back());
        }
    }
    /// Every value that any layer wrote for the images sent, which ran under wiring A.
    void check_written() {
        host.collect(images.size());
        for (size_t i = 0; i < images.size(); ++i) {
            const Expected expected = a.infer(chip, images[i]);
            check_packet(host.packets()[i], expected);
            for (size_t l = 0; l < chip.layers.size(); ++l) {
                const auto values = static_cast<size_t>(chip.layers[l].output_size());
                REQUIRE(host.written()[l].size() == values * images.size());
                for (size_t k = 0; k < values; ++k) {
                    const Host::Written& seen = host.written()[l][i * values + k];
                    REQUIRE(seen.index == k);
                    REQUIRE(seen.value == expected.written[l][k]);
                }
            }
        }
    }

    Rng rng;
    Chip chip;
    Wiring a, b;
    std::unique_ptr<Device> device;
    Host host;
    std::vector<Image> images;
};

constexpr Pauses CALM, BUSY{.pixels = 0.3, .results = 0.5, .load = 0.2},
    BLOCKED{.pixels = 0.0, .results = 0.95, .load = 0.0};

/// Counts the kinds of layers and joints that a chip has.
void count_kinds(const Chip& chip, std::map<std::string, int>& kinds) {
    kinds["several readers of the image"] += chip.readers(NETWORK_INPUT).size() > 1 ? 1 : 0;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        kinds["several readers of a layer"] +=
            chip.readers(static_cast<int>(l)).size() + chip.adders(static_cast<int>(l)).size() > 1;
        if (!layer.walk) continue;
        const Walk& walk = *layer.walk;
        ++kinds["engine " + std::string(to_string(layer.engine))];
        kinds["padding"] += walk.top > 0 || walk.left > 0;
        kinds["stride"] += walk.stride > 1;
        kinds["max pool"] += walk.pool == Pool::max;
        kinds["sum pool"] += walk.pool == Pool::sum;
        kinds["positions outside of whole pools"] +=
            walk.rows % walk.window != 0 || walk.columns % walk.window != 0;
        kinds["pools of one neuron"] += pools(layer) && layer.outputs == 1;
        kinds["one neuron"] += layer.outputs == 1;
        kinds["one position"] += walk.positions() == 1;
        kinds["one step a window"] += window_steps(layer) == 1;
        kinds["several values a step"] += window_lanes(layer) > 1;
        kinds["window in the lead"] += window_steps(layer) > engine_plan(layer).interval;
        if (layer.adds()) ++kinds["adds, banks " + std::to_string(skip_banks(chip, l))];
    }
}

}  // namespace

TEST_CASE("walks -- random chips under random pauses agree with plain integers") {
    std::map<std::string, int> kinds;
    for (uint64_t seed = 1; seed <= 150; ++seed) {
        Rng rng(seed);
        const Chip chip = random_walking_chip(rng);
        INFO("seed " << seed << ": " << describe(chip));
        count_kinds(chip, kinds);
        const Range range = seed % 2 == 0 ? Range::usual : Range::extreme;
        Fixture f(chip, rng, seed % 3 == 0 ? CALM : seed % 3 == 1 ? BUSY : BLOCKED, range);
        f.load(f.a, 0);
        f.send(6);
        f.check_written();
    }
    for (const char* kind : {"several readers of the image",
                             "several readers of a layer",
                             "engine folded",
                             "engine spatial",
                             "engine serial",
                             "engine level",
                             "engine programmable",
                             "padding",
                             "stride",
                             "max pool",
                             "sum pool",
                             "positions outside of whole pools",
                             "pools of one neuron",
                             "one neuron",
                             "one position",
                             "one step a window",
                             "several values a step",
                             "window in the lead",
                             "adds, banks 2",
                             "adds, banks 3"}) {
        INFO(kind);
        CHECK(kinds[kind] >= 5);
    }
}

TEST_CASE("walks -- every image runs under the context that was active at its first beat") {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        Rng rng(seed);
        Chip chip = rich_walking_chip(rng);
        INFO("seed " << seed << ": " << describe(chip));
        Fixture f(std::move(chip), rng, seed % 2 == 0 ? BUSY : CALM);
        f.load(f.a, 0);
        f.load(f.b, 1);
        const size_t count = 30;
        f.send(count);
        while (f.host.packets().size() < count) {
            f.host.select(static_cast<int>(f.rng.below(2)));
            const uint64_t until = f.host.cycle() + f.rng.below(400);
            while (f.host.cycle() < until)
                f.host.step();
        }
        size_t under_b = 0;
        for (size_t i = 0; i < count; ++i) {
            const bool is_b = f.host.starts()[i].context == 1;
            under_b += is_b ? 1 : 0;
            check_packet(f.host.packets()[i], (is_b ? f.b : f.a).infer(f.chip, f.images[i]));
        }
        CHECK(under_b > 0);
        CHECK(under_b < count);
    }
}

TEST_CASE("walks -- a reset at any time leaves no image, position or sum behind") {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        Rng rng(seed);
        Chip chip = rich_walking_chip(rng);
        INFO("seed " << seed << ": " << describe(chip));
        Fixture f(std::move(chip), rng);
        const auto latency = static_cast<uint64_t>(chip_latency(f.chip));
        for (int round = 0; round < 12; ++round) {
            f.load(f.a, 0);
            f.send(4);
            const uint64_t until = f.host.cycle() + f.rng.below(3 * latency);
            while (f.host.cycle() < until)
                f.host.step();
            f.host.reset();
            const size_t before = f.host.packets().size();
            for (uint64_t t = 0; t < 2 * latency; ++t)
                REQUIRE_FALSE(f.host.step().res_tvalid);
            f.load(f.a, 0);
            f.send(1);
            f.host.collect(before + 1);
            check_packet(f.host.packets().back(), f.a.infer(f.chip, f.images.back()));
        }
    }
}

TEST_CASE("walks -- a blocked result port stops the chip without losing anything") {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
        Rng rng(seed);
        Chip chip = rich_walking_chip(rng);
        INFO("seed " << seed << ": " << describe(chip));
        Fixture f(std::move(chip), rng);
        f.load(f.a, 0);
        f.send(40);
        f.host.pause({.pixels = 0.0, .results = 1.0, .load = 0.0});
        const auto latency = static_cast<uint64_t>(chip_latency(f.chip));
        for (uint64_t t = 0; t < 20 * latency; ++t)
            f.host.step();
        const size_t held = f.host.beats_left();
        CHECK(held > 0);
        CHECK_FALSE(f.host.pins().pix_tready);
        for (uint64_t t = 0; t < latency; ++t)
            f.host.step();
        CHECK(f.host.beats_left() == held);
        f.host.pause({});
        f.check_written();
    }
}

TEST_CASE("walks -- images of a wrong length reach none of the readers") {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
        Rng rng(seed);
        Chip chip = walking_chip_with(rng, [](const Chip& drawn) {
            return drawn.readers(NETWORK_INPUT).size() > 1 && drawn.pixel_beats() > 2;
        });
        INFO("seed " << seed << ": " << describe(chip));
        Fixture f(std::move(chip), rng, seed % 2 == 0 ? BUSY : CALM);
        f.load(f.a, 0);
        for (int i = 0; i < 10; ++i) {
            f.host.send(random_image(f.chip, f.rng), i % 2 == 0 ? -2 : 1);
            f.send(1);
        }
        f.check_written();
        CHECK(f.host.pins().pix_error);
    }
}

}  // namespace permloom::test
