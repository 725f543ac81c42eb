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

Emitted emit(const test::ChipShape& shape, uint64_t seed, int images) {
    Rng rng(seed);
    const Chip chip = test::random_chip(shape, rng);
    const test::Wiring wiring = test::random_wiring(chip, rng);
    const EmitVectors vectors = test::random_vectors(chip, wiring, images, rng);
    return {emit_generic(chip, wiring.configuration, vectors), shape.describe()};
}

}  // namespace

TEST_CASE("emit_generic -- make lint, sim and cells pass for a small chip") {
    const test::ChipShape shape{
        .inputs = 3,
        .layers = {{.outputs = 2, .rail = Rail::split, .shared_profile = true}, {.outputs = 3}},
        .pixel_stream_bits = 16};
    const testing::TemporaryDirectory directory;
    test::write_files(emit(shape, 11, 6).files, directory.path());
    for (const char* target : {"help", "lint", "sim", "cells"}) {
        const ProcessResult made = run_process({"make", "-s", target}, directory.path());
        INFO(target << ": " << made.output);
        CHECK(made.status == 0);
    }
}

TEST_CASE("emit_generic -- the testbench passes for random chips of every rail") {
    for (uint64_t seed = 4; seed <= 11; ++seed) {
        Rng rng(seed);
        const Emitted emitted = emit(test::random_shape(rng), seed, 10);
        const testing::TemporaryDirectory directory;
        test::write_files(emitted.files, directory.path());
        const ProcessResult made = run_process({"make", "-s", "lint", "sim"}, directory.path());
        INFO("seed " << seed << ", " << emitted.about << ": " << made.output);
        CHECK(made.status == 0);
        CHECK(made.output.find("mismatches: 0") != std::string::npos);
    }
}

TEST_CASE(
    "emit_generic -- a wrong answer, a wrong switch bit and a wrong device fail the testbench") {
    const test::ChipShape shape{.inputs = 6, .layers = {{.outputs = 4}}};
    const std::vector<EmittedFile> files = emit(shape, 21, 10).files;
    // The last hexadecimal digit of a line, in the file that a mutation aims at.
    const auto [name, line] = GENERATE(table<std::string, int>(
        {{"expected.hex", 17}, {"load.hex", 9}, {"devices_layer0.hex", 1}}));
    std::vector<EmittedFile> changed = files;
    for (EmittedFile& file : changed)
        if (file.name == name) {
            size_t at = 0;
            for (int i = 0; i <= line; ++i)
                at = file.text.find('\n', at) + 1;
            char& digit = file.text[at - 2];
            digit = digit == '0' ? '1' : '0';
        }
    const testing::TemporaryDirectory directory;
    test::write_files(changed, directory.path());
    const ProcessResult made = run_process({"make", "-s", "sim"}, directory.path());
    INFO(name << ": " << made.output);
    CHECK(made.status != 0);
    CHECK(made.output.find("FAIL") != std::string::npos);
}
