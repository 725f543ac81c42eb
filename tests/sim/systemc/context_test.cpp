/// Contexts while images are under way: selection, switching, reloading.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"

namespace permloom::test {
namespace {

constexpr std::array ENGINES = {Engine::folded, Engine::spatial, Engine::serial, Engine::level,
                                Engine::programmable};

/// A chip with two wirings, A and B.
struct Fixture {
    explicit Fixture(uint64_t seed, int contexts = 2, Engine engine = Engine::folded)
        : rng(seed),
          chip(random_chip({.inputs = 20,
                            .layers = {{4, Rail::single, false, engine, lanes(engine)},
                                       {3, Rail::split, false, engine, lanes(engine)}},
                            .contexts = contexts,
                            .pixel_stream_bits = 32},
                           rng)),
          a(random_wiring(chip, rng)),
          b(random_wiring(chip, rng)),
          device(make_systemc_device(chip)),
          host(chip, *device) {}

    static int lanes(Engine engine) { return engine == Engine::folded ? 1 : 4; }
    void send(size_t count) {
        for (size_t i = 0; i < count; ++i) {
            images.push_back(random_image(chip, rng));
            host.send(images.back());
        }
    }
    void load(const Wiring& wiring, int context) {
        host.load(wiring.words(chip, context));
        host.finish_load();
        REQUIRE(host.pins().load_error == 0);
    }

