#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "compiler/base/error.h"
#include "compiler/emit/generic.h"
#include "compiler/emit/rtl_design.h"
#include "compiler/program/expand.h"
#include "tests/support/golden.h"
#include "tests/support/random_chip.h"

using namespace permloom;

namespace {

/// Every feature of the top once: two layers, one profile and one per neuron, dual and split rails.
Chip fixed_chip() {
    Chip chip;
    chip.name = "golden";
    chip.target = "generic";
    chip.contexts = 2;
    chip.pixel_stream_bits = 16;
    ChipLayer hidden;
    hidden.inputs = 5;
    hidden.outputs = 3;
    hidden.rail = Rail::dual;
    hidden.in_bits = 4;
    hidden.out_bits = 6;
    hidden.device_bits = 3;
    hidden.shared_profile = true;
    hidden.devices = {-3, -2, -1, -1, 0, 0, 1, 1, 2, 3};
    ChipLayer output;
    output.inputs = 3;
    output.outputs = 2;
    output.rail = Rail::split;
    output.in_bits = 6;
    output.out_bits = 8;
    output.device_bits = 2;
    output.devices = {-1, 0, 1, -1, -1, 1};
    chip.layers = {hidden, output};
    return chip;
}

/// The other engines: constants by step, by entry and by level, with and without multipliers, and
/// weights.
Chip chip_of_engines() {
    Chip chip;
    chip.name = "engines";
    chip.target = "generic";
    chip.contexts = 2;
    chip.pixel_stream_bits = 16;
    ChipLayer steps;
    steps.engine = Engine::serial;
    steps.lanes = 2;
    steps.inputs = 5;
    steps.outputs = 3;
    steps.rail = Rail::dual;
    steps.in_bits = 4;
    steps.out_bits = 6;
    steps.device_bits = 3;
    steps.shared_profile = true;
    steps.devices = {-3, -2, -1, -1, 0, 0, 1, 1, 2, 3};
    ChipLayer entries;
    entries.engine = Engine::serial;
    entries.lanes = 2;
    entries.inputs = 3;
    entries.outputs = 3;
    entries.in_bits = 6;
    entries.out_bits = 6;
    entries.devices = {-1, 0, 1, -1, -1, 1, 0, 0, 1};
    ChipLayer weights;
    weights.engine = Engine::programmable;
    weights.lanes = 2;
    weights.inputs = 3;
    weights.outputs = 3;
    weights.rail = Rail::dual;
    weights.in_bits = 6;
    weights.out_bits = 6;
    weights.shared_profile = true;
    weights.devices = {-1, -1, 0, 0, 1, 1};
    ChipLayer level;
    level.engine = Engine::level;
    level.lanes = 2;
    level.inputs = 3;
    level.outputs = 2;
    level.rail = Rail::split;
    level.in_bits = 6;
    level.device_bits = 3;
    level.devices = {-3, 0, 2, -1, 1, 1};
    chip.layers = {steps, entries, weights, level};
    return chip;
}

struct Design {
    Chip chip;
    test::Wiring wiring;
    EmitVectors vectors;
};

Design random_design(uint64_t seed, int images) {
    Rng rng(seed);
    Design design;
    design.chip = test::random_chip(test::random_shape(rng), rng);
    design.wiring = test::random_wiring(design.chip, rng);
    for (int i = 0; i < images; ++i) {
        const test::Image image = test::random_image(design.chip, rng);
        const test::Expected expected = design.wiring.infer(design.chip, image);
        design.vectors.codes.push_back(image);
        design.vectors.logits.emplace_back(expected.written.back().begin(),
                                           expected.written.back().end());
        design.vectors.labels.push_back(expected.label);
    }
    return design;
}

std::map<std::string, std::string> by_name(const std::vector<EmittedFile>& files) {
    std::map<std::string, std::string> texts;
    for (const EmittedFile& file : files)
        texts[file.name] = file.text;
    return texts;
}

}  // namespace

TEST_CASE("emit_top -- the text of a fixed chip") {
    CHECK(testing::golden_difference("emit/permloom_top.sv", emit_top(fixed_chip())) == "");
}

TEST_CASE("emit_top -- the text of a fixed chip of the other engines") {
    CHECK(testing::golden_difference("emit/permloom_top_engines.sv", emit_top(chip_of_engines())) ==
          "");
}

TEST_CASE("emit_top -- engine serial takes the signs of devices of one size from their number") {
    Chip chip = chip_of_engines();
    ChipLayer& layer = chip.layers[0];
    layer.devices = {-1, -1, -1, 0, 0, 0, 0, 0, 1, 1};
    const std::string text = emit_top(chip);
    CHECK(text.find(".SHARED_PROFILE(1), .UNIT(1), .MOST(5), .ENTRIES(10)") != std::string::npos);
    CHECK(text.find(".COUNTS(16'd5), .NEGATIVES(3)") != std::string::npos);
    CHECK(text.find("DEVICES(") == std::string::npos);
}

TEST_CASE("emit_top -- engine serial without any live slot has no wiring") {
    Chip chip = chip_of_engines();
    chip.layers[0].devices.assign(10, 0);
    const std::string text = emit_top(chip);
    CHECK(text.find(".STAGES({16'd2, 16'd2, 16'd2, 16'd0}),") != std::string::npos);
    CHECK(text.find(".STAGE_ROWS({16'd2, 16'd1, 16'd4, 16'd0})") != std::string::npos);
}

