/// Many devices in one process, and what the library leaves behind: waveforms, no output.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"

namespace permloom::test {
namespace {

/// A random chip at work on its images.
struct Run {
    explicit Run(uint64_t seed)
        : rng(seed),
          chip(random_chip(random_shape(rng), rng)),
          wiring(random_wiring(chip, rng)),
          device(make_systemc_device(chip)),
          host(chip, *device, {.pixels = 0.2, .results = 0.2, .load = 0.2}, seed) {
        host.load(wiring.words(chip, 0));
        for (int i = 0; i < 3; ++i) {
            const Image image = random_image(chip, rng);
            host.send(image);
            expected.push_back(wiring.infer(chip, image));
        }
    }
    bool done() const { return host.packets().size() == expected.size(); }
    bool right() const {
        for (size_t i = 0; i < expected.size(); ++i) {
            if (host.packets()[i].logits != expected[i].written.back()) return false;
        }
        return done();
    }

    Rng rng;
    Chip chip;
    Wiring wiring;
    std::unique_ptr<Device> device;
    Host host;
    std::vector<Expected> expected;
};

std::filesystem::path scratch(const char* name) {
    return std::filesystem::temp_directory_path() /
           ("permloom_systemc_" + std::to_string(getpid()) + "_" + name);
}

}  // namespace

TEST_CASE("devices -- fifty chips run one after the other in one process") {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        Run run(seed);
        run.host.until([&] { return run.done(); });
        CHECK(run.right());
    }
}

TEST_CASE("devices -- chips side by side, cycle by cycle, do not disturb one another") {
    std::vector<std::unique_ptr<Run>> runs;
    for (uint64_t seed = 100; seed < 104; ++seed)
        runs.push_back(std::make_unique<Run>(seed));
    std::vector<uint64_t> alone;
    for (uint64_t seed = 100; seed < 104; ++seed) {
        Run run(seed);
        run.host.until([&] { return run.done(); });
        alone.push_back(run.host.cycle());
    }
    for (bool busy = true; busy;) {
        busy = false;
        for (const auto& run : runs) {
            if (run->done()) continue;
            run->host.step();
            busy = true;
        }
    }
    for (size_t i = 0; i < runs.size(); ++i) {
        CHECK(runs[i]->right());
        CHECK(runs[i]->host.cycle() == alone[i]);
    }
    // The first ones made go first: contexts need no order of destruction.
    for (auto& run : runs)
        run.reset();
    Run after(7);
    after.host.until([&] { return after.done(); });
    CHECK(after.right());
}

TEST_CASE("devices -- threads may each have their own") {
    // Catch2's checks are not for threads: each works in silence and reports at the end.
    std::vector<int> right(3, 0);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < right.size(); ++i) {
        threads.emplace_back([&right, i] {
            Rng rng(200 + i);
            const Chip chip = random_chip(random_shape(rng), rng);
            const auto words = random_wiring(chip, rng).words(chip, 0);
            for (int again = 0; again < 5; ++again) {
                const auto device = make_systemc_device(chip);
                PinsOut out;
                for (size_t sent = 0; sent < words.size();) {
                    PinsIn in;
                    in.cfg_tvalid = true;
                    in.cfg_tdata = words[sent];
                    in.cfg_tlast = sent + 1 == words.size();
                    device->tick(in, out);
                    if (out.cfg_tready) ++sent;
                }
                device->tick({}, out);
                if (out.ctx_valid == 1 && out.load_error == 0) ++right[i];
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(right == std::vector<int>(right.size(), 5));
}

TEST_CASE("devices -- nothing is printed, no banner and no message") {
    const auto path = scratch("output.txt");
    std::fflush(nullptr);
    const int out = dup(1), err = dup(2);
    const int file = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(file, 1);
    dup2(file, 2);
    {
        Run run(300);
        run.device->trace(scratch("quiet.vcd").string());
        run.host.until([&] { return run.done(); });
    }
    std::fflush(nullptr);
    dup2(out, 1);
    dup2(err, 2);
    for (const int descriptor : {out, err, file})
        close(descriptor);
    CHECK(read_text(path).empty());
    std::filesystem::remove(path);
    std::filesystem::remove(scratch("quiet.vcd"));
}

TEST_CASE(
    "devices -- a waveform holds every pin and each layer's probe, and does not slow results") {
    const auto path = scratch("wave.vcd");
    uint64_t cycles = 0;
    {
        Run run(301);
        run.host.step();
        run.device->trace(path.string());
        run.host.until([&] { return run.done(); });
        CHECK(run.right());
        cycles = run.host.cycle();
        CHECK_THROWS_AS(run.device->trace(path.string()), Error);
    }
    Run plain(301);
    plain.host.until([&] { return plain.done(); });
    CHECK(plain.host.cycle() == cycles);

    const std::string text = read_text(path);
    for (const char* name :
         {"clk",           "rst_n",        "cfg_tvalid", "cfg_tlast",  "cfg_tdata",
          "cfg_tready",    "pix_tvalid",   "pix_tlast",  "pix_tdata",  "pix_tready",
          "pix_error",     "res_tvalid",   "res_tlast",  "res_tdata",  "res_tready",
          "ctx_select",    "ctx_active",   "ctx_valid",  "load_error", "probe_valid_0",
          "probe_index_0", "probe_value_0"}) {
        INFO(name);
        CHECK(text.find(std::string(" ") + name + " ") != std::string::npos);
    }
    // Two changes of the clock in each cycle: the file goes to the end of the run.
    const uint64_t last_time = std::stoull(text.substr(text.rfind('#') + 1));
    CHECK(last_time >= (cycles - 2) * 10);
    std::filesystem::remove(path);
}

TEST_CASE("devices -- other waveform formats and unwritable files are errors") {
    Run run(302);
    CHECK_THROWS_AS(run.device->trace("wave.fst"), Error);
    CHECK_THROWS_AS(run.device->trace("wave"), Error);
    CHECK_THROWS_AS(run.device->trace("/no/such/directory/wave.vcd"), Error);
    run.host.until([&] { return run.done(); });
    CHECK(run.right());
}

TEST_CASE("devices -- a chip that breaks the arithmetic contract is refused") {
    Rng rng(1);
    Chip chip = random_chip({.inputs = 3, .layers = {{2}}}, rng);
    chip.layers[0].devices.pop_back();
    CHECK_THROWS_AS(make_systemc_device(chip), Error);
}

}  // namespace permloom::test
