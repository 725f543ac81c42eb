#include "sim/bench/bench.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "tests/sim/bench/fake_device.h"

using namespace permloom;
using namespace permloom::test;
using Catch::Contains;

namespace {

std::vector<std::vector<uint16_t>> some_images(size_t count, uint64_t seed = 7) {
    Rng rng(seed);
    std::vector<std::vector<uint16_t>> images(count, std::vector<uint16_t>(5));
    for (auto& image : images)
        for (uint16_t& code : image)
            code = static_cast<uint16_t>(rng.below(256));
    return images;
}

/// Two fake chips driven alike, loaded with salt 9 in context 0.
struct Pair {
    Chip chip = fake_chip();
    FakeDevice left{chip}, right{chip};
    FakeModel model{9};
    std::vector<uint32_t> words = fake_load(0, 9);
    Bench bench;

    explicit Pair(const Stimulus& stimulus = {})
        : bench(chip, {&left, &right}, {"systemc", "rtl"}, stimulus) {
        bench.reset();
        REQUIRE(bench.load({words, &model}) == LoadError::none);
    }
};

using Tamper = std::function<void(PinsOut&)>;

/// Falsifies the pins of one or both devices at the first cycle in which `when` holds.
void falsify_once(std::vector<FakeDevice*> devices, const std::function<bool(const PinsOut&)>& when,
                  const Tamper& how) {
    for (FakeDevice* device : devices)
        device->tamper = [when, how, done = false](uint64_t, const PinsIn&, PinsOut& out) mutable {
            if (done || !when(out)) return;
            done = true;
            how(out);
        };
}

bool second_write_of_layer_1(const PinsOut& out) {
    return out.probes[1].valid && out.probes[1].index == 1;
}

std::string first_difference(const BenchReport& report) {
    return report.first_difference ? report.first_difference->describe() : "none";
}

/// The describe() text after "cycle N, ", which depends on the fake's timing.
std::string without_cycle(const std::string& text) {
    return text.substr(text.find(", ") + 2);
}

}  // namespace

TEST_CASE("bench -- equal devices that compute what the reference says show no difference") {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        Stimulus stimulus{.seed = seed};
        if (seed % 2) stimulus = {seed, 0.1 * static_cast<double>(seed), 0.5, 0.7, true};
        Pair pair(stimulus);
        const auto images = some_images(30, seed);
        const BenchReport report = pair.bench.run(images);
        INFO("seed " << seed << ": " << first_difference(report));
        CHECK(report.mismatches == 0);
        CHECK(report.wrong_images == 0);
        REQUIRE(report.results.size() == 30);
        CHECK(pair.left.images == images);
        CHECK(pair.left.complaints.empty());
        for (size_t i = 0; i < images.size(); ++i) {
            const Inference expected = pair.model.infer(images[i]);
            CHECK(report.results[i].label == expected.label);
            CHECK(std::equal(expected.logits.begin(), expected.logits.end(),
                             report.results[i].logits.begin()));
        }
    }
}

TEST_CASE("bench -- the same seed drives the same pins, another seed others") {
    const auto cycles = [](uint64_t seed) {
        Pair pair({.seed = seed, .pixel_gap = 0.5, .result_stall = 0.5, .load_gap = 0.5});
        return pair.bench.run(some_images(20)).cycles;
    };
    CHECK(cycles(3) == cycles(3));
    CHECK(cycles(3) != cycles(4));
}

TEST_CASE("bench -- pins that the chip must ignore carry noise unless it is switched off") {
    for (const bool noise : {true, false}) {
        Pair pair({.seed = 1, .pixel_gap = 0.5, .result_stall = 0, .load_gap = 0, .noise = noise});
        const auto images = some_images(10);
        CHECK(pair.bench.run(images).mismatches == 0);
        CHECK(pair.left.images == images);
        CHECK((pair.left.noisy_cycles > 0) == noise);
    }
}

TEST_CASE("bench -- interval and latency are counted in cycles of the ports") {
    Pair pair;
    const BenchReport report = pair.bench.run(some_images(20));
    // Layer 0 takes three cycles an image, the result port too. From the last beat: 3 + 2 neurons,
    // each stage visible one cycle after the one before.
    CHECK(report.cycles_per_inference == 3.0);
    CHECK(report.latency_cycles == 1 + 3 + 2);
    CHECK(pair.bench.run(some_images(1)).cycles_per_inference == 0.0);
}

