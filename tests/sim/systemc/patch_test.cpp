/// Patches at the configuration port: compiler/program/FORMAT.md.
#include <catch2/catch.hpp>

#include "compiler/program/expand.h"
#include "compiler/program/patch.h"
#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"

namespace permloom::test {
namespace {

using Words = std::vector<uint32_t>;

const ChipShape FOLDED{.inputs = 4, .layers = {{3}, {2, Rail::dual}}};
const ChipShape SERIAL{.inputs = 6, .layers = {{5, Rail::dual, false, Engine::serial, 2}, {2}}};
const ChipShape CODED{
    .inputs = 6,
    .layers = {{5, Rail::dual, false, Engine::serial, 2, false, Decoder::factorial_stream},
               {4, Rail::single, false, Engine::serial, 3, false, Decoder::level_map}}};
const ChipShape LEVEL{.inputs = 20, .layers = {{4, Rail::split, false, Engine::level, 16}, {2}}};

/// A chip of two contexts with a good load in each, and another function that differs in part.
struct Fixture {
    explicit Fixture(uint64_t seed, const ChipShape& shape = FOLDED)
        : rng(seed),
          chip(random_chip(shape, rng)),
          held(random_wiring(chip, rng)),
          wanted(partly_changed(chip, held, random_wiring(chip, rng), rng)),
          device(make_systemc_device(chip)),
          host(chip, *device) {
        load(held.words(chip, 0));
        load(held.words(chip, 1));
        REQUIRE(valid() == 3);
    }

    void load(const Words& stream) {
        host.load(stream);
        host.finish_load();
    }
    Words patch(int context) const { return patch(context, id_of_full(context)); }
    Words patch(int context, uint32_t base) const {
        return make_patch(expand(chip, held.configuration, context),
                          expand(chip, wanted.configuration, context), base)
            .words;
    }
    uint32_t id_of_full(int context) const { return held.words(chip, context).back(); }
    LoadError error() const { return static_cast<LoadError>(host.pins().load_error); }
    int valid() const { return host.pins().ctx_valid; }
    void select(int context) {
        host.select(context);
        host.step();
        host.step();
        REQUIRE(host.pins().ctx_active == context);
    }
    void check_images(const Wiring& function, int count = 3) {
        for (int i = 0; i < count; ++i) {
            const Image image = random_image(chip, rng);
            const size_t before = host.packets().size();
            host.send(image);
            host.collect(before + 1);
            check_packet(host.packets().back(), function.infer(chip, image));
        }
    }

