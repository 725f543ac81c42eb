#include <filesystem>

#include <catch2/catch.hpp>

#include "compiler/base/file.h"
#include "sim/verilated/verilated_device.h"
#include "tests/sim/verilated/tiny_design.h"

using namespace permloom;
using namespace permloom::test;
using Catch::Contains;
namespace fs = std::filesystem;

TEST_CASE("verilated -- coverage is written when the device goes") {
    const Scratch scratch;
    Reports reports;
    VerilatedOptions options = reports.options();
    options.coverage = scratch.path / "coverage";
    {
        const auto device = make_verilated_device(tiny_design(), options);
        PinsOut out;
        device->tick({}, out);
        CHECK(!fs::exists(options.coverage));
    }
    CHECK_THAT(read_text(options.coverage),
               Contains("v_line/permloom_top") && Contains("v_toggle/permloom_top"));
}

TEST_CASE("verilated -- waveforms are written in the format that was asked for") {
    const Scratch scratch;
    for (const auto& [format, suffix] : std::vector<std::pair<TraceFormat, std::string>>{
             {TraceFormat::vcd, ".vcd"}, {TraceFormat::fst, ".fst"}}) {
        const fs::path file = scratch.path / ("wave" + suffix);
        Reports reports;
        VerilatedOptions options = reports.options();
        options.trace = format;
        {
            const auto device = make_verilated_device(tiny_design(), options);
            CHECK_THROWS_WITH(device->trace("wave.txt"), Contains(suffix));
            CHECK_THROWS_WITH(device->trace((scratch.path / "no" / "wave").string() + suffix),
                              Contains("cannot write"));
            device->trace(file.string());
            PinsOut out;
            for (int i = 0; i < 100; ++i)
                device->tick({}, out);
        }
        CHECK(fs::file_size(file) > 100);
        if (format == TraceFormat::vcd) CHECK_THAT(read_text(file), Contains("probe_value"));
    }
    Reports reports;
    CHECK_THROWS_WITH(make_verilated_device(tiny_design(), reports.options())->trace("w.fst"),
                      Contains("built without waveforms"));
}
