#include "compiler/program/device_instance.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/program/measurements.h"
#include "sim/physical/fabricate.h"
#include "tests/support/random_chip.h"
#include "tests/support/temporary_directory.h"

namespace permloom {
namespace {

Chip small_chip(bool shared = true) {
    Rng rng(2);
    Chip chip = test::random_chip({.inputs = 6,
                                   .layers = {{.outputs = 4, .shared_profile = shared},
                                              {.outputs = 3, .shared_profile = shared}}},
                                  rng);
    for (ChipLayer& layer : chip.layers) {
        layer.rail = Rail::single;
        layer.device_bits = 4;
        layer.devices.clear();
        for (int bank = 0; bank < layer.banks(); ++bank)
            for (int slot = 0; slot < layer.lines(); ++slot)
                layer.devices.push_back(slot - 2 + bank % 2);
    }
    check(chip, "test");
    return chip;
}

DeviceModel spread_model(SignScheme sign = SignScheme::pair) {
    DeviceModel model = ideal_model();
    model.name = "spread";
    model.device.sign = sign;
    model.device.spread = 0.1;
    model.device.on_off_ratio = 50.0;
    model.switching.stuck_crossed = 0.1;
    return model;
}

TEST_CASE("device_instance -- a file holds all of it") {
    const testing::TemporaryDirectory directory;
    const Chip chip = small_chip();
    DeviceInstance made = fabricate(chip, spread_model(), {.seed = 5});
    made.layers[0].plus[3] = std::numeric_limits<float>::quiet_NaN();
    save_instance(made, directory / "a.devices");
    const DeviceInstance read = load_instance(directory / "a.devices");
    CHECK(instance_id(read) == instance_id(made));
    CHECK(read.layers[0].stuck == made.layers[0].stuck);
    CHECK(read.layers[1] == made.layers[1]);
    CHECK(read.origin == "spread");
    CHECK(read.seed == 5);
    CHECK(read.layers[0].missing() == 1);
    // Another chip of the same seed is another copy; the same one is the same to the bit.
    CHECK(instance_id(fabricate(chip, spread_model(), {.seed = 5, .trial = 1})) !=
          instance_id(fabricate(chip, spread_model(), {.seed = 5})));
    CHECK(instance_id(fabricate(chip, spread_model(), {.seed = 5})) ==
          instance_id(fabricate(chip, spread_model(), {.seed = 5})));
}

TEST_CASE("device_instance -- damaged files are refused") {
    const testing::TemporaryDirectory directory;
    save_instance(fabricate(small_chip(), spread_model(), {}), directory / "a.devices");
    const std::vector<uint8_t> whole = read_bytes(directory / "a.devices");
    for (size_t at = 0; at < whole.size(); at += 97) {
        std::vector<uint8_t> bytes = whole;
        bytes[at] ^= 4;
        write_file(directory / "b.devices", bytes);
        CHECK_THROWS_AS(load_instance(directory / "b.devices"), Error);
        bytes.resize(at);
        write_file(directory / "b.devices", bytes);
        CHECK_THROWS_AS(load_instance(directory / "b.devices"), Error);
    }
}

TEST_CASE("device_instance -- what is no copy of the chip is refused") {
    const Chip chip = small_chip();
    const DeviceInstance good = fabricate(chip, spread_model(), {});
    check(good, chip, "x");
    const auto refused = [&](const auto& spoil, const char* problem) {
        DeviceInstance bad = good;
        spoil(bad);
        CHECK_THROWS_WITH(check(bad, chip, "x"), Catch::Contains(problem));
    };
    refused([](DeviceInstance& bad) { bad.chip_fingerprint[0] ^= 1; }, "of another chip");
    refused([](DeviceInstance& bad) { bad.layers.pop_back(); }, "1 layers, the chip has 2");
    refused([](DeviceInstance& bad) { bad.layers[1].plus.pop_back(); },
            "layer 1: 3 devices, 4 expected");
    refused([](DeviceInstance& bad) { bad.layers[0].minus.clear(); }, "0 second devices");
    refused([](DeviceInstance& bad) { bad.layers[0].banks = 2; }, "2 banks");
    refused([](DeviceInstance& bad) { bad.layers[0].plus[2] = -0.5F; },
            "layer 0, neuron 0, slot 2: negative conductance -0.5");
    refused(
        [](DeviceInstance& bad) {
            bad.layers[0].minus[1] = std::numeric_limits<float>::infinity();
        },
        "the conductance is infinite");
    refused([](DeviceInstance& bad) { bad.layers[0].plus[1] = std::nanf(""); },
            "1 of 6 cells are missing, at most 5 % may be");
    refused([](DeviceInstance& bad) { bad.layers[0].stuck = {{1, 0, 0, true}}; }, "stuck switch");
    DeviceInstance one_missing = good;
    one_missing.layers[0].plus[1] = std::nanf("");
    CHECK_NOTHROW(check(one_missing, chip, "x", 0.2));
    CHECK(measured_bank(chip.layers[0], one_missing.layers[0], 0)[1] == chip.layers[0].bank(0)[1]);
    CHECK_THROWS_WITH(bank_count(small_chip(false).layers[0], 0, Sharing::layer),
                      Catch::Contains("devices of their own"));
}

TEST_CASE("measurements -- what is written is read again, in any unit") {
    const testing::TemporaryDirectory directory;
    for (const bool shared : {true, false})
        for (const SignScheme sign : {SignScheme::pair, SignScheme::offset, SignScheme::carried}) {
            const Chip chip = small_chip(shared);
            DeviceModel model = spread_model(sign);
            model.switching = ideal_model().switching;
            DeviceInstance made = fabricate(chip, model, {});
            made.layers[0].plus[4] = std::nanf("");
            write_file(directory / "m.csv", measurements_csv(made, chip));
            const DeviceInstance read = read_measurements(directory / "m.csv", chip, sign, 1.0);
            for (size_t l = 0; l < 2; ++l) {
                CHECK(read.layers[l].banks == made.layers[l].banks);
                CHECK(read.layers[l].missing() == made.layers[l].missing());
                CHECK(read.layers[l].plus.size() == made.layers[l].plus.size());
                for (size_t cell = 0; cell < made.layers[l].plus.size(); ++cell)
                    if (!std::isnan(made.layers[l].plus[cell]))
                        CHECK(read.layers[l].plus[cell] == made.layers[l].plus[cell]);
            }
        }
}

TEST_CASE("measurements -- the unit follows from the chip's own values") {
    const testing::TemporaryDirectory directory;
    const Chip chip = small_chip();
    // Nominal devices in microsiemens.
    std::string text = "layer,neuron,slot,plus,minus\n";
    const DeviceInstance nominal = nominal_instance(chip, ideal_model());
    for (size_t l = 0; l < 2; ++l)
        for (size_t slot = 0; slot < nominal.layers[l].plus.size(); ++slot)
            text += std::to_string(l) + ",0," + std::to_string(slot) + "," +
                    std::to_string(2.5 * static_cast<double>(nominal.layers[l].plus[slot])) + "," +
                    std::to_string(2.5 * static_cast<double>(nominal.layers[l].minus[slot])) + "\n";
    write_file(directory / "m.csv", text);
    const DeviceInstance read = read_measurements(directory / "m.csv", chip, SignScheme::pair);
    for (size_t l = 0; l < 2; ++l) {
        CHECK(read.layers[l].banks == 1);
        for (size_t slot = 0; slot < nominal.layers[l].plus.size(); ++slot)
            CHECK(read.layers[l].plus[slot] == Approx(nominal.layers[l].plus[slot]));
    }
}

TEST_CASE("measurements -- every fault is named with its line") {
    const testing::TemporaryDirectory directory;
    const Chip chip = small_chip();
    const auto refused = [&](const std::string& lines, const char* problem,
                             SignScheme sign = SignScheme::pair) {
        write_file(directory / "m.csv", "layer,neuron,slot,plus,minus\n" + lines);
        CHECK_THROWS_WITH(read_measurements(directory / "m.csv", chip, sign),
                          Catch::Contains(problem));
    };
    refused("0,0,0,1\n", "m.csv:2: 4 cells");
    refused("0,0,0,1,0\n2,0,0,1,0\n", "m.csv:3: layer 2 is outside of the chip's 0..1");
    refused("0,4,0,1,0\n", "neuron 4 is outside");
    refused("0,0,6,1,0\n", "slot 6 is outside");
    refused("0,0,x,1,0\n", "slot 'x' is not a whole number");
    refused("0,0,0,nan,0\n", "plus 'nan' is not a finite number");
    refused("0,0,0,-1,0\n", "negative conductance plus = -1");
    refused("0,0,0,1,0\n0,0,0,1,0\n", "measured in line 2 already");
    refused("0,0,0,1,0\n", "has a second device", SignScheme::carried);
    refused("0,0,0,1,0\n", "the unit of its conductances does not follow");
    write_file(directory / "m.csv", std::string("layer,slot\n"));
    CHECK_THROWS_WITH(read_measurements(directory / "m.csv", chip, SignScheme::pair),
                      Catch::Contains("the header is not"));
}

}  // namespace
}  // namespace permloom