TEST_CASE("bench -- a probe that differs is named with layer, neuron and all three values") {
    Pair pair;
    falsify_once({&pair.right}, second_write_of_layer_1,
                 [](PinsOut& out) { out.probes[1].value += 5; });
    const auto images = some_images(3);
    const BenchReport report = pair.bench.run(images);
    const int64_t value = pair.model.infer(images[0]).logits[1];
    CHECK(without_cycle(first_difference(report)) ==
          "layer 1, neuron 1: systemc " + std::to_string(value) + ", rtl " +
              std::to_string(value + 5) + " (reference " + std::to_string(value) + ")");
    CHECK(report.first_difference->layer == 1);
    CHECK(report.first_difference->neuron == 1);
    CHECK(report.mismatches == 1);
    CHECK(report.wrong_images == 1);
}

TEST_CASE("bench -- a layer that walks writes its neurons at every position") {
    Chip chip = fake_chip();
    chip.layers[0].inputs = 3;
    chip.layers[0].outputs = 1;
    Walk walk;
    walk.map = {.rows = 1, .columns = 5, .channels = 1};
    walk.kernel = walk.columns = 3;
    walk.top = 1;
    chip.layers[0].walk = walk;
    REQUIRE(chip.layers[0].output_size() == 3);
    FakeDevice device(chip);
    FakeModel model(9);
    Bench bench(chip, {&device}, {"systemc"});
    bench.reset();
    bench.load({fake_load(0, 9), &model});
    CHECK(bench.run(some_images(5)).mismatches == 0);
    falsify_once(
        {&device}, [](const PinsOut& out) { return out.probes[0].index == 2; },
        [](PinsOut& out) { out.probes[0].value ^= 1; });
    const BenchReport report = bench.run(some_images(5));
    CHECK(report.mismatches == 1);
    REQUIRE(report.first_difference);
    CHECK(report.first_difference->layer == 0);
    CHECK(report.first_difference->neuron == 2);
}

TEST_CASE("bench -- a write that only one device makes is a difference of probe_valid") {
    Pair pair;
    falsify_once({&pair.left}, second_write_of_layer_1, [](PinsOut& out) { out.probes[1] = {}; });
    const BenchReport report = pair.bench.run(some_images(3));
    CHECK(without_cycle(first_difference(report)) ==
          "layer 1, neuron 1, probe_valid: systemc 0, rtl 1");
    CHECK(report.wrong_images > 0);
}

TEST_CASE("bench -- a probe with another index is a difference of probe_index") {
    Pair pair;
    falsify_once({&pair.right}, second_write_of_layer_1,
                 [](PinsOut& out) { out.probes[1].index = 0; });
    CHECK(without_cycle(first_difference(pair.bench.run(some_images(3)))) ==
          "layer 1, neuron 1, probe_index: systemc 1, rtl 0");
}

TEST_CASE("bench -- in one cycle the probe of the earliest layer comes first, pins last") {
    Pair pair;
    const auto both = [](const PinsOut& out) { return out.probes[0].valid && out.probes[1].valid; };
    falsify_once({&pair.right}, both, [](PinsOut& out) {
        out.ctx_valid ^= 4;
        out.probes[1].value += 1;
        out.probes[0].value += 1;
    });
    const BenchReport report = pair.bench.run(some_images(5));
    CHECK(report.first_difference->layer == 0);
    CHECK(report.mismatches == 3);
    CHECK(report.wrong_images == 2);
}

TEST_CASE("bench -- every output pin is compared") {
    const std::vector<std::pair<std::string, Tamper>> cases = {
        {"pin cfg_tready: systemc 1, rtl 0", [](PinsOut& o) { o.cfg_tready = false; }},
        {"pin pix_tready", [](PinsOut& o) { o.pix_tready = !o.pix_tready; }},
        {"pin res_tvalid", [](PinsOut& o) { o.res_tvalid = !o.res_tvalid; }},
        {"pin res_tlast", [](PinsOut& o) { o.res_tlast = !o.res_tlast; }},
        {"pin res_tdata", [](PinsOut& o) { o.res_tdata ^= 1U << 31; }},
        {"pin ctx_active: systemc 0, rtl 1", [](PinsOut& o) { o.ctx_active = 1; }},
        {"pin ctx_valid: systemc 1, rtl 3", [](PinsOut& o) { o.ctx_valid = 3; }},
        {"pin load_error: systemc 0, rtl 9", [](PinsOut& o) { o.load_error = 9; }},
        {"pin pix_error: systemc 0, rtl 1", [](PinsOut& o) { o.pix_error = true; }},
    };
    for (const auto& [text, how] : cases) {
        Pair pair;
        const uint64_t at = pair.bench.cycle() + 9;
        pair.right.tamper = [at, how = how](uint64_t cycle, const PinsIn&, PinsOut& out) {
            if (cycle == at) how(out);
        };
        // The second device alone goes astray where a handshake was falsified: only the first
        // difference counts.
        std::optional<Difference> first;
        try {
            first = pair.bench.run(some_images(8)).first_difference;
        } catch (const Error&) {
            first = pair.bench.first_difference();
        }
        REQUIRE(first);
        CHECK(first->cycle == at);
        CHECK_THAT(first->describe(), Contains(text));
    }
}