    Rng rng;
    Chip chip;
    Wiring held, wanted;
    std::unique_ptr<Device> device;
    Host host;
};

}  // namespace

TEST_CASE("patch -- changes its target alone, and the target runs on with the rest as it was") {
    for (const ChipShape& shape : {FOLDED, SERIAL, LEVEL, CODED})
        for (uint64_t seed = 1; seed <= 8; ++seed) {
            Fixture f(seed, shape);
            const Words patch = f.patch(1);
            CHECK(patch.size() < f.held.words(f.chip, 1).size());
            f.load(patch);
            CHECK(f.error() == LoadError::none);
            CHECK(f.valid() == 3);
            f.check_images(f.held);
            f.select(1);
            f.check_images(f.wanted);
        }
}

TEST_CASE("patch -- the next one builds on its CRC, the way back included") {
    Fixture f(2);
    const Words there = f.patch(0);
    f.load(there);
    f.check_images(f.wanted);
    const LoadStream held = expand(f.chip, f.held.configuration);
    const LoadStream wanted = expand(f.chip, f.wanted.configuration);
    const Words back = make_patch(wanted, held, there.back()).words;
    f.load(back);
    CHECK(f.error() == LoadError::none);
    f.check_images(f.held);
    // What the context holds now is the first load again, but under another id.
    f.load(there);
    CHECK(f.error() == LoadError::base);
    f.load(f.patch(0, back.back()));
    CHECK(f.error() == LoadError::none);
    f.check_images(f.wanted);
}

TEST_CASE("patch -- a wrong base is error 10 and touches nothing") {
    Fixture f(3);
    for (int bit = 0; bit < 64; ++bit) {
        Words bad = f.patch(0);
        bad[bit < 32 ? 4 : 5] ^= 1U << (bit % 32);
        f.load(bad);
        CHECK(f.error() == LoadError::base);
        CHECK(f.valid() == 3);
    }
    f.load(f.patch(0, f.id_of_full(1)));  // what the other context holds
    CHECK(f.error() == LoadError::base);
    f.check_images(f.held);
    f.load(f.patch(0));
    CHECK(f.error() == LoadError::none);
    f.check_images(f.wanted);
}

TEST_CASE("patch -- there is nothing to patch in a context that is not valid") {
    Fixture f(4);
    Words broken = f.held.words(f.chip, 1);
    broken.back() ^= 1;
    f.load(broken);
    REQUIRE(f.valid() == 1);
    f.load(f.patch(1));  // the id of the load before the broken one
    CHECK(f.error() == LoadError::base);
    f.load(f.patch(1, 0));
    CHECK(f.error() == LoadError::base);
    CHECK(f.valid() == 1);
    f.host.reset();
    f.load(f.patch(0));
    CHECK(f.error() == LoadError::base);
    f.load(f.patch(0, 0));
    CHECK(f.error() == LoadError::base);
    CHECK(f.valid() == 0);
}

TEST_CASE(
    "patch -- a fault behind its header invalidates its target, which then takes a full load") {
    Fixture f(5);
    const Words good = f.patch(1);
    for (size_t length = 7; length <= good.size(); ++length) {
        INFO("length " << length);
        Words bad(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
        if (length == good.size()) bad.back() ^= 1U << 9;
        f.load(bad);
        CHECK(f.error() == (length == good.size() ? LoadError::checksum : LoadError::truncated));
        CHECK(f.valid() == 1);
        f.load(good);
        CHECK(f.error() == LoadError::base);
        f.load(f.held.words(f.chip, 1));
        REQUIRE(f.valid() == 3);
    }
    f.check_images(f.held);
    f.load(good);
    f.select(1);
    f.check_images(f.wanted);
}

TEST_CASE("patch -- a header cut short leaves its target as it was") {
    Fixture f(6);
    for (size_t length = 1; length <= 6; ++length) {
        Words cut = f.patch(0);
        cut.resize(length);
        f.load(cut);
        CHECK(f.error() == LoadError::truncated);
        CHECK(f.valid() == 3);
    }
    f.load(f.patch(0));
    CHECK(f.error() == LoadError::none);
}

TEST_CASE("patch -- without a row it is error 6") {
    Fixture f(7);
    Words empty = f.patch(0);
    empty.resize(6);
    empty.push_back(0x00ff0000);
    empty.push_back(crc_of(empty));
    f.load(empty);
    CHECK(f.error() == LoadError::incomplete);
    CHECK(f.valid() == 2);
}

TEST_CASE("patch -- with every row it is as good as a full load") {
    Fixture f(8);
    Words all = f.wanted.words(f.chip, 0);
    all[1] |= 1U << 16;
    all[4] = f.id_of_full(0);
    all.back() = crc_of(std::span(all).first(all.size() - 1));
    f.load(all);
    CHECK(f.error() == LoadError::none);
    f.check_images(f.wanted);
}

TEST_CASE("patch -- of the only context waits for its images and stops the next ones shortly") {
    Rng rng(9);
    Chip chip = random_chip({.inputs = 4, .layers = {{3}, {2}}, .contexts = 1}, rng);
    const Wiring held = random_wiring(chip, rng);
    const Wiring wanted = partly_changed(chip, held, random_wiring(chip, rng), rng);
    const auto device = make_systemc_device(chip);
    Host host(chip, *device);
    host.load(held.words(chip, 0));
    host.finish_load();
    std::vector<Image> images;
    for (int i = 0; i < 20; ++i) {
        images.push_back(random_image(chip, rng));
        host.send(images.back());
    }
    const Words full = held.words(chip, 0);
    host.until([&] { return host.packets().size() == 4; });
    host.load(make_patch(expand(chip, held.configuration), expand(chip, wanted.configuration),
                         full.back())
                  .words);
    host.collect(images.size());
    // An image ran under what was there when it began.
    bool changed = false;
    for (size_t i = 0; i < images.size(); ++i) {
        const bool old = host.packets()[i].logits == held.infer(chip, images[i]).written.back();
        CHECK((old || host.packets()[i].logits == wanted.infer(chip, images[i]).written.back()));
        changed = changed || !old;
        if (changed) CHECK_FALSE(old);
    }
    CHECK(changed);
}

}  // namespace permloom::test
