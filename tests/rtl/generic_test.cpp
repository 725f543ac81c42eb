/// What `permloom emit --target generic` writes does what its Makefile says.
#include <catch2/catch.hpp>

#include "compiler/base/process.h"
#include "compiler/emit/generic.h"
#include "tests/rtl/emitted.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;

namespace {

struct Emitted {
    std::vector<EmittedFile> files;
    std::string about;
};

Emitted emit(const Chip& chip, Rng& rng, int images) {
    const test::Wiring wiring = test::random_wiring(chip, rng);
    const EmitVectors vectors = test::random_vectors(chip, wiring, images, rng);
    return {emit_generic(chip, wiring.configuration, vectors), test::describe(chip)};
}

Emitted emit(const test::ChipShape& shape, uint64_t seed, int images) {
    Rng rng(seed);
    const Chip chip = test::random_chip(shape, rng);
    Emitted emitted = emit(chip, rng, images);
    emitted.about = shape.describe();
    return emitted;
}

/// Lint and testbench pass.
void check_passes(const Emitted& emitted) {
    const testing::TemporaryDirectory directory;
    test::write_files(emitted.files, directory.path());
    const ProcessResult made = run_process({"make", "-s", "lint", "sim"}, directory.path());
    INFO(emitted.about << ": " << made.output);
    CHECK(made.status == 0);
    CHECK(made.output.find("mismatches: 0") != std::string::npos);
}

/// Another last hexadecimal digit of a line.
void change_line(std::string& text, int line) {
    size_t at = 0;
    for (int i = 0; i <= line; ++i)
        at = text.find('\n', at) + 1;
    char& digit = text[at - 2];
    digit = digit == '0' ? '1' : '0';
}

}  // namespace

TEST_CASE("emit_generic -- make lint, sim, gate and cells pass for a small chip") {
    const test::ChipShape shape{
        .inputs = 3,
        .layers = {{.outputs = 2, .rail = Rail::split, .shared_profile = true}, {.outputs = 3}},
        .pixel_stream_bits = 16};
    const testing::TemporaryDirectory directory;
    test::write_files(emit(shape, 11, 6).files, directory.path());
    for (const char* target : {"help", "lint", "sim", "gate", "cells"}) {
        const ProcessResult made = run_process({"make", "-s", target}, directory.path());
        INFO(target << ": " << made.output);
        CHECK(made.status == 0);
    }
}

TEST_CASE("emit_generic -- a missing tool is named with its package") {
    const testing::TemporaryDirectory directory;
    test::write_files(emit(test::ChipShape{.inputs = 2, .layers = {{.outputs = 2}}}, 3, 1).files,
                      directory.path());
    for (const auto& [goal, tool] :
         {std::pair{"lint", "verilator"}, {"sim", "iverilog"}, {"luts", "yosys"}}) {
        const ProcessResult made =
            run_process({"env", "PATH=/nowhere", "/usr/bin/make", "SHELL=/bin/sh", "-s", goal},
                        directory.path());
        INFO(goal << ": " << made.output);
        CHECK(made.status != 0);
        CHECK(made.output.find(std::string(tool) + " is missing: apt-get install " + tool) !=
              std::string::npos);
    }
}

TEST_CASE("emit_generic -- the testbench passes for random chips of every rail and engine") {
    for (uint64_t seed = 4; seed <= 27; ++seed) {
        Rng rng(seed);
        const Emitted emitted = emit(test::random_shape(rng), seed, 10);
        INFO("seed " << seed);
        check_passes(emitted);
    }
}

TEST_CASE("emit_generic -- the testbench waits for chips that walk over feature maps") {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
        Rng rng(seed);
        const Chip chip = test::random_walking_chip(rng);
        const Emitted emitted = emit(chip, rng, 40);
        INFO("seed " << seed);
        check_passes(emitted);
    }
}

