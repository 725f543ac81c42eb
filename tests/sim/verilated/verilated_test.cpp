#include "sim/verilated/verilated_device.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/base/file.h"

using namespace permloom;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// A directory that goes with the test.
struct Scratch {
    fs::path path;
    Scratch() {
        std::string name = (fs::temp_directory_path() / "permloom-verilated-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        path = name;
    }
    ~Scratch() { fs::remove_all(path); }
};

/// One cache for the whole test program, so that Verilator's run time is compiled once.
const fs::path& shared_cache() {
    static const Scratch scratch;
    return scratch.path;
}

/// permloom_top's ports with a few registers behind them: each output shows the inputs of the cycle
/// before, `res_tdata` a word of an image plus OFFSET, `load_error` counts cycles since reset.
std::string top_text(int layers, int offset, int pixel_bits) {
    const auto range = [](int bits) { return "[" + std::to_string(bits - 1) + ":0] "; };
    std::string text = R"(`default_nettype none
module permloom_top (
    input  wire        clk, rst_n,
    input  wire [31:0] cfg_tdata,
    input  wire        cfg_tvalid, cfg_tlast,
    output reg         cfg_tready,
    input  wire @PIX   pix_tdata,
    input  wire        pix_tvalid, pix_tlast,
    output reg         pix_tready,
    output reg  [31:0] res_tdata,
    output reg         res_tvalid, res_tlast,
    input  wire        res_tready,
    input  wire [7:0]  ctx_select,
    output reg  [7:0]  ctx_active, ctx_valid, load_error,
    output reg         pix_error,
    output reg  @VALID probe_valid,
    output reg  @INDEX probe_index,
    output reg  @VALUE probe_value
);
    reg [31:0] rom [0:3];
    initial $readmemh("devices_layer0.hex", rom);
    integer i;
    always @(posedge clk) begin
        cfg_tready <= cfg_tvalid;
        pix_tready <= pix_tvalid;
        res_tvalid <= res_tready;
        res_tlast  <= pix_tlast;
        res_tdata  <= rom[ctx_select[1:0]] + @OFFSET;
        ctx_active <= ctx_select;
        ctx_valid  <= pix_tdata[7:0];
        load_error <= rst_n ? load_error + 8'd1 : 8'd0;
        pix_error  <= cfg_tlast;
        for (i = 0; i < @LAYERS; i = i + 1) begin
            probe_valid[i] <= cfg_tdata[i];
            probe_index[16*i +: 16] <= cfg_tdata[15:0] + i[15:0];
            probe_value[32*i +: 32] <= cfg_tdata ^ i;
        end
    end
endmodule
)";
    for (const auto& [key, value] :
         std::vector<std::pair<std::string, std::string>>{{"@PIX", range(pixel_bits)},
                                                          {"@VALID", range(layers)},
                                                          {"@INDEX", range(16 * layers)},
                                                          {"@VALUE", range(32 * layers)},
                                                          {"@OFFSET", std::to_string(offset)},
                                                          {"@LAYERS", std::to_string(layers)}})
        for (size_t at; (at = text.find(key)) != std::string::npos;)
            text.replace(at, key.size(), value);
    return text;
}

RtlDesign tiny_design(int layers = 2, int offset = 0, int pixel_bits = 64) {
    return {{{"rtl/permloom_top.sv", top_text(layers, offset, pixel_bits)}},
            {{"devices_layer0.hex", "11 22 33 80000000\n"}},
            layers};
}

struct Reports {
    std::vector<std::string> lines;
    VerilatedOptions options(const fs::path& cache = shared_cache()) {
        VerilatedOptions options;
        options.cache_directory = cache;
        options.report = [this](const std::string& line) { lines.push_back(line); };
        return options;
    }
    bool built() const {
        return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
            return line.find("built in") != std::string::npos;
        });
    }
};

PinsOut after_two_ticks(Device& device, const PinsIn& in) {
    PinsOut out;
    device.tick(in, out);
    device.tick(in, out);
    return out;
}

}  // namespace