TEST_CASE("bench -- two devices that agree on a wrong value differ from the reference") {
    Pair pair;
    falsify_once({&pair.left, &pair.right}, second_write_of_layer_1,
                 [](PinsOut& out) { out.probes[1].value = 1000; });
    const auto images = some_images(3);
    const BenchReport report = pair.bench.run(images);
    CHECK(without_cycle(first_difference(report)) ==
          "layer 1, neuron 1: systemc 1000, reference " +
              std::to_string(pair.model.infer(images[0]).logits[1]));
    CHECK(report.wrong_images == 1);
}

TEST_CASE("bench -- one device alone is compared with the reference and held to the protocol") {
    struct Case {
        std::string text;
        std::function<bool(const PinsOut&)> when;
        Tamper how;
    };
    const auto logit = [](const PinsOut& o) { return o.res_tvalid && !o.res_tlast; };
    const auto label = [](const PinsOut& o) { return o.res_tlast; };
    const auto quiet = [](const PinsOut& o) {
        return (o.ctx_valid & 1) && !o.res_tvalid && !o.probes[1].valid;
    };
    const std::vector<Case> cases = {
        {"logit 0 of image 0: systemc 77, reference", logit, [](PinsOut& o) { o.res_tdata = 77; }},
        {"label of image 0: systemc 5, reference", label, [](PinsOut& o) { o.res_tdata = 5; }},
        {"pin res_tlast: systemc 1, protocol 0", logit, [](PinsOut& o) { o.res_tlast = true; }},
        {"pin res_tlast: systemc 0, protocol 1", label, [](PinsOut& o) { o.res_tlast = false; }},
        {"pin res_tdata: systemc 3, protocol 0", quiet, [](PinsOut& o) { o.res_tdata = 3; }},
        {"layer 1, neuron 0, probe_valid without an image: systemc 1, protocol 0", quiet,
         [](PinsOut& o) {
             o.probes[1] = {true, 0, 0};
         }},
        {"layer 1, neuron 1, probe_index: systemc 0, protocol 1", second_write_of_layer_1,
         [](PinsOut& o) { o.probes[1].index = 0; }},
        {"pin s_axil_rvalid: systemc 1, protocol 0", quiet,
         [](PinsOut& o) { o.control.rvalid = true; }},
        {"pin s_axil_bvalid: systemc 1, protocol 0", quiet,
         [](PinsOut& o) { o.control.bvalid = true; }},
        {"pin s_axil_rdata: systemc 5, protocol 0", quiet, [](PinsOut& o) { o.control.rdata = 5; }},
    };
    for (const Case& c : cases) {
        const Chip chip = fake_chip();
        FakeDevice device(chip);
        FakeModel model(9);
        Bench bench(chip, {&device}, {"systemc"});
        bench.reset();
        bench.load({fake_load(0, 9), &model});
        falsify_once({&device}, c.when, c.how);
        const BenchReport report = bench.run(some_images(2));
        CHECK_THAT(first_difference(report), Contains(c.text));
        CHECK(report.mismatches >= 1);
    }
}

TEST_CASE("bench -- a result word must stay while the host does not take it") {
    const Chip chip = fake_chip();
    FakeDevice device(chip);
    FakeModel model(9);
    Bench bench(chip, {&device}, {"systemc"}, {.seed = 2, .result_stall = 0.8});
    bench.reset();
    bench.load({fake_load(0, 9), &model});
    bool offered = false, done = false;
    device.tamper = [&](uint64_t, const PinsIn& in, PinsOut& out) {
        if (offered && !done && out.res_tvalid) {
            out.res_tdata ^= 1;
            done = true;
        }
        offered = out.res_tvalid && !in.res_tready;
    };
    const BenchReport report = bench.run(some_images(2));
    CHECK_THAT(first_difference(report), Contains("pin res_tdata") && Contains("protocol"));
}

