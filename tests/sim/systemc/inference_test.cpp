#include <catch2/catch.hpp>

#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"

namespace permloom::test {
namespace {

/// Runs `count` random images under context 0 and compares every written value.
void check_images(const Chip& chip, const Pauses& pauses, int count, uint64_t seed) {
    Rng rng(seed);
    const Wiring wiring = random_wiring(chip, rng);
    const auto device = make_systemc_device(chip);
    Host host(chip, *device, pauses, seed);
    host.load(wiring.words(chip, 0));
    host.finish_load();
    REQUIRE(host.pins().ctx_valid == 1);
    REQUIRE(host.pins().load_error == 0);

    std::vector<std::vector<int32_t>> written(chip.layers.size());
    std::vector<Expected> expected;
    for (int i = 0; i < count; ++i) {
        const Image image = random_image(chip, rng);
        host.send(image);
        expected.push_back(wiring.infer(chip, image));
    }
    host.collect(expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
        check_packet(host.packets()[i], expected[i]);
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const auto& seen = host.written()[l];
        const auto values = static_cast<size_t>(chip.layers[l].output_size());
        REQUIRE(seen.size() == values * expected.size());
        for (size_t k = 0; k < seen.size(); ++k) {
            CHECK(seen[k].index == k % values);
            CHECK(seen[k].value == expected[k / values].written[l][k % values]);
        }
    }
    CHECK_FALSE(host.pins().pix_error);
}

void check_images(const ChipShape& shape, const Pauses& pauses, int count, uint64_t seed) {
    INFO(shape.describe() << ", seed " << seed);
    Rng rng(seed);
    check_images(random_chip(shape, rng), pauses, count, seed);
}

constexpr Pauses BUSY{.pixels = 0.3, .results = 0.5, .load = 0.2};

}  // namespace

TEST_CASE("inference -- every width 1..9, rail and profile agrees with plain integers") {
    for (int inputs = 1; inputs <= 9; ++inputs) {
        for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
            for (const bool shared : {false, true}) {
                const ChipShape shape{.inputs = inputs,
                                      .layers = {{3, rail, shared}, {2, rail, !shared}}};
                check_images(shape, {}, 4, static_cast<uint64_t>(inputs));
            }
        }
    }
}

TEST_CASE("inference -- every engine, number of lanes, rail and profile agrees") {
    for (const Engine engine : {Engine::serial, Engine::level, Engine::programmable}) {
        for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
            for (const bool shared : {false, true}) {
                // A last group that is full or not, lanes without any neuron, more inputs in a
                // cycle than there are.
                for (const int lanes : {1, 2, 4, 8, 16}) {
                    const ChipShape shape{.inputs = 11,
                                          .layers = {{6, rail, shared, engine, lanes},
                                                     {5, rail, !shared, engine, lanes}}};
                    check_images(shape, {}, 4, static_cast<uint64_t>(lanes));
                    check_images(shape, BUSY, 4, static_cast<uint64_t>(lanes));
                }
            }
        }
    }
    check_images({.inputs = 7, .layers = {{9, Rail::dual, false, Engine::serial, 3}}}, {}, 4, 1);
    check_images({.inputs = 7, .layers = {{9, Rail::dual, false, Engine::serial, 7}}}, {}, 4, 2);
}

TEST_CASE("inference -- engines mix, one layer behind the other, with 1 and 2 contexts") {
    const LayerShape folded{4, Rail::split}, serial{5, Rail::dual, false, Engine::serial, 2},
        level{7, Rail::dual, true, Engine::level, 4},
        programmable{5, Rail::dual, false, Engine::programmable, 3};
    uint64_t seed = 0;
    for (const LayerShape& first : {folded, serial, level, programmable}) {
        for (const LayerShape& second : {folded, serial, level, programmable}) {
            for (const LayerShape& third : {folded, serial, level, programmable}) {
                const ChipShape shape{.inputs = 10,
                                      .layers = {first, second, third},
                                      .contexts = 1 + static_cast<int>(++seed % 2),
                                      .pixel_stream_bits = 32};
                check_images(shape, {}, 3, seed);
                check_images(shape, BUSY, 3, seed);
            }
        }
    }
}

