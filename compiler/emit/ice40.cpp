#include "compiler/emit/ice40.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/base/digest.h"
#include "compiler/base/embedded_file.h"
#include "compiler/base/error.h"
#include "compiler/base/version.h"
#include "compiler/emit/boot_images.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/expand.h"

namespace permloom {

/// The files of compiler/emit/ice40, embedded by CMakeLists.txt; words between @ are filled in.
const std::vector<EmbeddedFile>& ice40_files();

namespace {

/// Cycles of a bit on the serial line: 3 Mbaud at 72 MHz, a rate that USB adapters and Linux know.
constexpr int DIVISOR = 24;

/// A part on the board that it is mostly bought on. The clock is 12 MHz * (DIVF + 1) / 2^DIVQ.
struct Part {
    std::string target, board, yosys_device, nextpnr_part;
    int clock_mhz = 0, divf = 0, divq = 0;
    std::string pll, pll_input, pll_output;
    std::string pins;
};

const std::vector<Part>& parts() {
    static const std::vector<Part> all = {
        {"ice40-hx8k", "the iCE40-HX8K breakout board", "hx", "--hx8k --package ct256", 72, 47, 3,
         "SB_PLL40_CORE", "REFERENCECLK", "PLLOUTGLOBAL",
         "set_io clock_12mhz J3\nset_io uart_rx B10\nset_io uart_tx B12\n"
         "set_io led_ready B5\nset_io led_error B4\n"},
        {"ice40-up5k", "the iCEBreaker (iCE40UP5K)", "u", "--up5k --package sg48", 24, 63, 5,
         "SB_PLL40_PAD", "PACKAGEPIN", "PLLOUTGLOBAL",
         "set_io clock_12mhz 35\nset_io uart_rx 6\nset_io uart_tx 9\n"
         "set_io led_ready 37\nset_io led_error 11\n"},
    };
    return all;
}

const Part& part_of(const std::string& target) {
    const auto part = std::ranges::find(parts(), target, &Part::target);
    PERMLOOM_ASSERT(part != parts().end());
    return *part;
}

std::string_view embedded(std::string_view name) {
    const auto file = std::ranges::find(ice40_files(), name, &EmbeddedFile::path);
    PERMLOOM_ASSERT(file != ice40_files().end());
    return file->text;
}

/// The text with every @WORD@ replaced.
std::string filled(std::string_view text, const std::map<std::string, std::string>& words) {
    std::string result;
    while (true) {
        const size_t begin = text.find('@');
        result += text.substr(0, begin);
        if (begin == std::string_view::npos) return result;
        const size_t end = text.find('@', begin + 1);
        const auto word = end == std::string_view::npos
                              ? words.end()
                              : words.find(std::string(text.substr(begin + 1, end - begin - 1)));
        if (word == words.end()) {
            // An @ of the language itself.
            result += '@';
            text.remove_prefix(begin + 1);
        } else {
            result += word->second;
            text.remove_prefix(end + 1);
        }
    }
}

/// Cycles from the first bit of an image on the line to the last bit of its answer, with room.
int64_t image_cycles(const Chip& chip) {
    const int64_t bytes =
        int64_t{chip.pixel_beats()} * chip.pixel_stream_bits / 8 + 4 * (chip.outputs() + 1) + 2;
    int64_t cycles = bytes * 10 * DIVISOR;
    for (const ChipLayer& layer : chip.layers)
        cycles += engine_plan(layer).latency;
    return 2 * cycles;
}

}  // namespace

std::vector<std::string> ice40_targets() {
    std::vector<std::string> names;
    for (const Part& part : parts())
        names.push_back(part.target);
    return names;
}

std::vector<EmittedFile> emit_ice40(const std::string& target, const Chip& chip,
                                    const Configuration& configuration, const EmitVectors& vectors,
                                    bool boots) {
    const Part& part = part_of(target);
    for (size_t l = 0; boots && l < chip.layers.size(); ++l)
        if (chip.layers[l].engine == Engine::spatial)
            throw Error("target " + target,
                        fmt::format("layer {} has engine spatial, whose switch bits stand in "
                                    "registers that no image fills when the power comes on",
                                    l),
                        "emit with `--no-boot`, or compile with engine folded");
    const LoadStream load = expand(chip, configuration);
    const size_t boot_words = boots ? boot_stream(load).size() : 0;

    std::vector<EmittedFile> files;
    std::string sources;
    const auto add_source = [&](const std::string& name, std::string text) {
        files.push_back({"rtl/" + name, std::move(text)});
        sources += (sources.empty() ? "" : " \\\n       ") + files.back().name;
    };
    for (const EmittedFile& cell : rtl_cells())
        add_source(cell.name, cell.text);
    for (const EmittedFile& cell : board_cells())
        add_source(cell.name, cell.text);
    add_source("permloom_top.sv", emit_top(chip, {.stream_words = static_cast<int>(boot_words)}));

    const size_t images = vectors.codes.size();
    // Until the chip is ready: by itself, or when the testbench has sent the load.
    const int64_t boot_cycles = static_cast<int64_t>(boot_words) + 200;
    const int64_t load_cycles =
        boots ? 0 : static_cast<int64_t>(4 * load.words.size() + 5) * 10 * DIVISOR;
    const std::map<std::string, std::string> words = {
        {"NAME", chip.name},
        {"VERSION", std::string(VERSION)},
        {"FINGERPRINT", to_hex(fingerprint(chip), 16)},
        {"TARGET", part.target},
        {"BOARD", part.board},
        {"YOSYS_DEVICE", part.yosys_device},
        {"NEXTPNR_PART", part.nextpnr_part},
        {"CLOCK_MHZ", std::to_string(part.clock_mhz)},
        {"DIVF", std::to_string(part.divf)},
        {"DIVQ", std::to_string(part.divq)},
        {"PLL", part.pll},
        {"PLL_INPUT", part.pll_input},
        {"PLL_OUTPUT", part.pll_output},
        {"DIVISOR", std::to_string(DIVISOR)},
        {"BAUD", std::to_string(part.clock_mhz * 1'000'000 / DIVISOR)},
        {"CONTEXTS", std::to_string(chip.contexts)},
        {"NETWORK", configuration.network},
        {"PIXEL_BITS", std::to_string(chip.pixel_stream_bits)},
        {"PIXEL_MSB", std::to_string(chip.pixel_stream_bits - 1)},
        {"BEATS", std::to_string(chip.pixel_beats())},
        {"BEAT_BYTES", std::to_string(chip.pixel_stream_bits / 8)},
        {"RESULT_WORDS", std::to_string(chip.outputs() + 1)},
        {"STORED", std::to_string(images)},
        {"STORED_BEATS", std::to_string(images * static_cast<size_t>(chip.pixel_beats()))},
        {"STORED_WORDS", std::to_string(images * static_cast<size_t>(chip.outputs() + 1))},
        {"IMAGES", std::to_string(std::min<size_t>(images, 2))},
        {"BOOT_CYCLES", std::to_string(boot_cycles)},
        {"LOAD_WORDS", std::to_string(load.words.size())},
        {"BOOTS", boots ? "1" : "0"},
        {"CYCLE_LIMIT", std::to_string(boot_cycles + load_cycles + 1000 +
                                       static_cast<int64_t>(images) * image_cycles(chip))},
    };
    add_source("ice40_top.sv", filled(embedded("ice40_top.sv"), words));
    std::map<std::string, std::string> makefile_words = words;
    makefile_words["SOURCES"] = sources;
    files.push_back({"Makefile", filled(embedded("Makefile"), makefile_words)});
    files.push_back({"tb/ice40_tb.sv", filled(embedded("ice40_tb.sv"), words)});
    files.push_back({"README.md", filled(embedded("README.md"), words)});
    files.push_back({"host.py", filled(embedded("host.py"), words)});
    files.push_back({"pins.pcf", part.pins});
    for (const EmittedFile& image : emit_device_images(chip))
        files.push_back(image);
    if (boots) {
        for (const EmittedFile& image : boot_images(chip, load))
            files.push_back({"config/" + image.name, image.text});
        for (const EmittedFile& image : blank_images(chip))
            files.push_back({"blank/" + image.name, image.text});
    }
    files.push_back({"load.hex", hex_words(load.words)});
    for (const EmittedFile& file : vector_files(chip, vectors))
        files.push_back(file);
    return files;
}

}  // namespace permloom
