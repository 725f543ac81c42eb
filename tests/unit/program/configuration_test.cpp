#include "compiler/program/configuration.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "tests/unit/program/small_chip.h"

using namespace permloom;
using Catch::Contains;

TEST_CASE("configuration file -- comes back as written; any change is refused") {
    const auto path = std::filesystem::temp_directory_path() / "permloom-configuration-test.plc";
    const Chip chip = small_chip();
    const Configuration configuration = small_configuration(chip, "multiset", 3);
    save_configuration(configuration, path);
    CHECK(load_configuration(path) == configuration);
    const std::vector<uint8_t> good = read_bytes(path);
    for (size_t i = 0; i < good.size(); ++i) {
        std::vector<uint8_t> bad = good;
        bad[i] = static_cast<uint8_t>(bad[i] ^ (1U << (i % 8)));
        write_file(path, bad);
        CHECK_THROWS_AS(load_configuration(path), Error);
    }
    write_file(path, std::span(good).first(good.size() / 2));
    CHECK_THROWS_WITH(load_configuration(path), Contains("is truncated"));
    save_chip(chip, path);
    CHECK_THROWS_WITH(load_configuration(path), Contains("it is a chip file"));
    std::filesystem::remove(path);
}

TEST_CASE("match -- a configuration of another chip or shape is refused with both fingerprints") {
    const Chip chip = small_chip();
    const Configuration configuration = small_configuration(chip, "lehmer", 1);
    CHECK_NOTHROW(require_match(chip, configuration, "x.plc"));
    Chip other = chip;
    other.layers[0].devices[4] = 6;
    CHECK_THROWS_WITH(require_match(other, configuration, "x.plc"),
                      Contains("another chip") && Contains(to_hex(fingerprint(other), 16)));
    Configuration bad = configuration;
    bad.classes = 3;
    CHECK_THROWS_WITH(require_match(chip, bad, "x.plc"), Contains("3 classes"));
    bad = configuration;
    bad.layers[0].neurons.pop_back();
    CHECK_THROWS_WITH(require_match(chip, bad, "x.plc"), Contains("layer 0"));
    bad = configuration;
    bad.layers[0].registers.hi = 256;
    CHECK_THROWS_WITH(require_match(chip, bad, "x.plc"), Contains("255"));
}

TEST_CASE("configuration -- registers that do not fit their fields are refused") {
    const auto path = std::filesystem::temp_directory_path() / "permloom-registers-test.plc";
    const Chip chip = small_chip();
    Configuration bad = small_configuration(chip, "index", 2);
    bad.layers[0].neurons[1].m = 1 << 16;
    CHECK_THROWS_WITH(save_configuration(bad, path), Contains("neuron 1") && Contains("17 bits"));
    bad = small_configuration(chip, "index", 2);
    bad.layers[1].neurons[0].c = -(int64_t{1} << 47) - 1;
    CHECK_THROWS_WITH(save_configuration(bad, path), Contains("48 bits"));
    bad = small_configuration(chip, "index", 2);
    bad.layers[1].registers.s = 48;
    CHECK_THROWS_WITH(save_configuration(bad, path), Contains("0..47"));
    CHECK(!std::filesystem::exists(path));
}

TEST_CASE("pixels -- follow clamp(round((x / div - mean) / scale) + zero)") {
    const std::vector<uint8_t> pixels = {0, 8, 9, 17, 255};
    const InputSpec four_bits{5, 4, 255.0, 0.0, 1.0 / 15.0, 0};
    CHECK(quantise_pixels(four_bits, pixels) == std::vector<uint16_t>{0, 0, 1, 1, 15});
    const InputSpec centred{5, 8, 1.0, 128.0, 1.0, 100};
    CHECK(quantise_pixels(centred, pixels) == std::vector<uint16_t>{0, 0, 0, 0, 227});
}
