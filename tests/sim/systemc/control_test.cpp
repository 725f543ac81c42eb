/// The control port, register by register and cycle by cycle: rtl/MICROARCHITECTURE.md.
#include <catch2/catch.hpp>

#include "sim/bench/bench.h"
#include "sim/systemc/systemc_device.h"
#include "tests/support/random_chip.h"

namespace permloom::test {
namespace {

namespace reg = ControlRegister;

constexpr uint8_t OKAY = 0, SLVERR = 2;
constexpr uint32_t CLEAR_ERROR = 1, RESTART = 2, BY_REGISTER = 0x100;

/// A small chip of two contexts on a bench.
struct Fixture {
    explicit Fixture(const Stimulus& stimulus = {})
        : chip(random_chip({.inputs = 3, .layers = {{2}, {2}}, .pixel_stream_bits = 8}, rng)),
          wiring(random_wiring(chip, rng)),
          device(make_systemc_device(chip)),
          bench(chip, {device.get()}, {"systemc"}, stimulus) {
        bench.reset();
    }

    ControlAnswer write(uint16_t address, uint32_t data, uint8_t strobe = 0xf) {
        return bench.access({.write = true, .address = address, .data = data, .strobe = strobe});
    }
    uint32_t read(uint16_t address) { return bench.read_register(address); }
    void load(int context) {
        const std::vector<uint32_t> words = wiring.words(chip, context);
        REQUIRE(bench.load({words}) == LoadError::none);
    }
    void run(size_t images) {
        std::vector<std::vector<uint16_t>> pixels;
        while (pixels.size() < images)
            pixels.push_back(random_image(chip, rng));
        bench.run(pixels);
    }
    /// An image of one beat, cut short.
    void torn_image() {
        bench.tick({.pix_tvalid = true, .pix_tlast = true});
        bench.tick({});
    }
    const ControlOut& tick(const ControlIn& in) { return bench.tick({.control = in}).control; }

