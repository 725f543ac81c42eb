#include "compiler/program/chip.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "tests/unit/program/small_chip.h"

using namespace permloom;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

struct TemporaryFile {
    fs::path path =
        fs::temp_directory_path() /
        ("permloom-chip-" + std::to_string(reinterpret_cast<uintptr_t>(this)) + ".chip");
    ~TemporaryFile() { fs::remove(path); }
};

}  // namespace

TEST_CASE("chip file -- comes back as it was written") {
    const TemporaryFile file;
    const Chip chip = small_chip();
    save_chip(chip, file.path);
    CHECK(load_chip(file.path) == chip);
    CHECK(fingerprint(load_chip(file.path)) == fingerprint(chip));
}

TEST_CASE("chip file -- any changed byte, any truncation and trailing bytes are refused") {
    const TemporaryFile file;
    save_chip(small_chip(), file.path);
    const std::vector<uint8_t> good = read_bytes(file.path);
    for (size_t i = 0; i < good.size(); ++i) {
        std::vector<uint8_t> bad = good;
        bad[i] = static_cast<uint8_t>(bad[i] ^ (1U << (i % 8)));
        write_file(file.path, bad);
        CHECK_THROWS_AS(load_chip(file.path), Error);
    }
    for (size_t size = 0; size < good.size(); size += 7) {
        write_file(file.path, std::span(good).first(size));
        CHECK_THROWS_AS(load_chip(file.path), Error);
    }
    write_file(file.path, std::span(good).first(good.size() - 1));
    CHECK_THROWS_WITH(load_chip(file.path), Contains("is truncated"));
    std::vector<uint8_t> longer = good;
    longer.push_back(0);
    write_file(file.path, longer);
    CHECK_THROWS_WITH(load_chip(file.path), Contains("1 bytes too long"));
    std::vector<uint8_t> flipped = good;
    flipped[good.size() / 2] ^= 1;
    write_file(file.path, flipped);
    CHECK_THROWS_WITH(load_chip(file.path), Contains("checksum does not match"));
    write_file(file.path, std::string_view("hello"));
    CHECK_THROWS_WITH(load_chip(file.path), Contains("is not a permloom chip file"));
    CHECK_THROWS_WITH(load_chip(file.path.string() + ".none"), Contains("cannot open"));
}

TEST_CASE("fingerprint -- changes with all hardware and not with the name") {
    const Chip chip = small_chip();
    const Sha256 own = fingerprint(chip);
    Chip other = chip;
    other.name = "renamed";
    CHECK(fingerprint(other) == own);
    const auto differs = [&](auto change) {
        Chip changed = chip;
        change(changed);
        return fingerprint(changed) != own;
    };
    CHECK(differs([](Chip& c) { c.layers[0].devices[4] = 6; }));
    CHECK(differs([](Chip& c) { c.layers[0].rail = Rail::split; }));
    CHECK(differs([](Chip& c) { c.layers[0].device_bits = 5; }));
    CHECK(differs([](Chip& c) { c.contexts = 1; }));
    CHECK(differs([](Chip& c) { c.pixel_stream_bits = 32; }));
    CHECK(differs([](Chip& c) { c.layers[0].in_bits = 5; }));
    CHECK(differs([](Chip& c) { c.layers[0].decoder = Decoder::level_map; }));
}

TEST_CASE("accumulator -- is as wide as the extreme sums need, and no wider") {
    ChipLayer layer = small_chip().layers[0];
    CHECK(layer.accumulator_bits() == 8);  // -8 * 15 = -120 .. 5 * 15 = 75
    layer.rail = Rail::split;              // (5 + 8) * 15 = 195
    CHECK(layer.accumulator_bits() == 9);
    layer.rail = Rail::single;
    layer.devices = {-7, -2, 0, 0, 5};  // -135
    CHECK(layer.accumulator_bits() == 9);
    // Whatever weights are loaded: 5 inputs of up to 15, weights of 4 bits, on dual rails of 5.
    layer.engine = Engine::programmable;
    CHECK(layer.accumulator_bits() == 11);  // -600
    layer.rail = Rail::split;               // 600
    CHECK(layer.accumulator_bits() == 11);
    layer.rail = Rail::dual;  // -1200
    CHECK(layer.accumulator_bits() == 12);
}

