#include "compiler/emit/xilinx.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "compiler/base/digest.h"
#include "compiler/base/version.h"
#include "compiler/emit/generic.h"
#include "compiler/emit/serial_line.h"
#include "compiler/emit/template_text.h"

namespace permloom {

/// The files of compiler/emit/xilinx, embedded by CMakeLists.txt; words between @ are filled in.
const std::vector<EmbeddedFile>& xilinx_files();

namespace {

// The board: its oscillator is the clock, and 2 Mbaud divide it.
constexpr char BOARD[] = "the Arty A7-35T (Artix-7)";
constexpr char PART[] = "xc7a35ticsg324-1L";
constexpr int CLOCK_MHZ = 100, MEGABAUD = 2;

}  // namespace

std::vector<EmittedFile> emit_xilinx(const Chip& chip, const Configuration& configuration,
                                     const EmitVectors& vectors) {
    require_decoders_keep_up(chip, CLOCK_MHZ / MEGABAUD, "xilinx");
    // Chip, images and testbench are those of `generic`.
    std::vector<EmittedFile> files = emit_generic(chip, configuration, vectors);
    std::erase_if(files, [](const EmittedFile& file) {
        return file.name == "Makefile" || file.name == "README.md";
    });
    for (const EmittedFile& cell : board_cells())
        files.push_back({"rtl/" + cell.name, cell.text});
    std::vector<std::string> sources;
    for (const EmittedFile& file : files)
        if (file.name.starts_with("rtl/")) sources.push_back(file.name);
    sources.emplace_back("rtl/xilinx_top.sv");

    std::map<std::string, std::string> words = {
        {"NAME", chip.name},
        {"VERSION", std::string(VERSION)},
        {"FINGERPRINT", to_hex(fingerprint(chip), 16)},
        {"BOARD", BOARD},
        {"PART", PART},
        {"CLOCK_MHZ", std::to_string(CLOCK_MHZ)},
        {"PERIOD_NS", fmt::format("{:.3f}", 1e3 / CLOCK_MHZ)},
        {"DIVISOR", std::to_string(CLOCK_MHZ / MEGABAUD)},
        {"BAUD", std::to_string(MEGABAUD * 1'000'000)},
        {"CONTEXTS", std::to_string(chip.contexts)},
        {"NETWORK", configuration.network},
        {"PIXEL_BITS", std::to_string(chip.pixel_stream_bits)},
        {"PIXEL_MSB", std::to_string(chip.pixel_stream_bits - 1)},
        {"BEATS", std::to_string(chip.pixel_beats())},
        {"STORED", std::to_string(vectors.codes.size())},
    };
    const auto add = [&](const std::string& name, const std::string& text) {
        files.push_back({name, filled(file_named(xilinx_files(), text), words)});
    };
    add("rtl/xilinx_top.sv", "xilinx_top.sv");
    add("board.xdc", "board.xdc");
    add("README.md", "README.md");
    words["SOURCES"] = fmt::format("{}", fmt::join(sources, " \\\n       "));
    add("Makefile", "Makefile");
    words["SOURCES"] = fmt::format("{}", fmt::join(sources, "\n    "));
    add("build.tcl", "build.tcl");
    return files;
}

}  // namespace permloom
