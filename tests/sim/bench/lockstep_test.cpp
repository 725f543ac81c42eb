/// SystemC model, Verilated RTL and reference agree on small chips of every kind.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/emit/rtl_design.h"
#include "tests/sim/bench/lockstep.h"

using namespace permloom;
using namespace permloom::test;
using Catch::Contains;

namespace {

constexpr auto FOLDED = Engine::folded, SERIAL = Engine::serial, LEVEL = Engine::level,
               PROGRAMMABLE = Engine::programmable;
constexpr auto FACTORIAL = Decoder::factorial_stream, LEVEL_MAP = Decoder::level_map;
constexpr auto SINGLE = Rail::single, DUAL = Rail::dual, SPLIT = Rail::split;

/// Each is built once and used by all tests. Together: n = 1, 2, odd and powers of two; one neuron;
/// every rail with a shared and an own profile; every engine, first, last and between others; one
/// and two contexts; streams of every width; an interval bound by pixels, by a layer, by results.
const std::vector<ChipShape>& shapes() {
    static const std::vector<ChipShape> shapes = {
        {1, {{1, SINGLE, true}}, 1, 8, 1},
        {2, {{3, SINGLE, true}, {2, DUAL, false}}, 2, 16, 8},
        {5, {{3, SPLIT, true}, {3, DUAL, true}, {3, SPLIT, false}}, 2, 64, 4},
        {8, {{1, SINGLE, false}, {6, SINGLE, false}}, 1, 64, 8},
        {17, {{2, SPLIT, false}}, 2, 8, 8},
        {9, {{5, SINGLE, true, SERIAL, 2}, {4, DUAL, false, LEVEL, 2}}, 2, 16, 4},
        {11, {{6, SPLIT, true, LEVEL, 4}, {3, SPLIT, false, SERIAL, 3}}, 1, 32, 5},
        {7,
         {{4, DUAL, true, SERIAL, 1}, {5, SINGLE, false, FOLDED, 1}, {2, SINGLE, true, LEVEL, 1}},
         2,
         64,
         1},
        {11,
         {{5, DUAL, true, PROGRAMMABLE, 2},
          {4, SPLIT, false, PROGRAMMABLE, 7},
          {3, SINGLE, false, PROGRAMMABLE, 1}},
         2,
         32,
         5},
        // The last rows of its activation memory stand in registers.
        {257, {{3, SINGLE, true, SERIAL, 2}}, 1, 8, 8},
        // Decoders, of own and shared profiles and every rail; indices of more bits than a chunk.
        {9,
         {{7, DUAL, false, SERIAL, 3, false, FACTORIAL},
          {6, SINGLE, false, SERIAL, 2, false, LEVEL_MAP},
          {4, SPLIT, true, SERIAL, 4, false, LEVEL_MAP}},
         2,
         16,
         4},
    };
    return shapes;
}

/// Seeds of chips that walk. Together: every engine, padding, strides, windows read by the value
/// and by the word, both pools with and without rows and columns left over, additions over one
/// layer and over two, a projection, several readers of the image and of a layer.
constexpr uint64_t WALKS[] = {1, 2, 3, 8, 11, 16, 44};

Lockstep& lockstep(size_t index) {
    static std::vector<std::unique_ptr<Lockstep>> made(shapes().size() + std::size(WALKS));
    if (!made[index]) {
        const bool walks = index >= shapes().size();
        Rng rng(walks ? WALKS[index - shapes().size()] : 1000 + index);
        made[index] = std::make_unique<Lockstep>(walks ? random_walking_chip(rng)
                                                       : random_chip(shapes()[index], rng));
    }
    return *made[index];
}

template <class Body>
void for_each_chip(Body body) {
    for (size_t index = 0; index < shapes().size() + std::size(WALKS); ++index) {
        INFO("chip " << index << ": " << describe(lockstep(index).chip()));
        body(lockstep(index));
    }
}

bool works_on(const Chip& chip) {
    return std::ranges::any_of(chip.layers, [](const ChipLayer& layer) {
        return layer.walk && layer.walk->counted_positions() < layer.walk->positions();
    });
}

/// Runs and demands that everything agreed.
BenchReport run_clean(Bench& bench, const std::vector<std::vector<uint16_t>>& images,
                      const std::optional<Reload>& reload = {}) {
    BenchReport report = bench.run(images, reload);
    INFO(difference_of(bench));
    REQUIRE(bench.mismatches() == 0);
    REQUIRE(report.wrong_images == 0);
    REQUIRE(report.results.size() == images.size());
    return report;
}

}  // namespace

