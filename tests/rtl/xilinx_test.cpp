/// What `permloom emit --target xilinx` writes, as far as open tools go.
#include <catch2/catch.hpp>

#include "compiler/base/process.h"
#include "compiler/emit/chip_report.h"
#include "compiler/emit/xilinx.h"
#include "tests/rtl/emitted.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;

TEST_CASE("emit_xilinx -- lint and sim pass, Yosys counts, a missing Vivado is named") {
    // A device ROM, a memory of entries and a hidden layer.
    const test::ChipShape shape{
        .inputs = 9,
        .layers = {{.outputs = 3, .shared_profile = false, .engine = Engine::serial, .lanes = 2},
                   {.outputs = 2, .shared_profile = true}},
        .contexts = 1,
        .pixel_stream_bits = 16};
    Rng rng(3);
    const Chip chip = test::random_chip(shape, rng);
    const test::Wiring wiring = test::random_wiring(chip, rng);
    const testing::TemporaryDirectory directory;
    test::write_files(
        emit_xilinx(chip, wiring.configuration, test::random_vectors(chip, wiring, 3, rng)),
        directory.path());
    for (const char* target : {"help", "lint", "sim", "luts"}) {
        const ProcessResult made = run_process({"make", "-s", target}, directory.path());
        INFO(target << ": " << made.output);
        CHECK(made.status == 0);
    }
    const SynthesisCounts counted = read_yosys_counts(directory / "build" / "cells.txt");
    CHECK(counted.luts > 500);
    CHECK(counted.flip_flops > 500);

    // All sources and constraints that the script names are there.
    const std::string script = read_text(directory / "build.tcl");
    for (const char* word : {"read_verilog -sv", "rtl/permloom_top.sv\n", "rtl/xilinx_top.sv\n",
                             "read_xdc board.xdc", "synth_design -top xilinx_top -part xc7a35t",
                             "place_design", "route_design", "write_bitstream"})
        CHECK(script.find(word) != std::string::npos);
    CHECK(read_text(directory / "board.xdc").find("-period 10.000") != std::string::npos);
    CHECK(read_text(directory / "rtl/xilinx_top.sv").find("DIVISOR = 50;") != std::string::npos);

    const ProcessResult made =
        run_process({"make", "-s", "PATH=/bin", "bitstream"}, directory.path());
    CHECK(made.status != 0);
    CHECK(made.output.find("vivado is missing") != std::string::npos);
}