TEST_CASE("emit_device_images -- a row an entry for engine serial, none for level, programmable") {
    const auto images = emit_device_images(chip_of_engines());
    REQUIRE(images.size() == 1);
    CHECK(images[0].name == device_image_name(1));
    // Group 0: neurons 0 and 1 with 2 and 3 live slots; group 1: neuron 2 alone.
    CHECK(images[0].text == "f\nd\n4\n1\n");
    Chip weights = chip_of_engines();
    weights.layers[1].engine = Engine::programmable;
    CHECK(emit_device_images(weights).empty());
    Chip none = chip_of_engines();
    none.layers[1].devices.assign(9, 0);
    CHECK(emit_device_images(none)[0].text == "0\n");
}

TEST_CASE("emit_device_images -- a row a neuron, slot 0 lowest, layers of one profile left out") {
    const auto images = emit_device_images(fixed_chip());
    REQUIRE(images.size() == 1);
    CHECK(images[0].name == device_image_name(1));
    CHECK(images[0].text == "13\n1f\n");
    CHECK(emit_top(fixed_chip()).find('"' + device_image_name(1) + '"') != std::string::npos);
}

TEST_CASE("emit_top -- leaves out the switches behind which every device is 0") {
    Chip chip = fixed_chip();
    ChipLayer& layer = chip.layers[0];
    layer.rail = Rail::single;
    layer.inputs = 4;
    // AS-Waksman of 4 lines: the last of its 5 switches joins slots 2 and 3.
    layer.devices = {-2, -1, 0, 0};
    CHECK(emit_top(chip).find(".PRESENT({\n      5'h0f\n    })") != std::string::npos);
    layer.devices = {-1, 0, 0, 1};
    CHECK(emit_top(chip).find("PRESENT") == std::string::npos);
    // A slot whose device is 0 for one neuron may not be 0 for the next.
    layer.shared_profile = false;
    layer.devices = {-2, -1, 0, 0, -2, -1, 0, 0, -2, -1, 0, 0};
    CHECK(emit_top(chip).find("PRESENT") == std::string::npos);
}

TEST_CASE("emit_top -- depends on the devices and nothing outside the chip") {
    Chip chip = fixed_chip();
    const std::string text = emit_top(chip);
    CHECK(emit_top(chip) == text);
    chip.layers[0].devices[9] = 2;
    CHECK(emit_top(chip) != text);
}

TEST_CASE(
    "rtl_cells -- one module or package a file, named as the file, used before defined never") {
    std::string seen;
    const auto cells = rtl_cells();
    REQUIRE(cells.size() > 10);
    CHECK(cells.front().name == "pl_geometry.sv");
    for (const EmittedFile& cell : cells) {
        INFO(cell.name);
        const std::string name = cell.name.substr(0, cell.name.rfind('.'));
        const bool package = name == "pl_geometry";
        const std::string keyword = package ? "\npackage " : "\nmodule ";
        const size_t at = cell.text.find(keyword + name);
        REQUIRE(at != std::string::npos);
        CHECK(cell.text.find("\nmodule ", at + 1) == std::string::npos);
        CHECK(cell.text.find("`default_nettype none") < at);
        // A cell that is instantiated inside must stand earlier in the list.
        for (const EmittedFile& other : cells) {
            const std::string module = other.name.substr(0, other.name.rfind('.'));
            if (module != name && cell.text.find("  " + module + " ") != std::string::npos)
                CHECK(seen.find(" " + module + " ") != std::string::npos);
        }
        seen += " " + name + " ";
    }
}

TEST_CASE("emit_generic -- the same bytes every time") {
    const Design design = random_design(3, 4);
    const auto first = emit_generic(design.chip, design.wiring.configuration, design.vectors);
    const auto second = emit_generic(design.chip, design.wiring.configuration, design.vectors);
    REQUIRE(first.size() == second.size());
    for (size_t i = 0; i < first.size(); ++i) {
        CHECK(first[i].name == second[i].name);
        CHECK(first[i].text == second[i].text);
    }
}

TEST_CASE("emit_generic -- holds cells, top, images of stream and results") {
    const Design design = random_design(4, 5);
    const auto files =
        by_name(emit_generic(design.chip, design.wiring.configuration, design.vectors));
    for (const EmittedFile& cell : rtl_cells())
        CHECK(files.at("rtl/" + cell.name) == cell.text);
    CHECK(files.at("rtl/permloom_top.sv") == emit_top(design.chip));
    const auto lines = [&](const std::string& name) {
        const std::string& text = files.at(name);
        return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    };
    CHECK(lines("load.hex") == expand(design.chip, design.wiring.configuration).words.size());
    CHECK(lines("pixels.hex") == 5 * static_cast<size_t>(design.chip.pixel_beats()));
    CHECK(lines("expected.hex") == 5 * static_cast<size_t>(design.chip.outputs() + 1));
    CHECK(files.count("Makefile") == 1);
    CHECK(files.count("README.md") == 1);
    CHECK(files.count("tb/permloom_tb.sv") == 1);
}

TEST_CASE("emit_generic -- refuses to write a testbench without images") {
    const Design design = random_design(5, 0);
    CHECK_THROWS_AS(emit_generic(design.chip, design.wiring.configuration, design.vectors), Error);
}