TEST_CASE("lockstep -- interval, latency and loading take exactly the cycles of the formulas") {
    for_each_chip([](Lockstep& pair) {
        Rng rng(1);
        Bench bench = pair.bench();
        const Function function = random_function(pair.chip(), 0, rng);
        const uint64_t before = bench.cycle();
        REQUIRE(bench.load(function.load()) == LoadError::none);
        // The answer is looked at in the cycle in which it is visible.
        CHECK(bench.cycle() - before ==
              expected_load_cycles(pair.chip(), function.words.size()) + 1);
        CHECK(bench.pins().ctx_valid == 1);
        const BenchReport report = run_clean(bench, pair.images(12, rng));
        CHECK(report.cycles_per_inference == static_cast<double>(expected_interval(pair.chip())));
        CHECK(report.latency_cycles == expected_latency(pair.chip()));
        // A layer whose last positions no pool counts is still at work when the answer is out.
        if (!works_on(pair.chip()))
            CHECK(run_clean(bench, pair.images(1, rng)).latency_cycles ==
                  expected_latency(pair.chip()));
    });
}

TEST_CASE("lockstep -- every pin, probe and result agrees under gaps and back-pressure") {
    for_each_chip([](Lockstep& pair) {
        for (uint64_t seed = 1; seed <= 12; ++seed) {
            INFO("seed " << seed);
            Rng rng(seed);
            Bench bench = pair.bench(random_stimulus(seed));
            for (int context = 0; context < pair.chip().contexts; ++context) {
                const Range range = seed % 2 ? Range::usual : Range::extreme;
                const Function function = random_function(pair.chip(), context, rng, range);
                REQUIRE(bench.load(function.load()) == LoadError::none);
                bench.select(context);
                run_clean(bench, pair.images(10, rng));
            }
        }
    });
}

TEST_CASE("lockstep -- a reload in mid-stream divides the images between two functions") {
    for_each_chip([](Lockstep& pair) {
        for (uint64_t seed = 1; seed <= 6; ++seed) {
            INFO("seed " << seed);
            Rng rng(seed, 2);
            Bench bench = pair.bench(seed % 2 ? random_stimulus(seed) : Stimulus{.seed = seed});
            const int target = pair.chip().contexts - 1;
            const Function before = random_function(pair.chip(), 0, rng);
            const Function after = random_function(pair.chip(), target, rng);
            REQUIRE(bench.load(before.load()) == LoadError::none);
            // Enough images to outlast the load where the host does not pause.
            const size_t count = 20 + expected_load_cycles(pair.chip(), after.words.size()) /
                                          expected_interval(pair.chip());
            const BenchReport report =
                run_clean(bench, pair.images(count, rng), Reload{after.load(), seed, target});
            CHECK(report.load_error == LoadError::none);
            CHECK(!report.results.front().reloaded);
            if (seed % 2 == 0) CHECK(report.results.back().reloaded);
            CHECK(bench.pins().ctx_active == target);
            run_clean(bench, pair.images(5, rng));
        }
    });
}

TEST_CASE(
    "lockstep -- a load with a fault anywhere is refused by both, the other context runs on") {
    Lockstep& pair = lockstep(1);
    Rng rng(3);
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        Bench bench = pair.bench(seed % 4 ? Stimulus{.seed = seed} : random_stimulus(seed));
        const Function running = random_function(pair.chip(), 0, rng);
        REQUIRE(bench.load(running.load()) == LoadError::none);
        const Function good = random_function(pair.chip(), 1, rng);
        std::vector<uint32_t> words = good.words;
        LoadError expected = LoadError::checksum;
        switch (seed % 3) {
            case 0:  // a flipped bit; in front of the CRC it may be found by meaning first
                words[rng.below(words.size())] ^= 1U << rng.below(32);
                break;
            case 1:
                words.resize(1 + rng.below(words.size() - 1));
                expected = LoadError::truncated;
                break;
            case 2:
                words.push_back(static_cast<uint32_t>(rng.next()));
                expected = LoadError::overrun;
                break;
        }
        const BenchReport report = run_clean(bench, pair.images(40, rng), Reload{{words}, 2, 1});
        CHECK(report.load_error != LoadError::none);
        if (seed % 3) CHECK(report.load_error == expected);
        CHECK(bench.pins().ctx_active == 0);
        CHECK((bench.pins().ctx_valid & 2) == 0);
        REQUIRE(bench.load(good.load()) == LoadError::none);
        bench.select(1);
        run_clean(bench, pair.images(5, rng));
    }
}

