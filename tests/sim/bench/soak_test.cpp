/// Networks of random shape, one chip each: SystemC, RTL and reference agree in everything.
///
///     PERMLOOM_SOAK=FIRST-LAST sim_lockstep_soak     # networks FIRST to LAST
///
/// Without the variable the first 20. Network N is the same wherever it stands in a range, so that
/// a run goes on where it ended, and the failing one can be run alone.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "tests/sim/bench/lockstep.h"

using namespace permloom;
using namespace permloom::test;

namespace {

namespace fs = std::filesystem;

constexpr int BENCHES = 8, IMAGES = 24;
constexpr uint64_t STORM_CYCLES = 4000;

struct Numbers {
    uint64_t first = 1, last = 20;
};

Numbers wanted_networks() {
    Numbers range;
    if (const char* text = std::getenv("PERMLOOM_SOAK")) {
        REQUIRE(std::sscanf(text, "%lu-%lu", &range.first, &range.last) == 2);
        REQUIRE(range.first <= range.last);
    }
    return range;
}

/// Every other one walks over feature maps.
Chip random_network(uint64_t number, Rng& rng) {
    if (number % 2 == 0) {
        Chip chip = random_walking_chip(rng);
        redraw_devices(chip, rng);
        return chip;
    }
    ChipShape shape = random_shape(rng);
    shape.inputs = 1 + static_cast<int>(rng.below(24));
    shape.in_bits = 1 + static_cast<int>(rng.below(8));
    for (LayerShape& layer : shape.layers)
        // A switch network for every neuron takes the tools of the RTL long to build.
        layer.outputs = 1 + static_cast<int>(rng.below(layer.engine == Engine::spatial ? 4 : 16));
    Chip chip = random_chip(shape, rng);
    redraw_devices(chip, rng);
    return chip;
}

/// Images with a reload in mid-stream and a patch, then anything at all, under ever other gaps and
/// pauses.
uint64_t soak(Lockstep& pair, Rng& rng) {
    const Chip& chip = pair.chip();
    uint64_t cycles = 0;
    for (uint64_t seed = 1; seed <= BENCHES; ++seed) {
        INFO("bench " << seed);
        Bench bench = pair.bench(random_stimulus(seed));
        const int target = chip.contexts - 1;
        const Range range = seed % 3 ? Range::usual : Range::extreme;
        const Function before = random_function(chip, 0, rng, range);
        const Function after = random_function(chip, target, rng, range);
        REQUIRE(bench.load(before.load()) == LoadError::none);
        const BenchReport report =
            bench.run(pair.images(IMAGES, rng), Reload{after.load(), rng.below(IMAGES), target});
        const Function patched = random_patch(chip, target, after, after.words.back(), rng);
        REQUIRE(bench.load(patched.load()) == LoadError::none);
        bench.run(pair.images(IMAGES / 4, rng));
        Weather seen;
        storm(bench, chip, {before.words, after.words, patched.words}, STORM_CYCLES, rng, seen);
        INFO(difference_of(bench));
        REQUIRE(bench.mismatches() == 0);
        REQUIRE(report.wrong_images == 0);
        REQUIRE(report.results.size() == IMAGES);
        cycles += bench.cycle();
    }
    return cycles;
}

void count_kinds(const Chip& chip, std::map<std::string, int>& kinds) {
    ++kinds[chip.contexts == 1 ? "one context" : "two contexts"];
    for (const ChipLayer& layer : chip.layers) {
        ++kinds["engine " + std::string(to_string(layer.engine))];
        ++kinds["rail " + std::string(to_string(layer.rail))];
        ++kinds[layer.shared_profile ? "shared profile" : "own profiles"];
        kinds["devices of 0"] += std::ranges::count(layer.devices, 0) * 2 >
                                 static_cast<std::ptrdiff_t>(layer.devices.size());
        kinds["bit-serial"] += layer.bit_serial;
        if (!layer.walk) continue;
        ++kinds["walks"];
        kinds["pools"] += layer.walk->pool != Pool::none;
        kinds["adds"] += layer.adds();
    }
}

/// Models of a long run are not kept: there are too many of them.
class Models {
  public:
    explicit Models(bool kept) : kept_(kept) {
        if (!kept) path_ /= "soak-" + std::to_string(getpid());
    }
    ~Models() {
        if (!kept_) fs::remove_all(path_);
    }
    Models(const Models&) = delete;
    Models& operator=(const Models&) = delete;

    const fs::path& path() const { return path_; }
    /// All but Verilator's run time, which takes longer to build than a network.
    void forget() const {
        if (kept_) return;
        for (const fs::directory_entry& entry : fs::directory_iterator(path_))
            if (!entry.path().filename().string().starts_with("runtime-")) fs::remove_all(entry);
    }

  private:
    bool kept_;
    fs::path path_ = model_cache();
};

}  // namespace

TEST_CASE("soak -- random networks agree in everything") {
    const auto [first, last] = wanted_networks();
    const Models models(last <= 20);
    std::map<std::string, int> kinds;
    uint64_t cycles = 0;
    for (uint64_t number = first; number <= last; ++number) {
        Rng rng(number, 9);
        const Chip chip = random_network(number, rng);
        INFO("network " << number << ": " << describe(chip));
        count_kinds(chip, kinds);
        {
            Lockstep pair(chip, models.path());
            cycles += soak(pair, rng);
        }
        models.forget();
        if (number % 10 == 0 || number == last)
            std::printf("networks %lu to %lu agree, %lu cycles\n", first, number, cycles);
        std::fflush(stdout);
    }
    // Of a part anywhere else a kind may be missing by chance.
    if (first > 1 || last < 20) return;
    for (const char* kind : {"one context", "two contexts", "engine folded", "engine spatial",
                             "engine serial", "engine level", "engine programmable", "bit-serial",
                             "rail single", "rail dual", "rail split", "shared profile",
                             "own profiles", "devices of 0", "walks", "pools", "adds"}) {
        INFO(kind);
        CHECK(kinds[kind] >= 2);
    }
}
