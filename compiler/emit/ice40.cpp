#include "compiler/emit/ice40.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/base/digest.h"
#include "compiler/base/embedded_file.h"
#include "compiler/base/error.h"
#include "compiler/base/version.h"
#include "compiler/emit/boot_images.h"
#include "compiler/emit/serial_line.h"
#include "compiler/emit/template_text.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/expand.h"

namespace permloom {

/// The files of compiler/emit/ice40, embedded by CMakeLists.txt; words between @ are filled in.
const std::vector<EmbeddedFile>& ice40_files();

namespace {

/// A part on the board that it is mostly bought on. A hidden layer brings the multiplier of the
/// post-op, which is slower than all the rest.
struct Part {
    std::string target, board, yosys_device, nextpnr_part;
    int one_layer_mhz = 0, hidden_layer_mhz = 0;
    std::string pll, pll_input, pll_output;
    bool lights_low = false;  ///< a light is lit while its pin is low
    std::string pins;
};

const std::vector<Part>& parts() {
    static const std::vector<Part> all = {
        {"ice40-hx8k", "the iCE40-HX8K breakout board", "hx", "--hx8k --package ct256", 96, 42,
         "SB_PLL40_CORE", "REFERENCECLK", "PLLOUTGLOBAL", false,
         "set_io clock_12mhz J3\nset_io uart_rx B10\nset_io uart_tx B12\n"
         "set_io led_ready B5\nset_io led_error B4\n"},
        {"ice40-up5k", "the iCEBreaker (iCE40UP5K)", "u", "--up5k --package sg48", 33, 18,
         "SB_PLL40_PAD", "PACKAGEPIN", "PLLOUTGLOBAL", true,
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

/// The clock, 12 MHz * (divf + 1) / 2^divq, and the serial line: a rate that divides it and that
/// USB adapters and Linux know.
struct Clock {
    int mhz = 0, divf = 0, divq = 0, megabaud = 0;
    int divisor() const { return mhz / megabaud; }
};

Clock clock_of(int mhz) {
    if (mhz % 3 != 0 || mhz < ICE40_CLOCK_MIN || mhz > ICE40_CLOCK_MAX)
        throw Error("clock", fmt::format("{} MHz is none that the PLL makes of 12", mhz),
                    fmt::format("a multiple of 3, {} to {}", ICE40_CLOCK_MIN, ICE40_CLOCK_MAX));
    // The oscillator of the PLL runs at 533 to 1066 MHz.
    constexpr int SLOWEST_VCO = 533, REFERENCE = 12, FAST_LINE = 48;
    int divq = 1;
    while ((mhz << divq) < SLOWEST_VCO)
        ++divq;
    return {mhz, (mhz << divq) / REFERENCE - 1, divq, mhz < FAST_LINE ? 1 : 3};
}

/// Cycles from the first bit of an image on the line to the last bit of its answer, with room.
int64_t image_cycles(const Chip& chip, int divisor) {
    const int64_t bytes =
        int64_t{chip.pixel_beats()} * chip.pixel_stream_bits / 8 + 4 * (chip.outputs() + 1) + 2;
    int64_t cycles = bytes * 10 * divisor;
    return 2 * (cycles + chip_latency(chip));
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
                                    const Ice40Options& options) {
    const Part& part = part_of(target);
    const bool boots = options.boots;
    for (size_t l = 0; boots && l < chip.layers.size(); ++l)
        if (chip.layers[l].engine == Engine::spatial)
            throw Error("target " + target,
                        fmt::format("layer {} has engine spatial, whose switch bits stand in "
                                    "registers that no image fills when the power comes on",
                                    l),
                        "emit with `--no-boot`, or compile with engine folded");
    const Clock clock = clock_of(options.clock_mhz > 0     ? options.clock_mhz
                                 : chip.layers.size() == 1 ? part.one_layer_mhz
                                                           : part.hidden_layer_mhz);
    require_decoders_keep_up(chip, clock.divisor(), target);
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
        boots ? 0 : static_cast<int64_t>(4 * load.words.size() + 5) * 10 * clock.divisor();
    const std::map<std::string, std::string> words = {
        {"NAME", chip.name},
        {"VERSION", std::string(VERSION)},
        {"FINGERPRINT", to_hex(fingerprint(chip), 16)},
        {"TARGET", part.target},
        {"BOARD", part.board},
        {"YOSYS_DEVICE", part.yosys_device},
        {"NEXTPNR_PART", part.nextpnr_part},
        {"CLOCK_MHZ", std::to_string(clock.mhz)},
        {"DIVF", std::to_string(clock.divf)},
        {"DIVQ", std::to_string(clock.divq)},
        {"PLL", part.pll},
        {"PLL_INPUT", part.pll_input},
        {"PLL_OUTPUT", part.pll_output},
        {"LIT", part.lights_low ? "0" : "1"},
        {"DIVISOR", std::to_string(clock.divisor())},
        {"BAUD", std::to_string(clock.megabaud * 1'000'000)},
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
        {"CYCLE_LIMIT",
         std::to_string(boot_cycles + load_cycles + 1000 +
                        static_cast<int64_t>(images + 2) * image_cycles(chip, clock.divisor()))},
    };
    add_source("ice40_top.sv", filled(file_named(ice40_files(), "ice40_top.sv"), words));
    std::map<std::string, std::string> makefile_words = words;
    makefile_words["SOURCES"] = sources;
    files.push_back({"Makefile", filled(file_named(ice40_files(), "Makefile"), makefile_words)});
    files.push_back({"tb/ice40_tb.sv", filled(file_named(ice40_files(), "ice40_tb.sv"), words)});
    files.push_back({"README.md", filled(file_named(ice40_files(), "README.md"), words)});
    files.push_back({"host.py", filled(file_named(ice40_files(), "host.py"), words)});
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
