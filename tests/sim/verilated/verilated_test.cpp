#include "sim/verilated/verilated_device.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "tests/sim/verilated/tiny_design.h"

using namespace permloom;
using namespace permloom::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

PinsOut after_two_ticks(Device& device, const PinsIn& in) {
    PinsOut out;
    device.tick(in, out);
    device.tick(in, out);
    return out;
}

/// The only entry of a cache that is not Verilator's run time.
fs::path only_entry(const fs::path& cache) {
    fs::path found;
    for (const fs::directory_entry& entry : fs::directory_iterator(cache))
        if (!entry.path().filename().string().starts_with("runtime-")) {
            REQUIRE(found.empty());
            found = entry.path();
        }
    return found;
}

/// Gives `cache` the run time that another cache has, to save the time of compiling it again.
void share_runtime(const fs::path& from, const fs::path& cache) {
    for (const fs::directory_entry& entry : fs::directory_iterator(from))
        if (entry.path().filename().string().starts_with("runtime-"))
            fs::create_directory_symlink(entry.path(), cache / entry.path().filename());
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
        REQUIRE(device->probes() == layers);
        for (const bool bit : {false, true}) {
            PinsIn in;
            in.cfg_tvalid = in.pix_tlast = bit;
            in.pix_tvalid = in.cfg_tlast = !bit;
            in.res_tready = bit;
            in.cfg_tdata = bit ? 0x8000aaab : 0x12345674;
            in.pix_tdata = 0xfedcba9876543210;
            in.ctx_select = bit ? 3 : 1;
            in.control = {.awvalid = bit,
                          .wvalid = !bit,
                          .bready = bit,
                          .arvalid = !bit,
                          .rready = bit,
                          .wstrb = static_cast<uint8_t>(bit ? 0b0110 : 0b1001),
                          .awaddr = 0x123,
                          .araddr = 0x456,
                          .wdata = 0xabc00000};
            const PinsOut out = after_two_ticks(*device, in);
            CHECK(out.cfg_tready == bit);
            CHECK(out.pix_tready == !bit);
            CHECK(out.res_tvalid == bit);
            CHECK(out.res_tlast == bit);
            CHECK(out.res_tdata == (bit ? 0x80000000 : 0x22));
            CHECK(out.ctx_active == in.ctx_select);
            CHECK(out.ctx_valid == 0x10);
            CHECK(out.pix_error == !bit);
            CHECK(out.control == ControlOut{.awready = bit,
                                            .wready = !bit,
                                            .bvalid = bit,
                                            .arready = !bit,
                                            .rvalid = bit,
                                            .bresp = static_cast<uint8_t>(bit ? 2 : 1),
                                            .rresp = static_cast<uint8_t>(bit ? 1 : 2),
                                            .rdata = 0xabd23456});
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

TEST_CASE(
    "verilated -- a design is built once, from any working directory, and again when it changes") {
    Reports first, second, other_image;
    RtlDesign design = tiny_design(2, 77);
    make_verilated_device(design, first.options());
    CHECK(first.built());

    const fs::path before = fs::current_path();
    const Scratch elsewhere;
    fs::current_path(elsewhere.path);
    const auto cached = make_verilated_device(design, second.options());
    fs::current_path(before);
    CHECK(second.lines == std::vector<std::string>{"RTL model: taken from the cache"});
    CHECK(after_two_ticks(*cached, {}).res_tdata == 0x11 + 77);

    design.images[0].text = "5 6 7 8\n";
    const auto changed = make_verilated_device(design, other_image.options());
    CHECK(other_image.built());
    CHECK(after_two_ticks(*changed, {}).res_tdata == 5 + 77);
}

TEST_CASE("verilated -- models of different designs, and two of one, live in one process") {
    Reports reports;
    const auto a = make_verilated_device(tiny_design(2), reports.options());
    const auto b = make_verilated_device(tiny_design(2, 77), reports.options());
    const auto c = make_verilated_device(tiny_design(2, 77), reports.options());
    PinsOut out;
    for (int i = 0; i < 3; ++i)
        a->tick({.rst_n = false}, out);
    b->tick({.rst_n = false}, out);
    c->tick({.rst_n = false}, out);
    for (int i = 0; i < 3; ++i)
        c->tick({}, out);
    CHECK(after_two_ticks(*a, {}).res_tdata == 0x11);
    CHECK(after_two_ticks(*b, {}).res_tdata == 0x11 + 77);
    CHECK(after_two_ticks(*c, {}).load_error == 4);
}

TEST_CASE("verilated -- a damaged cache entry is built anew or refused, a bad image is an Error") {
    const Scratch cache;
    make_verilated_device(tiny_design(), Reports().options());
    share_runtime(shared_cache(), cache.path);
    Reports first, second;
    make_verilated_device(tiny_design(), first.options(cache.path));
    const fs::path entry = only_entry(cache.path), image = entry / "images" / "devices_layer0.hex";

    std::ofstream(image) << "11 xyz\n";
    CHECK_THROWS_WITH(make_verilated_device(tiny_design(), second.options(cache.path)),
                      Contains("$readmem file syntax error"));
    CHECK_FALSE(second.built());
    fs::remove(image);
    auto device = make_verilated_device(tiny_design(), second.options(cache.path));
    CHECK(second.built());
    CHECK(after_two_ticks(*device, {}).res_tdata == 0x11);

    device.reset();
    std::ofstream(entry / "model.so") << "not a shared object";
    CHECK_THROWS_WITH(make_verilated_device(tiny_design(), second.options(cache.path)),
                      Contains("model.so") && Contains("remove " + entry.string()));
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

TEST_CASE("verilated -- $stop is an Error, not the end of the process") {
    Reports reports;
    RtlDesign design = tiny_design();
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