TEST_CASE("live slots -- are those whose device is not 0 for every neuron") {
    Chip chip = small_chip();
    for (ChipLayer& layer : chip.layers) {
        const std::vector<uint8_t> live = layer.live_slots();
        REQUIRE(live.size() == static_cast<size_t>(layer.lines()));
        for (size_t slot = 0; slot < live.size(); ++slot)
            CHECK((live[slot] != 0) == (!layer.shared_profile || layer.bank(0)[slot] != 0));
    }
}

TEST_CASE("check -- names the layer and the fault") {
    const auto message = [](auto change) {
        Chip chip = small_chip();
        change(chip);
        try {
            check(chip, "x.chip");
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK(message([](Chip&) {}) == "accepted");
    CHECK_THAT(message([](Chip& c) { c.layers.clear(); }), Contains("no layers"));
    CHECK_THAT(message([](Chip& c) { c.layers[0].devices[0] = -9; }),
               Contains("does not fit 4 bits"));
    CHECK_THAT(message([](Chip& c) { c.layers[0].devices[0] = 4; }), Contains("ascending"));
    CHECK_THAT(message([](Chip& c) { c.layers[0].devices.pop_back(); }), Contains("5 expected"));
    CHECK_THAT(message([](Chip& c) { c.layers[1].in_bits = 7; }), Contains("layer 1"));
    CHECK_THAT(message([](Chip& c) { c.contexts = 3; }), Contains("3 contexts"));
    CHECK_THAT(message([](Chip& c) { c.layers[0].lanes = 2; }), Contains("one lane"));
    CHECK_THAT(message([](Chip& c) {
                   c.layers[0].engine = Engine::serial;
                   c.layers[0].lanes = 0;
               }),
               Contains("1 to 255 lanes"));
    CHECK_THAT(message([](Chip& c) {
                   c.layers[1].engine = Engine::level;
                   c.layers[1].lanes = 3;
               }),
               Contains("1, 2, 4, ... 64 inputs a cycle"));
    CHECK_THAT(message([](Chip& c) {
                   c.layers[0].engine = Engine::programmable;
                   c.layers[0].lanes = 256;
               }),
               Contains("engine programmable has 1 to 255 lanes"));
    CHECK_THAT(
        message([](Chip& c) {
            ChipLayer& last = c.layers[1];
            last.engine = Engine::programmable;
            last.rail = Rail::single;
            last.outputs = 21846;
            last.shared_profile = true;
            last.devices = {0, 0, 1};
        }),
        Contains("layer 1: a lane has 65538 weights, at most 65535") && Contains("more lanes"));
    CHECK_THAT(message([](Chip& c) { c.pixel_stream_bits = 60; }), Contains("pixel stream"));
}

TEST_CASE("check -- a decoder stands in engine serial, where there is something to decode") {
    const auto message = [](Engine engine, Decoder decoder, auto change) {
        Chip chip = small_chip();
        for (ChipLayer& layer : chip.layers) {
            layer.engine = engine;
            layer.decoder = decoder;
        }
        change(chip.layers[1]);
        try {
            check(chip, "x.chip");
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    const auto as_it_is = [](ChipLayer&) {};
    using enum Decoder;
    CHECK(message(Engine::serial, factorial_stream, as_it_is) == "accepted");
    CHECK_THAT(message(Engine::folded, level_map, as_it_is),
               Contains("layer 0: decoder level-map cannot stand in engine folded") &&
                   Contains("routed bits, which the host computes"));
    CHECK_THAT(message(Engine::level, factorial_stream, as_it_is), Contains("no list of inputs"));
    CHECK_THAT(message(Engine::serial, level_map,
                       [](ChipLayer& layer) { std::ranges::fill(layer.devices, 1); }),
               Contains("layer 1: decoder level-map has nothing to decode"));
    CHECK_THAT(message(Engine::serial, level_map, as_it_is),
               Contains("every device equally often in each neuron, and neuron 1 differs"));
    CHECK(message(Engine::serial, level_map, [](ChipLayer& layer) {
              layer.devices = {0, 0, 0, 1, 1, 1, -1, -1, -1, 0, 0, 0};
          }) == "accepted");
}

TEST_CASE(
    "chip -- a beat holds as many pixels as fit, a power of two for engines that address them") {
    Chip chip = small_chip();
    chip.pixel_stream_bits = 24;
    REQUIRE(chip.in_bits() == 4);
    CHECK(chip.pixels_per_beat() == 6);
    for (const Engine engine : {Engine::serial, Engine::level, Engine::programmable}) {
        chip.layers[0].engine = engine;
        CHECK(chip.pixels_per_beat() == 4);
        CHECK(chip.pixel_beats() == (chip.inputs() + 3) / 4);
    }
}