TEST_CASE("inference -- devices of 0, neurons without a live device and layers of them") {
    for (const Engine engine :
         {Engine::folded, Engine::spatial, Engine::serial, Engine::level, Engine::programmable}) {
        for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
            for (const int lanes : engine == Engine::folded || engine == Engine::spatial
                                       ? std::vector{1}
                                       : std::vector{1, 4}) {
                Rng rng(12);
                Chip chip = random_chip(
                    {.inputs = 6, .layers = {{5, rail, false, engine, lanes}, {3, rail}}}, rng);
                std::vector<int32_t>& devices = chip.layers[0].devices;
                const auto lines = devices.size() / 5;
                const auto neuron = [&](size_t j) {
                    return devices.begin() + static_cast<std::ptrdiff_t>(j * lines);
                };
                std::fill(neuron(1), neuron(2), 0);
                std::fill(neuron(2) + 1, neuron(3) - 1, 0);
                *neuron(2) = -3;
                *(neuron(3) - 1) = 2;
                std::fill(neuron(4), neuron(5), 0);
                check_images(chip, {}, 5, 1);
                check_images(chip, BUSY, 5, 2);
                std::fill(devices.begin(), devices.end(), 0);
                check_images(chip, {}, 5, 3);
                check_images(chip, BUSY, 5, 4);
            }
        }
    }
}

TEST_CASE("inference -- a level map of as many neurons as a record can name agrees") {
    check_images({.inputs = 5, .layers = {{256, Rail::dual, false, Engine::level, 2}}}, {}, 2, 9);
}

TEST_CASE("inference -- a chip of one neuron on one input works on every rail") {
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
        for (const Engine engine : {Engine::folded, Engine::spatial, Engine::serial, Engine::level,
                                    Engine::programmable}) {
            const LayerShape layer{1, rail, false, engine};
            check_images({.inputs = 1, .layers = {layer}, .contexts = 1}, {}, 5, 7);
            check_images({.inputs = 1, .layers = {layer, layer}}, {}, 5, 8);
        }
    }
}

TEST_CASE("inference -- random chips under random pauses agree with plain integers") {
    Rng rng(2024);
    const Pauses calm, blocked{.pixels = 0.0, .results = 0.9, .load = 0.0};
    for (uint64_t seed = 1; seed <= 120; ++seed) {
        const ChipShape shape = random_shape(rng);
        check_images(shape, seed % 3 == 0 ? calm : seed % 3 == 1 ? BUSY : blocked, 6, seed);
    }
}

TEST_CASE("inference -- wider networks with rows of several words agree with plain integers") {
    check_images({.inputs = 70, .layers = {{12, Rail::single}, {5, Rail::dual}}}, {}, 4, 3);
    check_images({.inputs = 131, .layers = {{3, Rail::split, true}}}, {}, 4, 4);
    check_images({.inputs = 131, .layers = {{3, Rail::dual, false, Engine::serial, 2}}}, {}, 4, 5);
    check_images({.inputs = 131, .layers = {{3, Rail::dual, true, Engine::programmable, 2}}}, {}, 4,
                 8);
    // 64 levels of 3 bits: 6 words, levels that straddle two of them.
    check_images({.inputs = 131, .layers = {{3, Rail::dual, false, Engine::level, 64}}}, {}, 4, 6);
    check_images({.inputs = 131, .layers = {{3, Rail::split, true, Engine::level, 32}}}, {}, 4, 7);
}