    Rng rng{31};
    Chip chip;
    Wiring wiring;
    std::unique_ptr<Device> device;
    Bench bench;
};

}  // namespace

TEST_CASE("control port -- the chip says what it is") {
    Fixture f;
    CHECK(f.read(reg::identity) == 0x314d4c50);
    CHECK(f.read(reg::version) == 1);
    CHECK(f.read(reg::layers) == 2);
    CHECK(f.read(reg::contexts) == 2);
    const uint64_t name = low_word(fingerprint(f.chip));
    CHECK(f.read(reg::fingerprint_low) == static_cast<uint32_t>(name));
    CHECK(f.read(reg::fingerprint_high) == name >> 32);
}

TEST_CASE("control port -- STATE follows the pins, and loads from their first word to their end") {
    Fixture f;
    CHECK(f.read(reg::state) == 0);
    f.load(1);
    CHECK(f.read(reg::state) == 2U << 8);
    f.bench.select(1);
    CHECK(f.read(reg::state) == (2U << 8 | 1U));
    f.torn_image();
    CHECK(f.read(reg::state) == (1U << 25 | 2U << 8 | 1U));

    f.bench.tick({.cfg_tvalid = true, .cfg_tdata = 0x314d4c50});
    CHECK((f.read(reg::state) >> 24 & 1) == 1);
    f.bench.tick({.cfg_tvalid = true, .cfg_tdata = 99});
    CHECK((f.read(reg::state) >> 16) == (2U << 8 | 1U << 8 | 2U));  // version, still loading
    f.bench.tick({.cfg_tvalid = true, .cfg_tlast = true});
    CHECK((f.read(reg::state) >> 16) == (2U << 8 | 2U));
}

TEST_CASE("control port -- the id of a context is the CRC of the load that it completed last") {
    Fixture f;
    CHECK(f.read(reg::id_0) == 0);
    CHECK(f.read(reg::id_1) == 0);
    f.load(1);
    CHECK(f.read(reg::id_0) == 0);
    CHECK(f.read(reg::id_1) == f.wiring.words(f.chip, 1).back());
    f.load(0);
    CHECK(f.read(reg::id_0) == f.wiring.words(f.chip, 0).back());
    std::vector<uint32_t> broken = f.wiring.words(f.chip, 0);
    broken.back() ^= 1;
    CHECK(f.bench.load({broken}) == LoadError::checksum);
    CHECK(f.read(reg::id_0) == f.wiring.words(f.chip, 0).back());
}

TEST_CASE(
    "control port -- SELECT takes the choice of the context from the pins and gives it back") {
    Fixture f;
    f.load(0);
    f.load(1);
    CHECK(f.read(reg::select) == 0);
    CHECK(f.write(reg::select, 1).response == OKAY);  // bit 8 is 0: the pins choose
    CHECK(f.read(reg::select) == 1);
    CHECK(f.bench.pins().ctx_active == 0);
    CHECK(f.write(reg::select, 0xfffffe00 | BY_REGISTER | 1).response == OKAY);
    CHECK(f.read(reg::select) == (BY_REGISTER | 1));
    CHECK(f.bench.pins().ctx_active == 1);
    CHECK(f.write(reg::select, BY_REGISTER | 2).response == OKAY);  // no such context: as it was
    CHECK(f.bench.pins().ctx_active == 1);
    CHECK(f.write(reg::select, 0).response == OKAY);
    f.bench.tick({});
    CHECK(f.bench.pins().ctx_active == 0);
}

TEST_CASE("control port -- SELECT shows in ctx_active two cycles after the write acts") {
    Fixture f;
    f.load(0);
    f.load(1);
    f.tick({.awvalid = true, .wvalid = true, .awaddr = reg::select, .wdata = BY_REGISTER | 1});
    CHECK_FALSE(f.tick({}).bvalid);  // the write acts
    CHECK(f.bench.pins().ctx_active == 0);
    CHECK(f.tick({}).bvalid);
    CHECK(f.bench.pins().ctx_active == 0);
    f.tick({});
    CHECK(f.bench.pins().ctx_active == 1);
}

TEST_CASE("control port -- counters tell images, results and cycles, and start again on command") {
    Fixture f;
    f.load(0);
    f.bench.select(0);
    f.run(5);
    f.torn_image();
    f.torn_image();
    CHECK(f.read(reg::images) == 5);
    CHECK(f.read(reg::results) == 5);
    CHECK(f.read(reg::dropped) == 2);
    CHECK(f.write(reg::command, CLEAR_ERROR).response == OKAY);
    CHECK_FALSE(f.bench.pins().pix_error);
    CHECK(f.read(reg::dropped) == 2);
    CHECK(f.read(reg::cycles_low) > 5);
    f.torn_image();
    CHECK(f.write(reg::command, RESTART).response == OKAY);
    CHECK(f.bench.pins().pix_error);
    CHECK(f.read(reg::dropped) == 0);
    CHECK(f.read(reg::images) == 0);
    CHECK(f.read(reg::results) == 0);
    CHECK(f.read(reg::command) == 0);
}

TEST_CASE("control port -- the cycle counter is 0 in the first cycle after a reset or a restart") {
    Fixture f;
    f.bench.reset();
    f.tick({.arvalid = true, .araddr = reg::cycles_low});
    CHECK(f.tick({.rready = true}).rdata == 0);
    for (int i = 0; i < 7; ++i)
        f.tick({});
    f.tick({.arvalid = true, .araddr = reg::cycles_low});
    CHECK(f.tick({.rready = true}).rdata == 9);
    f.tick({.awvalid = true, .wvalid = true, .awaddr = reg::command, .wdata = RESTART});
    f.tick({.arvalid = true, .araddr = reg::cycles_low});  // the write acts: not yet
    CHECK(f.tick({.rready = true}).rdata == 12);
    f.tick({.arvalid = true, .araddr = reg::cycles_low});
    CHECK(f.tick({.rready = true}).rdata == 1);
    CHECK(f.read(reg::cycles_high) == 0);
}

TEST_CASE("control port -- an image dropped while pix_error is cleared sets it again") {
    Fixture f;
    f.load(0);
    f.torn_image();
    f.tick({.awvalid = true, .wvalid = true, .awaddr = reg::command, .wdata = CLEAR_ERROR});
    f.bench.tick({.pix_tvalid = true, .pix_tlast = true});  // the write acts
    f.tick({});
    CHECK(f.bench.pins().pix_error);
}

TEST_CASE("control port -- what is unknown, read-only or half written answers with an error") {
    Fixture f;
    for (const int address : {0x40, 0x80, 0x400, 0x7fc, 0xffc}) {
        const ControlAnswer answer = f.bench.access({.address = static_cast<uint16_t>(address)});
        CHECK(answer.response == SLVERR);
        CHECK(answer.data == 0);
        CHECK(f.write(static_cast<uint16_t>(address), 3).response == SLVERR);
    }
    for (uint16_t address = 0; address < 0x40; address += 4)
        if (address != reg::select && address != reg::command)
            CHECK(f.write(address, 0xffffffff).response == SLVERR);
    for (uint8_t strobe = 0; strobe < 15; ++strobe)
        CHECK(f.write(reg::select, BY_REGISTER, strobe).response == SLVERR);
    CHECK(f.read(reg::select) == 0);
    // Bits 1:0 of an address do not matter.
    CHECK(f.read(reg::identity | 3) == 0x314d4c50);
    CHECK(f.write(reg::select | 1, 5).response == OKAY);
    CHECK(f.read(reg::select | 2) == 5);
    CHECK_THROWS_WITH(f.read(0x40), Catch::Contains("knows no register 0x040"));
}

TEST_CASE("control port -- address and data of a write wait for each other, in any order") {
    for (const bool address_first : {true, false}) {
        Fixture f;
        ControlIn address{.awvalid = true, .awaddr = reg::select};
        ControlIn data{.wvalid = true, .wdata = 0x42};
        CHECK(f.tick(address_first ? address : data).awready);
        for (int wait = 0; wait < 3; ++wait) {
            const ControlOut& out = f.tick({});
            CHECK(out.awready != address_first);
            CHECK(out.wready == address_first);
            CHECK_FALSE(out.bvalid);
        }
        f.tick(address_first ? data : address);
        f.tick({});
        for (int wait = 0; wait < 4; ++wait)
            CHECK(f.tick({}).bvalid);
        CHECK(f.tick({.bready = true}).bvalid);
        CHECK_FALSE(f.tick({}).bvalid);
        CHECK(f.read(reg::select) == 0x42);
    }
}

TEST_CASE("control port -- a second write waits until the first one's answer is taken") {
    Fixture f;
    const auto put = [&](uint32_t data) {
        f.tick({.awvalid = true, .wvalid = true, .awaddr = reg::select, .wdata = data});
    };
    put(1);
    f.tick({});
    put(2);
    for (int wait = 0; wait < 3; ++wait) {
        const ControlOut& out = f.tick({});
        CHECK(out.bvalid);
        CHECK_FALSE(out.awready);
        CHECK_FALSE(out.wready);
    }
    f.tick({.arvalid = true, .araddr = reg::select});
    CHECK(f.tick({.rready = true}).rdata == 1);
    f.tick({.bready = true});
    f.tick({.bready = true});
    CHECK(f.tick({.bready = true}).bvalid);
    CHECK(f.read(reg::select) == 2);
}

TEST_CASE("control port -- a read answers in the next cycle and holds until it is taken") {
    Fixture f;
    CHECK(f.tick({.arvalid = true, .araddr = reg::layers}).arready);
    for (int wait = 0; wait < 4; ++wait) {
        const ControlOut& out = f.tick({.arvalid = true, .araddr = reg::identity});
        CHECK(out.rvalid);
        CHECK(out.rdata == 2);
        CHECK_FALSE(out.arready);
    }
    f.tick({.rready = true});
    const ControlOut& idle = f.tick({});
    CHECK_FALSE(idle.rvalid);
    CHECK(idle.rdata == 0);
    CHECK(idle.arready);
}

TEST_CASE("control port -- gaps and back-pressure on every channel change no answer") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        Fixture f({.seed = seed, .control_gap = 0.7, .control_traffic = 0.3});
        f.load(0);
        f.run(20);
        CHECK(f.read(reg::identity) == 0x314d4c50);
        CHECK(f.write(reg::select, static_cast<uint32_t>(seed)).response == OKAY);
        CHECK(f.read(reg::select) == seed);
        CHECK(f.bench.mismatches() == 0);
    }
}

}  // namespace permloom::test
