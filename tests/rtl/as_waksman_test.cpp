/// The network cell against `evaluate`, which knows the topology and nothing of Verilog.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/base/file.h"
#include "compiler/base/process.h"
#include "compiler/emit/rtl_design.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/evaluate.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;

namespace {

/// Appends fields, the first lowest, and prints them as one hexadecimal number.
class Row {
  public:
    void put(uint64_t value, int bits) {
        for (int i = 0; i < bits; ++i)
            bits_.push_back(value >> i & 1);
    }
    std::string hex() const {
        std::string digits;
        for (size_t at = 0; at < bits_.size(); at += 4) {
            unsigned digit = 0;
            for (size_t i = at; i < std::min(at + 4, bits_.size()); ++i)
                digit |= bits_[i] << (i - at);
            digits.insert(digits.begin(), "0123456789abcdef"[digit]);
        }
        return digits;
    }

  private:
    std::vector<unsigned> bits_;
};

std::string row_of(const Topology& topology, const SwitchBits& bits, int width) {
    Row row;
    for (int d = 0; d < bits.row_count(); ++d)
        for (int i = 0; i < bits.width(d); ++i)
            row.put(bits.at(d, i) ? 1 : 0, 1);
    if (topology.switch_count() == 0) row.put(0, 1);
    const Permutation source = evaluate(topology, bits);
    for (int slot = 0; slot < topology.lines; ++slot)
        row.put(static_cast<uint64_t>(source[slot]), width);
    return row.hex() + "\n";
}

/// Settings of the switches, bit i of `setting` for switch i counted over all stages.
SwitchBits setting_of(const Topology& topology, uint64_t setting) {
    SwitchBits bits(topology.row_widths());
    for (int d = 0; d < bits.row_count(); ++d)
        for (int i = 0; i < bits.width(d); ++i, setting >>= 1)
            bits.set(d, i, (setting & 1) != 0);
    return bits;
}

SwitchBits random_setting(const Topology& topology, Rng& rng) {
    SwitchBits bits(topology.row_widths());
    for (int d = 0; d < bits.row_count(); ++d)
        for (int i = 0; i < bits.width(d); ++i)
            bits.set(d, i, rng.chance(0.5));
    return bits;
}

std::string simulate(int lines, int width, const std::string& vectors, int items) {
    const testing::TemporaryDirectory directory;
    std::vector<std::string> compile = {"iverilog",      "-g2012", "-s",
                                        "as_waksman_tb", "-o",     "tb.vvp"};
    for (const auto& [name, value] :
         {std::pair{"LINES", lines}, {"WIDTH", width}, {"ITEMS", items}})
        compile.push_back(fmt::format("-Pas_waksman_tb.{}={}", name, value));
    for (const EmittedFile& cell : rtl_cells())
        if (cell.name == "pl_geometry.sv" || cell.name == "pl_as_waksman.sv") {
            write_file(directory / cell.name, cell.text);
            compile.push_back(cell.name);
        }
    compile.push_back(PERMLOOM_RTL_TEST_DIR "/as_waksman_tb.sv");
    write_file(directory / "vectors.hex", vectors);
    const ProcessResult built = run_process(compile, directory.path());
    if (built.status != 0) return built.output;
    return run_process({"vvp", "-n", "tb.vvp"}, directory.path()).output;
}

}  // namespace

TEST_CASE("pl_as_waksman -- every setting of every switch, to six lines") {
    for (int lines = 1; lines <= 6; ++lines) {
        const Topology topology = as_waksman_topology(lines);
        const int items = 1 << topology.switch_count();
        std::string vectors;
        for (int setting = 0; setting < items; ++setting)
            vectors += row_of(topology, setting_of(topology, static_cast<uint64_t>(setting)), 4);
        INFO(lines << " lines");
        CHECK(simulate(lines, 4, vectors, items) == fmt::format("PASS {}\n", items));
    }
}

TEST_CASE("pl_as_waksman -- random settings where the lines fill several simulation words") {
    Rng rng(7);
    // Lines, bits of a line: full and partial last words, one line a word, spans within and across.
    for (const auto& [lines, width] : {std::pair{7, 3},
                                       {8, 8},
                                       {9, 33},
                                       {17, 8},
                                       {24, 8},
                                       {31, 5},
                                       {33, 16},
                                       {64, 8},
                                       {70, 8},
                                       {100, 7}}) {
        const Topology topology = as_waksman_topology(lines);
        const int items = 64;
        std::string vectors;
        for (int item = 0; item < items; ++item)
            vectors += row_of(topology, random_setting(topology, rng), width);
        INFO(lines << " lines of " << width << " bits");
        CHECK(simulate(lines, width, vectors, items) == fmt::format("PASS {}\n", items));
    }
}
