/// What `permloom emit --target ice40-...` writes: its memories, and the board at work in Icarus.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "compiler/base/process.h"
#include "compiler/emit/boot_images.h"
#include "compiler/emit/ice40.h"
#include "compiler/emit/xilinx.h"
#include "compiler/program/expand.h"
#include "compiler/program/load_stream.h"
#include "compiler/program/patch.h"
#include "tests/rtl/emitted.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;

namespace {

/// Every engine and rail, a profile for all and one for each, in one chip.
test::ChipShape mixed_shape() {
    return {.inputs = 9,
            .layers = {{.outputs = 6, .shared_profile = true},
                       {.outputs = 5,
                        .rail = Rail::dual,
                        .shared_profile = false,
                        .engine = Engine::serial,
                        .lanes = 2},
                       {.outputs = 4,
                        .rail = Rail::split,
                        .shared_profile = true,
                        .engine = Engine::level,
                        .lanes = 2},
                       {.outputs = 3,
                        .rail = Rail::dual,
                        .shared_profile = true,
                        .engine = Engine::programmable,
                        .lanes = 2}},
            .contexts = 2,
            .pixel_stream_bits = 16};
}

std::map<std::string, std::string> by_name(const std::vector<EmittedFile>& files) {
    std::map<std::string, std::string> texts;
    for (const EmittedFile& file : files)
        texts[file.name] = file.text;
    return texts;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
        lines.push_back(text.substr(at, text.find('\n', at) - at));
    return lines;
}

/// Column `column` of a memory of hexadecimal lines.
std::string column_of(const std::vector<std::string>& lines, size_t first, size_t column) {
    std::string bits;
    for (size_t row = first; row < first + 256; ++row) {
        const char digit = lines[row][lines[row].size() - 1 - column / 4];
        const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
        bits += (value >> (column % 4) & 1) != 0 ? '1' : '0';
    }
    return bits;
}

/// `text` with its one `from` as `to`.
std::string with_text(std::string text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(text.find(from, at + 1) == std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("boot stream -- is the load stream without its wiring") {
    Rng rng(3);
    const Chip chip = test::random_chip(mixed_shape(), rng);
    const test::Wiring wiring = test::random_wiring(chip, rng);
    const LoadStream load = expand(chip, wiring.configuration);
    const std::vector<uint32_t> words = boot_stream(load);
    REQUIRE(words.size() > 8);
    CHECK(words[0] == LOAD_MAGIC);
    CHECK(words[4] == load.words.back());  // the id of the load that it stands for
    CHECK(words[words.size() - 2] == LOAD_END);
    CHECK(words.back() == test::crc_of(std::span(words).first(words.size() - 1)));
    // Header, frame; a record of neuron registers and one of layer registers a layer; classes.
    size_t expected = 6 + 2 + 4;
    for (const ChipLayer& layer : chip.layers)
        expected += 3 + 4 * static_cast<size_t>(layer.outputs) + 3 + 3;
    CHECK(words.size() == expected);
}

TEST_CASE("boot images -- icebram's pieces are the memories, and no two blank ones are equal") {
    Rng rng(4);
    const Chip chip = test::random_chip(mixed_shape(), rng);
    const test::Wiring wiring = test::random_wiring(chip, rng);
    const auto config = by_name(boot_images(chip, expand(chip, wiring.configuration)));
    const auto blank = by_name(blank_images(chip));
    REQUIRE(config.size() == blank.size());

    // Blank columns -> those of the configuration, as icebram would exchange them.
    std::map<std::string, std::string> exchanged;
    for (const char* name : {"rest.hex", "slices.hex"}) {
        if (!blank.contains(name)) continue;
        const auto from = lines_of(blank.at(name)), to = lines_of(config.at(name));
        REQUIRE(from.size() == 256);
        REQUIRE(to.size() == 256);
        for (size_t column = 0; column < 4 * from[0].size(); ++column) {
            const std::string old = column_of(from, 0, column), now = column_of(to, 0, column);
            if (std::string(name) == "rest.hex" && old == now) continue;
            CHECK(exchanged.emplace(old, now).second);
        }
    }
    size_t columns = 0;
    for (const auto& [name, text] : blank) {
        CHECK(config.contains(name));
        if (name == "rest.hex" || name == "slices.hex") continue;
        const auto from = lines_of(text), to = lines_of(config.at(name));
        REQUIRE(from.size() == to.size());
        REQUIRE(from.size() % 256 == 0);
        for (size_t first = 0; first < from.size(); first += 256)
            for (size_t column = 0; column < 4 * from[0].size(); ++column) {
                const std::string old = column_of(from, first, column);
                if (old.find('1') == std::string::npos) continue;  // no bit of the memory
                ++columns;
                INFO(name << ", rows from " << first << ", column " << column);
                REQUIRE(exchanged.contains(old));
                CHECK(exchanged.at(old) == column_of(to, first, column));
            }
    }
    CHECK(columns == exchanged.size());
}

TEST_CASE("boot images -- behind a decoder the memories hold what is loaded without one") {
    for (const Decoder decoder : {Decoder::factorial_stream, Decoder::level_map}) {
        std::map<std::string, std::string> images[2];
        for (const bool decodes : {false, true}) {
            Rng rng(8);
            const test::LayerShape shape{.outputs = 7,
                                         .rail = Rail::dual,
                                         .shared_profile = false,
                                         .engine = Engine::serial,
                                         .lanes = 3,
                                         .decoder = decoder};
            Chip chip = test::random_chip({.inputs = 9, .layers = {shape}}, rng);
            REQUIRE(chip.layers[0].decoder == decoder);
            if (!decodes) chip.layers[0].decoder = Decoder::none;
            const test::Wiring wiring = test::random_wiring(chip, rng);
            images[decodes] = by_name(boot_images(chip, expand(chip, wiring.configuration)));
        }
        for (const char* lane : {"wiring_000_000.hex", "wiring_000_001.hex", "wiring_000_002.hex"})
            CHECK(images[0].at(lane) == images[1].at(lane));
    }
}

TEST_CASE("ice40 -- a decoder that keeps the serial line waiting is refused") {
    Rng rng(9);
    Chip chip = test::random_chip(
        {.inputs = 3000,
         .layers = {{.outputs = 1, .shared_profile = true, .engine = Engine::serial}},
         .contexts = 1},
        rng);
    chip.layers[0].decoder = Decoder::factorial_stream;
    const test::Wiring wiring = test::random_wiring(chip, rng);
    const EmitVectors vectors{{test::random_image(chip, rng)}, {{0}}, {0}};
    CHECK_THROWS_WITH(emit_ice40("ice40-up5k", chip, wiring.configuration, vectors, {}),
                      Catch::Contains("decoder of layer 0") && Catch::Contains("serial line"));
    CHECK_THROWS_WITH(emit_xilinx(chip, wiring.configuration, vectors),
                      Catch::Contains("target xilinx"));
}

TEST_CASE("ice40 -- the board answers like the reference, booted or loaded over its line") {
    for (const std::string& target : ice40_targets())
        for (const bool boots : {true, false}) {
            Rng rng(boots ? 5 : 6);
            const Chip chip = test::random_chip(mixed_shape(), rng);
            const test::Wiring wiring = test::random_wiring(chip, rng);
            const EmitVectors vectors = test::random_vectors(chip, wiring, 3, rng);
            const testing::TemporaryDirectory directory;
            test::write_files(
                // The slowest clock: the fewest cycles a bit of the line.
                emit_ice40(target, chip, wiring.configuration, vectors,
                           {.boots = boots, .clock_mhz = 18}),
                directory.path());
            for (const char* goal : {"help", "lint", "sim"}) {
                const ProcessResult made =
                    run_process({"make", "-s", goal, "IMAGES=3"}, directory.path());
                INFO(target << ", boots " << boots << ", " << goal << ": " << made.output);
                CHECK(made.status == 0);
                if (std::string(goal) == "sim")
                    CHECK(made.output.find("PASS: 3 images, mismatches: 0") != std::string::npos);
            }
        }
}

TEST_CASE("ice40 -- a chip that configured itself takes patches, and no patch of another load") {
    const bool on_its_base = GENERATE(true, false);
    const test::ChipShape shape{
        .inputs = 5,
        .layers = {{.outputs = 3, .shared_profile = true},
                   {.outputs = 2, .shared_profile = false, .engine = Engine::serial}},
        .contexts = 1};
    Rng rng(10);
    const Chip chip = test::random_chip(shape, rng);
    const test::Wiring stored = test::random_wiring(chip, rng);
    const test::Wiring wanted = test::random_wiring(chip, rng);
    const LoadStream held = expand(chip, stored.configuration);
    const Patch patch = make_patch(held, expand(chip, wanted.configuration),
                                   held.words.back() ^ (on_its_base ? 0U : 1U));

    // The testbench of a board without a stored load, which here has one.
    const testing::TemporaryDirectory directory;
    std::vector<EmittedFile> files = emit_ice40(
        "ice40-hx8k", chip, stored.configuration,
        test::random_vectors(chip, on_its_base ? wanted : stored, 3, rng), {.clock_mhz = 18});
    for (EmittedFile& file : files)
        if (file.name == "tb/ice40_tb.sv") {
            file.text = with_text(file.text, "LOAD_WORDS = " + std::to_string(held.words.size()),
                                  "LOAD_WORDS = " + std::to_string(patch.words.size()));
            file.text = with_text(file.text, "LOADS = BOOTS == 0", "LOADS = 1");
            file.text = with_text(file.text, "initial begin\n    repeat (",
                                  "initial begin\n    repeat (10 * ");
        } else if (file.name == "load.hex") {
            file.text = hex_words(patch.words);
        }
    test::write_files(files, directory.path());
    const ProcessResult made = run_process({"make", "-s", "sim", "IMAGES=3"}, directory.path());
    INFO(made.output);
    if (on_its_base) {
        CHECK(made.status == 0);
        CHECK(made.output.find("PASS: 3 images, mismatches: 0") != std::string::npos);
    } else {
        // Refused: its error is on the light and in the status, now and at the end, and nothing
        // else is different.
        CHECK(made.status != 0);
        CHECK(made.output.find("byte 3: 0a, expected 00") != std::string::npos);
        CHECK(made.output.find("FAIL: 4 mismatches in 3 images") != std::string::npos);
    }
}

TEST_CASE("ice40 -- the PLL makes the clock that is wanted, and the line keeps its rate") {
    Rng rng(8);
    const Chip chip = test::random_chip(mixed_shape(), rng);
    const test::Wiring wiring = test::random_wiring(chip, rng);
    const EmitVectors vectors = test::random_vectors(chip, wiring, 1, rng);
    const auto top = [&](int mhz) {
        return by_name(emit_ice40("ice40-hx8k", chip, wiring.configuration, vectors,
                                  {.clock_mhz = mhz}))["rtl/ice40_top.sv"];
    };
    // 12 MHz * (DIVF + 1) / 2^DIVQ, and cycles of a bit.
    for (const auto& [mhz, divf, divq, divisor] :
         {std::tuple{96, 63, 3, 32}, {36, 47, 4, 36}, {18, 47, 5, 18}, {132, 87, 3, 44}}) {
        INFO(mhz << " MHz");
        const std::string text = top(mhz);
        CHECK(text.find("DIVF(7'd" + std::to_string(divf) + "), .DIVQ(3'd" +
                        std::to_string(divq)) != std::string::npos);
        CHECK(text.find("DIVISOR = " + std::to_string(divisor) + ";") != std::string::npos);
    }
    for (const int mhz : {15, 100, 135})
        CHECK_THROWS_WITH(top(mhz), Catch::Contains("a multiple of 3, 18 to 132"));
}

TEST_CASE("ice40 -- a wrong answer, a wrong wiring bit and a wrong register fail the testbench") {
    const auto [engine, name] =
        GENERATE(table<Engine, std::string>({{Engine::folded, "config/wiring_000_001.hex"},
                                             {Engine::serial, "config/wiring_000_000.hex"},
                                             {Engine::level, "config/wiring_000_002.hex"},
                                             {Engine::programmable, "config/wiring_000_000.hex"},
                                             {Engine::level, "config/boot.hex"},
                                             {Engine::level, "expected.hex"}}));
    // One layer: its sums go out as they are, and no clamp hides a difference.
    const test::ChipShape shape{
        .inputs = 9,
        .layers = {{.outputs = 4, .shared_profile = true, .engine = engine}},
        .contexts = 1};
    Rng rng(7);
    const Chip chip = test::random_chip(shape, rng);
    const test::Wiring wiring = test::random_wiring(chip, rng);
    std::vector<EmittedFile> files = emit_ice40("ice40-hx8k", chip, wiring.configuration,
                                                test::random_vectors(chip, wiring, 2, rng), {});
    for (EmittedFile& file : files)
        if (file.name == name)
            for (size_t end = 0; (end = file.text.find('\n', end + 1)) != std::string::npos;) {
                char& digit = file.text[end - 1];
                digit = digit == '0' ? '1' : '0';
            }
    const testing::TemporaryDirectory directory;
    test::write_files(files, directory.path());
    const ProcessResult made = run_process({"make", "-s", "sim", "IMAGES=2"}, directory.path());
    INFO(to_string(engine) << ", " << name << ": " << made.output);
    CHECK(made.status != 0);
    CHECK(made.output.find("FAIL") != std::string::npos);
}
