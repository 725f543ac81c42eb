/// The pixel and result streams: framing errors and back-pressure.
#include <catch2/catch.hpp>

#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"

namespace permloom::test {
namespace {

struct Fixture {
    explicit Fixture(uint64_t seed, const ChipShape& shape)
        : rng(seed),
          chip(random_chip(shape, rng)),
          wiring(random_wiring(chip, rng)),
          device(make_systemc_device(chip)),
          host(chip, *device, {}, seed) {
        host.load(wiring.words(chip, 0));
        host.finish_load();
    }
    Image send(int extra_beats = 0) {
        Image image = random_image(chip, rng);
        host.send(image, extra_beats);
        return image;
    }

    Rng rng;
    Chip chip;
    Wiring wiring;
    std::unique_ptr<Device> device;
    Host host;
};

const ChipShape FIVE_BEATS{.inputs = 20, .layers = {{4}, {3}}, .pixel_stream_bits = 32};
const ChipShape ONE_BEAT{.inputs = 3, .layers = {{2}}, .pixel_stream_bits = 32};
const ChipShape FIVE_BEATS_SERIAL{.inputs = 20,
                                  .layers = {{4, Rail::dual, false, Engine::serial, 3}, {3}},
                                  .pixel_stream_bits = 32};
const ChipShape FIVE_BEATS_LEVEL{.inputs = 20,
                                 .layers = {{4, Rail::dual, false, Engine::level, 8}, {3}},
                                 .pixel_stream_bits = 32};
const ChipShape FIVE_BEATS_PROGRAMMABLE{
    .inputs = 20,
    .layers = {{4, Rail::dual, false, Engine::programmable, 3}, {3}},
    .pixel_stream_bits = 32};

}  // namespace

TEST_CASE("streams -- images with a wrong number of beats are dropped, the others come out") {
    for (const ChipShape& shape :
         {FIVE_BEATS, ONE_BEAT, FIVE_BEATS_SERIAL, FIVE_BEATS_LEVEL, FIVE_BEATS_PROGRAMMABLE}) {
        for (uint64_t seed = 1; seed <= 6; ++seed) {
            Fixture f(seed, shape);
            f.host.pause({.pixels = 0.3, .results = seed % 2 == 0 ? 0.5 : 0.0, .load = 0.0});
            const int beats = f.chip.pixel_beats();
            std::vector<Image> good;
            for (int i = 0; i < 40; ++i) {
                // One beat at least, up to four too many.
                const int extra =
                    f.rng.chance(0.5)
                        ? 0
                        : static_cast<int>(f.rng.below(static_cast<uint64_t>(beats + 4))) -
                              (beats - 1);
                const Image image = f.send(extra);
                if (extra == 0) good.push_back(image);
            }
            good.push_back(f.send());
            f.host.collect(good.size());
            for (size_t i = 0; i < good.size(); ++i) {
                check_packet(f.host.packets()[i], f.wiring.infer(f.chip, good[i]));
            }
            CHECK(f.host.pins().pix_error);
            for (int t = 0; t < 300; ++t)
                f.host.step();
            CHECK(f.host.packets().size() == good.size());
        }
    }
}

TEST_CASE("streams -- pix_error shows in the cycle after the beat that errs and stays") {
    for (const int extra : {-4, -1, 1, 3}) {
        Fixture f(3, FIVE_BEATS);
        f.send(extra);
        const int errs_at = extra < 0 ? 5 + extra : 5;  // the tlast, or the last beat without one
        for (int beat = 1; beat <= errs_at; ++beat)
            CHECK_FALSE(f.host.step().pix_error);
        for (int t = 0; t < 20; ++t)
            CHECK(f.host.step().pix_error);
    }
}

TEST_CASE("streams -- while an image is dropped its beats are taken at once") {
    Fixture f(4, FIVE_BEATS);
    f.send(9);
    for (int beat = 0; beat < 14; ++beat)
        CHECK(f.host.step().pix_tready);
    CHECK(f.host.beats_left() == 0);
}

TEST_CASE("streams -- dropping goes on while the context is being reloaded") {
    Fixture f(7, FIVE_BEATS);
    f.send(60);
    f.host.load(f.wiring.words(f.chip, 0));
    for (int beat = 0; beat < 64; ++beat)
        CHECK(f.host.step().pix_tready);
    CHECK(f.host.pins().ctx_valid == 0);
    CHECK(f.host.step().pix_tready);
    CHECK_FALSE(f.host.step().pix_tready);
    CHECK(f.host.beats_left() == 0);
}

TEST_CASE("streams -- dropped images do not count as under way") {
    for (const ChipShape& shape : {FIVE_BEATS, ONE_BEAT}) {
        for (const int extra : {-2, 1, 2}) {
            if (extra < 0 && shape.inputs == ONE_BEAT.inputs) continue;
            Fixture f(5, shape);
            for (int i = 0; i < 5; ++i)
                f.send(extra);
            f.host.until([&] { return f.host.beats_left() == 0; });
            const auto words = f.wiring.words(f.chip, 0);
            f.host.load(words);
            for (size_t t = 0; t <= words.size(); ++t)
                f.host.step();
            CHECK(f.host.step().ctx_valid == 1);
        }
    }
}

TEST_CASE("streams -- a blocked result port stops the chip without losing anything") {
    const LayerShape serial{5, Rail::split, false, Engine::serial, 2},
        level{5, Rail::split, false, Engine::level, 2},
        programmable{5, Rail::split, false, Engine::programmable, 2};
    const std::vector<std::vector<LayerShape>> networks = {
        {{5}, {3, Rail::split}, {4}},
        {serial, serial, serial},
        {level, level, level},
        {programmable, programmable, programmable}};
    for (const std::vector<LayerShape>& layers : networks) {
        Fixture f(6, {.inputs = 6, .layers = layers});
        std::vector<Image> images;
        for (int i = 0; i < 40; ++i)
            images.push_back(f.send());
        f.host.pause({.pixels = 0.0, .results = 1.0, .load = 0.0});
        for (int t = 0; t < 1000; ++t)
            f.host.step();
        const size_t held = f.host.beats_left();
        CHECK(held > 0);
        CHECK_FALSE(f.host.pins().pix_tready);
        CHECK(f.host.pins().res_tvalid);
        const uint32_t first = f.host.pins().res_tdata;
        for (int t = 0; t < 100; ++t)
            CHECK(f.host.step().res_tdata == first);
        CHECK(f.host.beats_left() == held);
        f.host.pause({});
        f.host.collect(images.size());
        for (size_t i = 0; i < images.size(); ++i) {
            check_packet(f.host.packets()[i], f.wiring.infer(f.chip, images[i]));
        }
    }
}

}  // namespace permloom::test