TEST_CASE("bench -- an answer of the control port must stay while the host does not take it") {
    const Chip chip = fake_chip();
    FakeDevice device(chip);
    Bench bench(chip, {&device}, {"systemc"}, {.seed = 2, .control_gap = 0.8});
    bench.reset();
    uint32_t data = 7;
    device.tamper = [&, asked = false](uint64_t, const PinsIn& in, PinsOut& out) mutable {
        out.control.arready = true;
        if (asked) out.control = {.rvalid = true, .rdata = data++};
        asked = asked || in.control.arvalid;
        if (asked && out.control.rvalid && in.control.rready) asked = false;
    };
    for (int i = 0; i < 5; ++i)
        bench.access({.address = 8});
    REQUIRE(bench.first_difference());
    CHECK_THAT(bench.first_difference()->describe(),
               Contains("pin s_axil_rdata: systemc") && Contains("protocol"));
}

TEST_CASE("bench -- a control port that never answers is named") {
    const Chip chip = fake_chip();
    FakeDevice device(chip);
    Bench bench(chip, {&device}, {"systemc"});
    bench.reset();
    CHECK_THROWS_WITH(bench.access({.write = true, .address = 8}),
                      Contains("waits for an answer of the control port"));
}

TEST_CASE("bench -- all mismatches are counted, the first difference is kept") {
    Pair pair;
    pair.right.tamper = [](uint64_t, const PinsIn&, PinsOut& out) {
        if (out.probes[0].valid) ++out.probes[0].value;
    };
    const BenchReport first = pair.bench.run(some_images(10));
    CHECK(first.mismatches == 30);
    CHECK(first.wrong_images == 10);
    CHECK(first.first_difference->neuron == 0);
    pair.right.tamper = nullptr;
    const BenchReport second = pair.bench.run(some_images(10));
    CHECK(second.mismatches == 0);
    CHECK(!second.first_difference);
    CHECK(pair.bench.mismatches() == 30);
    CHECK(pair.bench.first_difference()->cycle == first.first_difference->cycle);
}

TEST_CASE("bench -- devices are compared while loading, too, and before reset they are not") {
    const Chip chip = fake_chip();
    FakeDevice left(chip), right(chip);
    right.tamper = [](uint64_t cycle, const PinsIn&, PinsOut& out) {
        if (cycle == 0 || cycle == 8) out.ctx_valid = 3;
    };
    Bench bench(chip, {&left, &right}, {"systemc", "rtl"});
    bench.reset();
    bench.load({fake_load(0, 9)});
    REQUIRE(bench.first_difference());
    CHECK(bench.first_difference()->describe() == "cycle 8, pin ctx_valid: systemc 0, rtl 3");
    CHECK(bench.mismatches() == 1);
    CHECK(bench.run(some_images(1)).mismatches == 1);  // told once, by the next run
    CHECK(bench.run(some_images(1)).mismatches == 0);
}

TEST_CASE("bench -- the watchdog says what the host was waiting for") {
    const Chip chip = fake_chip();
    FakeDevice device(chip);
    Bench bench(chip, {&device}, {"systemc"}, {.seed = 1, .result_stall = 0.5});
    bench.reset();
    CHECK_THROWS_WITH(bench.run(some_images(2)),
                      Contains("simulation of systemc: nothing has moved for") &&
                          Contains("to send beat 0 of image 0 (pix_tready is low; context 0 holds "
                                   "no valid load)"));
    bench.reset();
    device.tamper = [](uint64_t, const PinsIn&, PinsOut& out) { out.cfg_tready = false; };
    CHECK_THROWS_WITH(bench.load({fake_load(0, 9)}),
                      Contains("to send word 0 of 12 of the load stream (cfg_tready is low)"));
    bench.reset();
    device.tamper = [](uint64_t, const PinsIn&, PinsOut& out) {
        out.res_tvalid = out.res_tlast = false;
    };
    bench.load({fake_load(0, 9)});
    CHECK_THROWS_WITH(bench.run(some_images(2)),
                      Contains("for the result of image 0 (0 of 3 words so far)"));
}

TEST_CASE("bench -- the watchdog's hint is the first difference, where there is one") {
    Pair pair;
    pair.left.tamper = [](uint64_t, const PinsIn&, PinsOut& out) { out.probes[1] = {}; };
    try {
        pair.bench.run(some_images(3));
        FAIL("the run ended");
    } catch (const Error& error) {
        CHECK_THAT(error.hint(), Contains("first difference: cycle") &&
                                     Contains("layer 1, neuron 0, probe_valid: systemc 0, rtl 1"));
    }
}

TEST_CASE("bench -- a patient host is not mistaken for a stuck chip") {
    Pair pair({.seed = 5, .pixel_gap = 0.995, .result_stall = 0.9, .load_gap = 0.99});
    CHECK(pair.bench.run(some_images(5)).results.size() == 5);
}