TEST_CASE("verilated -- every pin goes through, for ports of any width") {
    // Probe ports of 1..64 bits are integers in Verilator's interface, wider ones arrays of words.
    for (const auto& [layers, pixel_bits] :
         std::vector<std::pair<int, int>>{{1, 8}, {2, 32}, {9, 64}}) {
        INFO("layers " << layers);
        Reports reports;
        const auto device =
            make_verilated_device(tiny_design(layers, 0, pixel_bits), reports.options());
        REQUIRE(device->layers() == layers);
        for (const bool bit : {false, true}) {
            PinsIn in;
            in.cfg_tvalid = in.pix_tlast = bit;
            in.pix_tvalid = in.cfg_tlast = !bit;
            in.res_tready = bit;
            in.cfg_tdata = bit ? 0x8000aaab : 0x12345674;
            in.pix_tdata = 0xfedcba9876543210;
            in.ctx_select = bit ? 3 : 1;
            const PinsOut out = after_two_ticks(*device, in);
            CHECK(out.cfg_tready == bit);
            CHECK(out.pix_tready == !bit);
            CHECK(out.res_tvalid == bit);
            CHECK(out.res_tlast == bit);
            CHECK(out.res_tdata == (bit ? 0x80000000 : 0x22));
            CHECK(out.ctx_active == in.ctx_select);
            CHECK(out.ctx_valid == 0x10);
            CHECK(out.pix_error == !bit);
            REQUIRE(out.probes.size() == static_cast<size_t>(layers));
            for (int l = 0; l < layers; ++l) {
                const Probe& probe = out.probes[static_cast<size_t>(l)];
                CHECK(probe.valid == ((in.cfg_tdata >> l) & 1));
                CHECK(probe.index == ((in.cfg_tdata + static_cast<uint32_t>(l)) & 0xffff));
                CHECK(probe.value == static_cast<int32_t>(in.cfg_tdata ^ static_cast<uint32_t>(l)));
            }
        }
    }
}

TEST_CASE("verilated -- outputs are those before the clock edge that ends the cycle") {
    Reports reports;
    const auto device = make_verilated_device(tiny_design(), reports.options());
    PinsOut out;
    device->tick({.rst_n = false}, out);
    for (int cycle = 0; cycle < 5; ++cycle) {
        device->tick({}, out);
        CHECK(out.load_error == cycle);
    }
}

TEST_CASE("verilated -- a design is built once, and again when anything of it changes") {
    Reports first, second, other_source, other_image;
    RtlDesign design = tiny_design(2, 77);
    make_verilated_device(design, first.options());
    CHECK(first.built());
    make_verilated_device(design, second.options());
    CHECK_FALSE(second.built());
    CHECK(second.lines == std::vector<std::string>{"RTL model: taken from the cache"});

    design.images[0].text = "5 6 7 8\n";
    const auto device = make_verilated_device(design, other_image.options());
    CHECK(other_image.built());
    CHECK(after_two_ticks(*device, {}).res_tdata == 5 + 77);
    make_verilated_device(tiny_design(2, 78), other_source.options());
    CHECK(other_source.built());
}

TEST_CASE("verilated -- models of different designs, and two of one, live in one process") {
    Reports reports;
    const auto a = make_verilated_device(tiny_design(2, 100), reports.options());
    const auto b = make_verilated_device(tiny_design(2, 200), reports.options());
    const auto c = make_verilated_device(tiny_design(2, 200), reports.options());
    PinsOut out;
    for (int i = 0; i < 3; ++i)
        a->tick({.rst_n = false}, out);
    b->tick({.rst_n = false}, out);
    c->tick({.rst_n = false}, out);
    for (int i = 0; i < 3; ++i)
        c->tick({}, out);
    CHECK(after_two_ticks(*a, {}).res_tdata == 0x11 + 100);
    CHECK(after_two_ticks(*b, {}).res_tdata == 0x11 + 200);
    CHECK(after_two_ticks(*c, {}).load_error == 4);
}

TEST_CASE("verilated -- state without reset starts random, alike in every instance") {
    Reports reports;
    const auto random_start = [&] {
        PinsOut out;
        make_verilated_device(tiny_design(), reports.options())->tick({}, out);
        return out.res_tdata;
    };
    const uint32_t first = random_start();
    CHECK(first != 0);
    CHECK(random_start() == first);
}

TEST_CASE("verilated -- the images are found from any working directory") {
    const fs::path before = fs::current_path();
    const Scratch elsewhere;
    fs::current_path(elsewhere.path);
    Reports reports;
    const auto device = make_verilated_device(tiny_design(2, 300), reports.options());
    fs::current_path(before);
    CHECK(after_two_ticks(*device, {}).res_tdata == 0x11 + 300);
}