    Rng rng;
    Chip chip;
    Wiring a, b;
    std::unique_ptr<Device> device;
    Host host;
    std::vector<Image> images;
};

}  // namespace

TEST_CASE("contexts -- one is selectable from the cycle on in which it is valid") {
    Fixture f(1);
    f.load(f.a, 0);
    f.host.select(1);
    const auto words = f.b.words(f.chip, 1);
    f.host.load(words);
    for (size_t t = 0; t <= words.size(); ++t) {
        CHECK(f.host.step().ctx_active == 0);
        CHECK(f.host.pins().ctx_valid == 1);
    }
    CHECK(f.host.step().ctx_valid == 3);
    CHECK(f.host.pins().ctx_active == 0);
    CHECK(f.host.step().ctx_active == 1);
    for (const int absent : {2, 9, 255}) {
        f.host.select(absent);
        for (int t = 0; t < 3; ++t)
            CHECK(f.host.step().ctx_active == 1);
    }
}

TEST_CASE("contexts -- every image runs under the context that was active at its first beat") {
    for (uint64_t seed = 1; seed <= 12; ++seed) {
        Fixture f(seed, 2, ENGINES[seed % 3]);
        f.host.pause({.pixels = 0.2, .results = seed % 2 == 0 ? 0.6 : 0.0, .load = 0.0});
        f.load(f.a, 0);
        f.load(f.b, 1);
        const size_t count = 40;
        f.send(count);
        while (f.host.packets().size() < count) {
            f.host.select(static_cast<int>(f.rng.below(2)));
            const uint64_t until = f.host.cycle() + f.rng.below(40);
            while (f.host.cycle() < until)
                f.host.step();
        }
        int under_b = 0;
        for (size_t i = 0; i < count; ++i) {
            const bool is_b = f.host.starts()[i].context == 1;
            under_b += is_b ? 1 : 0;
            check_packet(f.host.packets()[i], (is_b ? f.b : f.a).infer(f.chip, f.images[i]));
        }
        CHECK(under_b > 0);
        CHECK(under_b < static_cast<int>(count));
    }
}

TEST_CASE("contexts -- the other context loads while images run, which lose no cycle") {
    for (const Engine engine : ENGINES) {
        Fixture quiet(3, 2, engine), loading(3, 2, engine);
        for (Fixture* f : {&quiet, &loading}) {
            f->load(f->a, 0);
            f->send(30);
        }
        loading.host.load(loading.b.words(loading.chip, 1));
        for (Fixture* f : {&quiet, &loading})
            f->host.collect(30);
        for (size_t i = 0; i < 30; ++i) {
            CHECK(quiet.host.packets()[i].cycle == loading.host.packets()[i].cycle);
            check_packet(loading.host.packets()[i],
                         loading.a.infer(loading.chip, loading.images[i]));
        }
        CHECK(loading.host.pins().ctx_valid == 3);
    }
}

TEST_CASE(
    "contexts -- reloading the running one waits for its images and holds the next ones back") {
    for (const Engine engine : ENGINES) {
        for (const int contexts : {1, 2}) {
            Fixture f(4, contexts, engine);
            f.load(f.a, 0);
            f.send(40);
            while (f.host.packets().size() < 3)
                f.host.step();
            // In the middle of an image, which is to be finished under the old wiring.
            f.host.until([&] { return f.host.beats_left() % 5 == 3; });
            f.host.load(f.b.words(f.chip, 0));
            f.host.until([&] { return f.host.pins().ctx_valid == 0; });
            const uint64_t closed = f.host.cycle() - 1;
            f.host.until([&] { return f.host.words_left() == 0; });
            const size_t old = f.host.packets().size();
            f.host.collect(40);
            CHECK(old > 3);
            CHECK(old < 40);
            for (size_t i = 0; i < 40; ++i) {
                CHECK((f.host.starts()[i].cycle < closed) == (i < old));
                check_packet(f.host.packets()[i], (i < old ? f.a : f.b).infer(f.chip, f.images[i]));
            }
        }
    }
}

TEST_CASE("contexts -- a load waits until the cycle after the last result beat is accounted for") {
    Fixture f(5);
    f.load(f.a, 0);
    f.send(1);
    f.host.pause({.pixels = 0.0, .results = 1.0, .load = 0.0});
    f.host.until([&] { return f.host.pins().res_tvalid; });
    const auto words = f.b.words(f.chip, 0);
    f.host.load(words);
    for (int t = 0; t < 6; ++t)
        CHECK(f.host.step().cfg_tready);
    for (int t = 0; t < 50; ++t)
        CHECK_FALSE(f.host.step().cfg_tready);
    f.host.pause({});
    f.host.until([&] {
        CHECK_FALSE(f.host.pins().cfg_tready);
        return f.host.packets().size() == 1;
    });
    CHECK_FALSE(f.host.step().cfg_tready);
    CHECK(f.host.step().cfg_tready);
    check_packet(f.host.packets()[0], f.a.infer(f.chip, f.images[0]));
}

TEST_CASE("contexts -- a load into an idle context does not wait for the images of the other") {
    Fixture f(6);
    f.load(f.a, 0);
    f.send(2);
    f.host.pause({.pixels = 0.0, .results = 1.0, .load = 0.0});
    f.host.until([&] { return f.host.pins().res_tvalid; });
    const auto words = f.b.words(f.chip, 1);
    f.host.load(words);
    for (size_t t = 0; t <= words.size(); ++t)
        f.host.step();
    CHECK(f.host.step().ctx_valid == 3);
}

TEST_CASE("contexts -- reset forgets contexts, images and errors; the chip loads and runs again") {
    for (const Engine engine : ENGINES) {
        Fixture f(7, 2, engine);
        for (int round = 0; round < 12; ++round) {
            f.load(f.a, 0);
            f.load(f.b, 1);
            f.host.select(round % 2);
            f.send(6);
            f.host.send(f.images.back(), round % 3 - 1);
            for (int t = 0; t < 17 * round; ++t)
                f.host.step();
            f.host.reset();
            f.host.select(0);
            f.images.clear();
            const size_t before = f.host.packets().size();
            const PinsOut& pins = f.host.step();
            CHECK(pins.ctx_valid == 0);
            CHECK(pins.ctx_active == 0);
            CHECK(pins.load_error == 0);
            CHECK_FALSE(pins.pix_error);
            CHECK_FALSE(pins.res_tvalid);
            CHECK(pins.cfg_tready);
            for (int t = 0; t < 100; ++t)
                CHECK_FALSE(f.host.step().res_tvalid);
            f.load(f.a, 0);
            f.send(1);
            f.host.collect(before + 1);
            check_packet(f.host.packets().back(), f.a.infer(f.chip, f.images.back()));
        }
    }
}

}  // namespace permloom::test
