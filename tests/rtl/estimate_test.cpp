/// The cost model beside what Yosys counts on whole chips.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "compiler/base/process.h"
#include "compiler/emit/chip_report.h"
#include "compiler/emit/estimate.h"
#include "tests/rtl/emitted.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;

namespace {

/// Small chips: what surrounds the layers counts for more than in any real one.
constexpr double TOLERANCE = 0.1;

SynthesisCounts synthesise(const Chip& chip) {
    const testing::TemporaryDirectory directory;
    std::string sources;
    std::vector<EmittedFile> files = rtl_cells();
    files.push_back({"permloom_top.sv", emit_top(chip)});
    for (const EmittedFile& file : files)
        sources += " " + file.name;
    for (const EmittedFile& image : emit_device_images(chip))
        files.push_back(image);
    test::write_files(files, directory.path());
    const ProcessResult made =
        run_process({"yosys", "-q", "-p",
                     "read_verilog -sv" + sources +
                         "; synth_ice40 -device hx -top permloom_top; tee -q -o cells.txt stat"},
                    directory.path());
    INFO(made.output);
    REQUIRE(made.status == 0);
    return read_yosys_counts(directory.path() / "cells.txt");
}

void check_near(double estimate, int64_t counted) {
    CHECK(std::abs(estimate - static_cast<double>(counted)) <=
          TOLERANCE * static_cast<double>(counted));
}

const test::LayerShape folded{.outputs = 8, .shared_profile = true};
const test::LayerShape per_neuron{.outputs = 6, .rail = Rail::split};
const test::LayerShape bits{.outputs = 8, .shared_profile = true, .bit_serial = true};
const test::LayerShape spatial{.outputs = 8, .rail = Rail::split, .engine = Engine::spatial};
const test::LayerShape spatial_bits{
    .outputs = 5, .shared_profile = true, .engine = Engine::spatial, .bit_serial = true};
const test::LayerShape serial{
    .outputs = 9, .rail = Rail::dual, .engine = Engine::serial, .lanes = 2};
const test::LayerShape level{
    .outputs = 7, .rail = Rail::split, .shared_profile = true, .engine = Engine::level, .lanes = 4};
const test::LayerShape weights{
    .outputs = 9, .rail = Rail::dual, .engine = Engine::programmable, .lanes = 2};
const test::LayerShape split_weights{
    .outputs = 7, .rail = Rail::split, .engine = Engine::programmable, .lanes = 3};
const test::LayerShape digits{.outputs = 9,
                              .rail = Rail::dual,
                              .engine = Engine::serial,
                              .lanes = 2,
                              .decoder = Decoder::factorial_stream};
const test::LayerShape classes{
    .outputs = 8, .shared_profile = true, .engine = Engine::serial, .decoder = Decoder::level_map};

void check_estimate(int inputs, const std::vector<test::LayerShape>& layers, int contexts) {
    Rng rng(21);
    const test::ChipShape shape{.inputs = inputs, .layers = layers, .contexts = contexts};
    const Chip chip = test::random_chip(shape, rng);
    const SynthesisCounts counted = synthesise(chip);
    const Cost total = estimate(chip).total();
    INFO(shape.describe() << ": " << total.luts << " of " << counted.luts << " LUTs, "
                          << total.flip_flops << " of " << counted.flip_flops << " flip-flops");
    check_near(total.luts, counted.luts);
    check_near(static_cast<double>(total.flip_flops), counted.flip_flops);
    CHECK(total.rams == counted.rams);
}

}  // namespace

TEST_CASE("estimate -- is within a tenth of what Yosys counts, block RAMs are exact") {
    check_estimate(16, {folded, level}, 1);
    check_estimate(16, {spatial_bits, serial}, 1);
    check_estimate(24, {weights, classes}, 2);
}

// Minutes of synthesis.
TEST_CASE("estimate -- the same of every kind of layer", "[.slow]") {
    check_estimate(16, {folded, per_neuron}, 1);
    check_estimate(24, {bits, spatial}, 2);
    check_estimate(24, {serial, level}, 2);
    check_estimate(24, {digits, classes}, 2);
    check_estimate(24, {weights, split_weights}, 2);
}