TEST_CASE("emit_generic -- the testbench waits for a load by codes") {
    const auto decoder = GENERATE(Decoder::factorial_stream, Decoder::level_map);
    const test::ChipShape shape{.inputs = 600,
                                .layers = {{.outputs = 3,
                                            .shared_profile = true,
                                            .engine = Engine::serial,
                                            .decoder = decoder}},
                                .contexts = 2};
    const Emitted emitted = emit(shape, 5, 1);
    check_passes(emitted);
}

TEST_CASE("emit_generic -- the testbench passes for each engine at sizes beyond one word") {
    const auto engine = GENERATE(Engine::serial, Engine::level, Engine::programmable);
    const auto rail = GENERATE(Rail::single, Rail::dual, Rail::split);
    // A beat of 8 pixels in front of words of 2 and of 16, more lanes than neurons of the last
    // group, a window of more neurons than steps.
    const int lanes = GENERATE(2, 16);
    const bool shared = GENERATE(false, true);
    const test::ChipShape shape{
        .inputs = 37,
        .layers = {{.outputs = 23,
                    .rail = rail,
                    .shared_profile = shared,
                    .engine = engine,
                    .lanes = lanes},
                   {.outputs = 20, .shared_profile = !shared, .engine = engine, .lanes = lanes}}};
    const Emitted emitted = emit(shape, 31, 4);
    check_passes(emitted);
}

TEST_CASE("emit_generic -- make cells passes for a chip of all engines") {
    const test::ChipShape shape{.inputs = 5,
                                .layers = {{.outputs = 4, .engine = Engine::serial, .lanes = 2},
                                           {.outputs = 3, .engine = Engine::level, .lanes = 2},
                                           {.outputs = 3, .engine = Engine::programmable},
                                           {.outputs = 2}}};
    const testing::TemporaryDirectory directory;
    test::write_files(emit(shape, 12, 1).files, directory.path());
    const ProcessResult made = run_process({"make", "-s", "cells"}, directory.path());
    INFO(made.output);
    CHECK(made.status == 0);
}

TEST_CASE("emit_generic -- a wrong entry, level, weight and device fail the testbench") {
    // The first record is the wiring: word 9 of the stream is its first row.
    const auto [engine, name, line] =
        GENERATE(table<Engine, std::string, int>({{Engine::serial, "load.hex", 9},
                                                  {Engine::level, "load.hex", 9},
                                                  {Engine::programmable, "load.hex", 9},
                                                  {Engine::serial, "devices_layer0.hex", 1}}));
    const test::ChipShape shape{.inputs = 6,
                                .layers = {{.outputs = 4, .engine = engine, .lanes = 2}}};
    std::vector<EmittedFile> files = emit(shape, 23, 10).files;
    for (EmittedFile& file : files)
        if (file.name == name) change_line(file.text, line);
    const testing::TemporaryDirectory directory;
    test::write_files(files, directory.path());
    const ProcessResult made = run_process({"make", "-s", "sim"}, directory.path());
    INFO(name << ": " << made.output);
    CHECK(made.status != 0);
    CHECK(made.output.find("FAIL") != std::string::npos);
}

TEST_CASE(
    "emit_generic -- a wrong answer, a wrong switch bit and a wrong device fail the testbench") {
    const test::ChipShape shape{.inputs = 6, .layers = {{.outputs = 4}}};
    const std::vector<EmittedFile> files = emit(shape, 21, 10).files;
    const auto [name, line] = GENERATE(table<std::string, int>(
        {{"expected.hex", 17}, {"load.hex", 9}, {"devices_layer0.hex", 1}}));
    std::vector<EmittedFile> changed = files;
    for (EmittedFile& file : changed)
        if (file.name == name) change_line(file.text, line);
    const testing::TemporaryDirectory directory;
    test::write_files(changed, directory.path());
    const ProcessResult made = run_process({"make", "-s", "sim"}, directory.path());
    INFO(name << ": " << made.output);
    CHECK(made.status != 0);
    CHECK(made.output.find("FAIL") != std::string::npos);
}