TEST_CASE("lockstep -- a wrong code is error 11, the other context runs on") {
    Lockstep& pair = lockstep(10);
    Rng rng(31);
    int wrong = 0;
    for (uint64_t seed = 1; seed <= 90; ++seed) {
        Bench bench = pair.bench(seed % 4 ? Stimulus{.seed = seed} : random_stimulus(seed));
        const Function running = random_function(pair.chip(), 0, rng);
        REQUIRE(bench.load(running.load()) == LoadError::none);
        const Function good = random_function(pair.chip(), 1, rng);
        const CodeFault fault = random_code_fault(pair.chip(), good.words, rng);
        INFO("seed " << seed << ", layer " << fault.layer << ", neuron " << fault.neuron);
        const BenchReport report =
            run_clean(bench, pair.images(30, rng), Reload{{fault.words}, 2, -1});
        CHECK(report.load_error == (fault.found ? LoadError::code : LoadError::none));
        CHECK(bench.pins().ctx_active == 0);
        CHECK(bench.pins().ctx_valid == (fault.found ? 1 : 3));
        wrong += fault.found ? 1 : 0;
        REQUIRE(bench.load(good.load()) == LoadError::none);
        bench.select(1);
        run_clean(bench, pair.images(5, rng));
    }
    CHECK(wrong > 60);
}

TEST_CASE("lockstep -- patches change a function in mid-stream, one after another") {
    for_each_chip([](Lockstep& pair) {
        for (uint64_t seed = 1; seed <= 3; ++seed) {
            INFO("seed " << seed);
            Rng rng(seed, 4);
            Bench bench = pair.bench(seed % 2 ? random_stimulus(seed) : Stimulus{.seed = seed});
            const int target = pair.chip().contexts - 1;
            Function held = random_function(pair.chip(), target, rng);
            REQUIRE(bench.load(held.load()) == LoadError::none);
            bench.select(target);
            for (int step = 0; step < 3; ++step) {
                Function patched = random_patch(pair.chip(), target, held, held.words.back(), rng);
                const BenchReport report = run_clean(bench, pair.images(12, rng),
                                                     Reload{patched.load(), rng.below(12), target});
                CHECK(report.load_error == LoadError::none);
                const uint16_t id = target == 0 ? ControlRegister::id_0 : ControlRegister::id_1;
                CHECK(bench.read_register(id) == patched.words.back());
                held = std::move(patched);
            }
            // What was patched last is there no more: the patch for the first load is refused.
            const Function late = random_patch(pair.chip(), target, held, 0x1234, rng);
            CHECK(bench.load(late.load()) == LoadError::base);
            run_clean(bench, pair.images(5, rng));
        }
    });
}

TEST_CASE("lockstep -- both devices do the same whatever is done to their pins") {
    for_each_chip([](Lockstep& pair) {
        Weather seen;
        for (uint64_t seed = 1; seed <= 4; ++seed) {
            INFO("seed " << seed);
            Rng rng(seed, 5);
            std::vector<std::vector<uint32_t>> loads;
            for (const int context : {0, 0, 1, 1})
                if (context < pair.chip().contexts) {
                    const Function function = random_function(pair.chip(), context, rng);
                    loads.push_back(function.words);
                    loads.push_back(
                        random_patch(pair.chip(), context, function, function.words.back(), rng)
                            .words);
                }
            Bench bench = pair.bench();
            storm(bench, pair.chip(), loads, 8000, rng, seen);
            INFO(difference_of(bench));
            REQUIRE(bench.mismatches() == 0);
        }
        // An image of a chip that walks, or of many beats, takes longer than most calms.
        CHECK(seen.results > 0);
        if (pair.chip().layers.front().walk || pair.chip().pixel_beats() > 100) return;
        // The weather was what it should be: everything happened.
        CHECK(seen.results > 100);
        CHECK(seen.dropped_images > 0);
        CHECK(seen.loads_completed > 4);
        CHECK(seen.load_errors.size() >= 4);
        CHECK(seen.control_writes > 100);
        CHECK(seen.control_reads > 1000);
    });
}

TEST_CASE("lockstep -- after any weather a reset brings both back to work") {
    for_each_chip([](Lockstep& pair) {
        Rng rng(6);
        const Function function = random_function(pair.chip(), 0, rng);
        Bench bench = pair.bench({.seed = 6, .pixel_gap = 0.2, .result_stall = 0.2});
        Weather seen;
        storm(bench, pair.chip(), {function.words}, 3000, rng, seen);
        bench.reset();
        REQUIRE(bench.load(function.load()) == LoadError::none);
        run_clean(bench, pair.images(8, rng));
    });
}