TEST_CASE("bench -- a load that fails is reported and changes nothing") {
    Pair pair;
    std::vector<uint32_t> broken = fake_load(1, 3);
    broken[0] = 0;
    CHECK(pair.bench.load({broken}) == LoadError::magic);
    CHECK_THROWS_WITH(pair.bench.select(1), Contains("context 1 cannot be selected"));
    CHECK(pair.bench.run(some_images(3)).mismatches == 0);
}

TEST_CASE("bench -- each context is compared with the reference of its own load") {
    Pair pair;
    FakeModel other(100);
    REQUIRE(pair.bench.load({fake_load(1, 100), &other}) == LoadError::none);
    for (const int context : {1, 0, 1}) {
        pair.bench.select(context);
        const BenchReport report = pair.bench.run(some_images(4));
        CHECK(report.mismatches == 0);
        CHECK(report.results[3].context == context);
    }
}

TEST_CASE("bench -- a reload goes on while images stream, and divides them") {
    for (const int contexts : {1, 2})
        for (uint64_t seed = 1; seed <= 6; ++seed) {
            const Chip chip = fake_chip(contexts);
            FakeDevice left(chip), right(chip);
            FakeModel before(9), after(200);
            Bench bench(chip, {&left, &right}, {"systemc", "rtl"},
                        {seed, seed % 2 ? 0.3 : 0.0, 0.2, 0.1, true});
            bench.reset();
            bench.load({fake_load(0, 9), &before});
            const int target = contexts - 1;
            const auto words = fake_load(target, 200);
            const auto images = some_images(40, seed);
            const BenchReport report =
                bench.run(images, Reload{{words, &after}, /*after=*/10, /*select=*/target});
            INFO("contexts " << contexts << " seed " << seed << ": " << first_difference(report));
            CHECK(report.mismatches == 0);
            CHECK(report.load_error == LoadError::none);
            size_t reloaded = 0;
            for (size_t i = 0; i < images.size(); ++i) {
                const Result& result = report.results[i];
                reloaded += result.reloaded;
                Model& model = result.reloaded ? static_cast<Model&>(after) : before;
                CHECK(result.label == model.infer(images[i]).label);
                if (i < 10) CHECK(!result.reloaded);
                if (result.reloaded) CHECK(result.context == target);
            }
            CHECK(reloaded > 10);
            CHECK(bench.pins().ctx_active == target);
        }
}

TEST_CASE("bench -- a reload that fails leaves the running context alone") {
    Pair pair;
    std::vector<uint32_t> broken = fake_load(1, 3);
    broken[0] = 0;
    const BenchReport report = pair.bench.run(some_images(12), Reload{{broken}, 2, 1});
    CHECK(report.load_error == LoadError::magic);
    CHECK(report.mismatches == 0);
    CHECK(report.results.size() == 12);
    CHECK(pair.bench.pins().ctx_active == 0);
}

TEST_CASE("bench -- a reload is completed when the images end before it") {
    Pair pair;
    FakeModel after(200);
    const auto words = fake_load(1, 200, 300);
    const BenchReport report = pair.bench.run(some_images(3), Reload{{words, &after}, 99, 1});
    CHECK(report.results.size() == 3);
    CHECK(pair.bench.pins().ctx_active == 1);
    CHECK(pair.bench.run(some_images(3)).mismatches == 0);
}

TEST_CASE("bench -- progress is told after every result and may end the run") {
    Pair pair;
    std::vector<uint64_t> seen;
    pair.bench.run(some_images(3), {}, [&](uint64_t done, uint64_t) { seen.push_back(done); });
    CHECK(seen == std::vector<uint64_t>{1, 2, 3});
    struct Stop {};
    CHECK_THROWS_AS(pair.bench.run(some_images(3), {}, [](uint64_t, uint64_t) { throw Stop{}; }),
                    Stop);
    pair.bench.reset();
    pair.bench.load({pair.words, &pair.model});
    CHECK(pair.bench.run(some_images(3)).mismatches == 0);
}

TEST_CASE("bench -- images that do not fit the chip and impossible chances are refused") {
    Pair pair;
    CHECK_THROWS_WITH(pair.bench.run(std::vector(1, std::vector<uint16_t>(4))),
                      Contains("image 0: has 4 pixels, the chip takes 5"));
    CHECK_THROWS_WITH(pair.bench.run(std::vector(1, std::vector<uint16_t>(5, 256))),
                      Contains("pixel code 256 does not fit 8 bits"));
    for (const double chance : {1.0, -0.1, std::nan("")})
        CHECK_THROWS_WITH(
            Bench(pair.chip, {&pair.left}, {"systemc"}, {.seed = 1, .pixel_gap = chance}),
            Contains("pixel_gap"));
}