TEST_CASE("verilated -- an entry that lost a file is built anew") {
    Reports first, second;
    make_verilated_device(tiny_design(2, 400), first.options());
    for (const fs::directory_entry& entry : fs::directory_iterator(shared_cache()))
        fs::remove(entry.path() / "images" / "devices_layer0.hex");
    const auto device = make_verilated_device(tiny_design(2, 400), second.options());
    CHECK(second.built());
    CHECK(after_two_ticks(*device, {}).res_tdata == 0x11 + 400);
}

TEST_CASE("verilated -- what Verilator refuses is an Error with the first lines and a kept log") {
    Reports reports;
    RtlDesign design = tiny_design();
    design.sources[0].text += "module broken(input wire a; endmodule\n";
    try {
        make_verilated_device(design, reports.options());
        FAIL("the design was accepted");
    } catch (const Error& error) {
        CHECK(error.where() == "verilator");
        CHECK_THAT(error.problem(),
                   Contains("%Error: rtl/permloom_top.sv:") && Contains("syntax error"));
        const std::string log = error.hint().substr(error.hint().find('/'));
        CHECK_THAT(read_text(log), Contains("syntax error"));
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(shared_cache()))
        CHECK_FALSE(entry.path().filename().string().starts_with("building-"));
}

TEST_CASE("verilated -- a top without one of the ports is refused with the compiler's words") {
    Reports reports;
    RtlDesign design = tiny_design();
    std::string& text = design.sources[0].text;
    for (size_t at; (at = text.find("pix_error")) != std::string::npos;)
        text.replace(at, 9, "pix_wrong");
    CHECK_THROWS_WITH(make_verilated_device(design, reports.options()),
                      Contains("g++") && Contains("pix_error"));
}

TEST_CASE("verilated -- a bad image and $stop are Errors, not the end of the process") {
    Reports reports;
    RtlDesign design = tiny_design();
    design.images[0].text = "11 xyz\n";
    CHECK_THROWS_WITH(make_verilated_device(design, reports.options()),
                      Contains("$readmem file syntax error"));
    design = tiny_design();
    std::string& text = design.sources[0].text;
    text.replace(text.find("cfg_tready <= cfg_tvalid;"), 25,
                 "cfg_tready <= cfg_tvalid; if (cfg_tdata == 32'd5) $stop;");
    const auto device = make_verilated_device(design, reports.options());
    PinsOut out;
    device->tick({}, out);
    CHECK_THROWS_WITH(device->tick({.cfg_tdata = 5}, out), Contains("$stop"));
}

TEST_CASE("verilated -- a missing tool names its Debian package") {
    const std::string path = ::getenv("PATH");
    const Scratch empty;
    Reports reports;
    ::setenv("PATH", empty.path.c_str(), 1);
    CHECK_THROWS_WITH(
        make_verilated_device(tiny_design(), reports.options()),
        Contains("verilator: is not installed") && Contains("apt-get install verilator"));
    // A directory with Verilator alone: the compiler is missed next.
    std::ofstream(empty.path / "verilator") << "#!/bin/sh\necho Verilator 5\n";
    fs::permissions(empty.path / "verilator", fs::perms::owner_all);
    CHECK_THROWS_WITH(make_verilated_device(tiny_design(), reports.options()),
                      Contains("g++: is not installed") && Contains("apt-get install g++"));
    ::setenv("PATH", path.c_str(), 1);
}

TEST_CASE("verilated -- a cache that cannot be written is an Error") {
    const Scratch scratch;
    std::ofstream(scratch.path / "file") << "in the way";
    Reports reports;
    CHECK_THROWS_WITH(make_verilated_device(tiny_design(), reports.options(scratch.path / "file")),
                      Contains("cannot write into the cache"));
}

TEST_CASE("verilated -- two processes that build the same design at once both get it") {
    const RtlDesign design = tiny_design(2, 500);
    pid_t children[2];
    for (pid_t& child : children) {
        child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            Reports reports;
            const auto device = make_verilated_device(design, reports.options());
            ::_exit(after_two_ticks(*device, {}).res_tdata == 0x11 + 500 ? 0 : 1);
        }
    }
    for (const pid_t child : children) {
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
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