TEST_CASE("lockstep -- rows of an activation memory that stand in registers are as others") {
    Rng rng(9);
    Chip chip = random_chip({784, {{10, SINGLE, true, SERIAL, 5}}, 1, 8, 8}, rng);
    // None twice: entries of the same device would come in the order of their inputs.
    chip.layers[0].device_bits = 11;
    for (size_t slot = 0; slot < 784; ++slot)
        chip.layers[0].devices[slot] = static_cast<int32_t>(slot) - 392;
    REQUIRE(emit_top(chip).find(".TAIL(32)") != std::string::npos);
    Lockstep pair(chip);
    // In most runs the host is so slow that the layer stands still; in some of them then with such
    // a row in hand.
    for (int run = 0; run < 16; ++run) {
        INFO("run " << run);
        Bench bench = pair.bench(
            run == 0   ? Stimulus{}
            : run == 1 ? random_stimulus(9)
                       : Stimulus{.seed = static_cast<uint64_t>(run), .result_stall = 0.998});
        const Function function = random_function(chip, 0, rng);
        REQUIRE(bench.load(function.load()) == LoadError::none);
        const BenchReport report = run_clean(bench, pair.images(6, rng));
        if (run == 0)
            CHECK(report.cycles_per_inference == static_cast<double>(expected_interval(chip)));
    }
}

TEST_CASE("lockstep -- codes with fields of up to 10 bits are decoded at the rate of the page") {
    struct Case {
        int inputs;
        Decoder decoder;
        int values;  ///< distinct ones of the devices
    };
    // Digits of 9 bits; classes of 5, 7 and 9 bits, the last in chunks of 16.
    for (const Case& c : {Case{150, FACTORIAL, 400}, Case{33, LEVEL_MAP, 17},
                          Case{100, LEVEL_MAP, 101}, Case{150, LEVEL_MAP, 290}}) {
        Rng rng(21);
        Chip chip = random_chip({c.inputs, {{3, DUAL, true, SERIAL, 2}}, 2, 32, 4}, rng);
        ChipLayer& layer = chip.layers[0];
        layer.decoder = c.decoder;
        layer.device_bits = 10;
        for (size_t slot = 0; slot < layer.devices.size(); ++slot)
            layer.devices[slot] = std::min(static_cast<int>(slot), c.values - 1) - c.values / 3;
        INFO(describe(chip));
        Lockstep pair(chip);
        for (uint64_t seed = 1; seed <= 4; ++seed) {
            Bench bench = pair.bench(seed > 1 ? random_stimulus(seed) : Stimulus{});
            const Function held = random_function(chip, 1, rng);
            const uint64_t before = bench.cycle();
            REQUIRE(bench.load(held.load()) == LoadError::none);
            if (seed == 1)
                CHECK(bench.cycle() - before == expected_load_cycles(chip, held.words.size()) + 1);
            bench.select(1);
            run_clean(bench, pair.images(3, rng));
            const Function patched = random_patch(chip, 1, held, held.words.back(), rng);
            REQUIRE(bench.load(patched.load()) == LoadError::none);
            run_clean(bench, pair.images(3, rng));
        }
    }
}

TEST_CASE("lockstep -- one wrong device in the RTL is found with its layer and neuron") {
    Rng rng(7);
    Lockstep& sound = lockstep(3);
    RtlDesign design = rtl_design(sound.chip());
    REQUIRE(design.images.size() == 2);
    // One row a neuron: the row of neuron 4 of layer 1 takes that of neuron 3, or another.
    std::string& image = design.images[1].text;
    const size_t line = image.find('\n') + 1;
    const std::string last = image.substr(image.size() - line);
    std::string changed = image.substr(4 * line, line);
    changed[line - 2] = changed[line - 2] == '1' ? '2' : '1';
    image.replace(4 * line, line, changed);

    Lockstep pair(sound.chip(), design);
    Bench bench = pair.bench();
    const Function function = random_function(pair.chip(), 0, rng);
    REQUIRE(bench.load(function.load()) == LoadError::none);
    const BenchReport report = bench.run(pair.images(20, rng));
    REQUIRE(report.first_difference);
    CHECK(report.first_difference->layer == 1);
    CHECK(report.first_difference->neuron == 4);
    CHECK(report.first_difference->left == report.first_difference->reference);
    CHECK(report.wrong_images > 0);
}