TEST_CASE("inference -- the label is the first of the largest logits among the classes") {
    Rng rng(5);
    // Devices that are all zero leave b alone: the logits are chosen freely.
    Chip chip = random_chip({.inputs = 3, .layers = {{5}}}, rng);
    std::fill(chip.layers[0].devices.begin(), chip.layers[0].devices.end(), 0);
    struct Case {
        std::vector<int32_t> b;
        int classes, label;
    };
    const std::vector<Case> cases = {{{1, 5, 2, 5, 9}, 5, 4}, {{1, 5, 2, 5, 9}, 4, 1},
                                     {{1, 5, 2, 5, 9}, 1, 0}, {{-4, -7, -4, -2, -2}, 5, 3},
                                     {{0, 0, 0, 0, 0}, 5, 0}, {{-2147483647, 7, 7, 8, 0}, 3, 1}};
    for (const Case& c : cases) {
        Wiring wiring = random_wiring(chip, rng);
        wiring.configuration.classes = c.classes;
        for (size_t j = 0; j < 5; ++j)
            wiring.configuration.layers[0].neurons[j].b = c.b[j];
        const auto device = make_systemc_device(chip);
        Host host(chip, *device);
        host.load(wiring.words(chip, 0));
        host.send(random_image(chip, rng));
        host.collect(1);
        CHECK(host.packets()[0].logits == c.b);
        CHECK(host.packets()[0].label == c.label);
    }
}

TEST_CASE("inference -- the post-op clamps, rounds half up and rectifies before it scales") {
    Rng rng(6);
    Chip chip = random_chip({.inputs = 1, .layers = {{1}, {1}}}, rng);
    chip.layers[0].devices = {1};
    chip.layers[0].out_bits = chip.layers[1].in_bits = 8;
    struct Case {
        int x;
        NeuronRegisters neuron;
        LayerRegisters layer;
        int y;
    };
    const std::vector<Case> cases = {
        {10, {-4, 3, 0}, {.s = 2, .z = 0, .lo = 0, .hi = 255, .relu = true}, 5},    // 4.5
        {10, {-5, 1, 0}, {.s = 1, .z = 7, .lo = 0, .hi = 255, .relu = false}, 10},  // 2.5
        {10, {-15, 1, 0}, {.s = 1, .z = 7, .lo = 0, .hi = 255, .relu = false}, 5},  // -2.5
        {10, {-15, 1, 0}, {.s = 1, .z = 7, .lo = 0, .hi = 255, .relu = true}, 7},
        {10, {-15, -9, 4}, {.s = 0, .z = 0, .lo = 0, .hi = 255, .relu = true}, 4},
        {10, {0, 100, 0}, {.s = 0, .z = 0, .lo = 3, .hi = 200, .relu = true}, 200},
        {10, {0, -100, 0}, {.s = 0, .z = 0, .lo = 3, .hi = 200, .relu = true}, 3},
        {255, {2147483000, 65535, -140737488355328}, {.s = 40, .z = 1, .lo = 0, .hi = 255}, 1},
        {255, {2147483000, 65535, 140737488355327}, {.s = 47, .z = 0, .lo = 0, .hi = 255}, 2},
        {255, {-2147483000, -65536, 0}, {.s = 40, .z = 0, .lo = 0, .hi = 255}, 128},
        {255, {-2147483000, -65536, 0}, {.s = 40, .z = 0, .lo = 0, .hi = 255, .relu = true}, 0}};
    for (size_t i = 0; i < cases.size(); ++i) {
        INFO("case " << i);
        Wiring wiring = random_wiring(chip, rng);
        wiring.configuration.layers[0].neurons[0] = cases[i].neuron;
        wiring.configuration.layers[0].registers = cases[i].layer;
        const auto device = make_systemc_device(chip);
        Host host(chip, *device);
        host.load(wiring.words(chip, 0));
        host.send({static_cast<uint16_t>(cases[i].x)});
        host.collect(1);
        REQUIRE(host.written()[0].size() == 1);
        CHECK(host.written()[0][0].value == cases[i].y);
    }
}

}  // namespace permloom::test
