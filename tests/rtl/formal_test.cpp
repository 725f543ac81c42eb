/// Proofs by the SAT solver of Yosys: what holds here holds for every setting and every input, not
/// for those that a test has tried. One bit a line, no registers: every bit of a line goes the same
/// way, and registers only delay (circuits_test.cpp checks by how much).
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "compiler/base/file.h"
#include "compiler/base/process.h"
#include "compiler/perm/circuits.h"
#include "tests/rtl/bench.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;
using test::Row;

namespace {

struct Cell {
    const char *name, *module;
};
constexpr Cell AS_WAKSMAN{"as-waksman", "pl_as_waksman"}, BENES{"benes", "pl_benes"},
    BITONIC{"bitonic", "pl_bitonic"}, CROSSBAR{"crossbar", "pl_crossbar"};

/// Bits of the port `bits`, or of `latched`.
int bits_of(const Cell& cell, int lines) {
    const Topology topology = circuit_named(cell.name).topology(lines);
    if (topology.stages.empty()) return lines * test::index_bits(lines);
    return static_cast<int>(topology.switch_count());
}

/// `module NAME(bits, in_data, out_data)` with the cell in it, one bit a line, not clocked.
/// `parameters` are more of the cell's, ", .NAME(VALUE)".
std::string around(const Cell& cell, int lines, const std::string& name,
                   const std::string& parameters = "") {
    return fmt::format(
        "module {}(input [{}:0] bits, input [{}:0] in_data, output [{}:0] out_data);\n"
        "  {} #(.LINES({}), .WIDTH(1), .REGISTER_EVERY(0){}) i_cell (.clk(1'b0), .en(1'b1),\n"
        "    .bits(bits), .in_data(in_data), .out_data(out_data));\n"
        "endmodule\n",
        name, bits_of(cell, lines) - 1, lines - 1, lines - 1, cell.module, lines, parameters);
}

/// The same module with two multiplexers a switch, straight from the topology. Switches whose bit
/// of `present` is 0 are left out.
std::string flat(const Topology& topology, const SwitchBits& present, const std::string& name) {
    std::string text =
        fmt::format("module {}(input [{}:0] bits, input [{}:0] in_data, output [{}:0] out_data);\n",
                    name, topology.switch_count() - 1, topology.lines - 1, topology.lines - 1);
    std::vector<std::string> line;
    for (int q = 0; q < topology.lines; ++q)
        line.push_back(fmt::format("in_data[{}]", q));
    int bit = 0;
    for (int d = 0; d < topology.stage_count(); ++d) {
        const auto& stage = topology.stages[static_cast<size_t>(d)];
        for (size_t i = 0; i < stage.size(); ++i, ++bit) {
            if (!present.at(d, static_cast<int>(i))) continue;
            std::string& low = line[static_cast<size_t>(stage[i].low)];
            std::string& high = line[static_cast<size_t>(stage[i].high)];
            text += fmt::format("  wire low_{0} = bits[{0}] ? {2} : {1};\n", bit, low, high);
            text += fmt::format("  wire high_{0} = bits[{0}] ? {1} : {2};\n", bit, low, high);
            low = fmt::format("low_{}", bit);
            high = fmt::format("high_{}", bit);
        }
    }
    for (int q = 0; q < topology.lines; ++q)
        text += fmt::format("  assign out_data[{}] = {};\n", q, line[static_cast<size_t>(q)]);
    return text + "endmodule\n";
}

/// How many of the bits 0, stride, 2*stride, ... of `vector` are 1, as an expression.
std::string popcount(const std::string& vector, int lines, int stride = 1) {
    std::string sum = "5'd0";
    for (int i = 0; i < lines; ++i)
        sum += fmt::format(" + {}[{}]", vector, i * stride);
    return sum;
}

/// `module holds(bits, in_data, ok)`: as many ones come out of `module cell` as go in.
std::string holds_count(const Cell& cell, int lines) {
    return fmt::format(
        "module holds(input [{0}:0] bits, input [{1}:0] in_data, output ok);\n"
        "  wire [{1}:0] out_data;\n"
        "  cell_1 i_cell(.bits(bits), .in_data(in_data), .out_data(out_data));\n"
        "  assign ok = ({2}) == ({3});\n"
        "endmodule\n",
        bits_of(cell, lines) - 1, lines - 1, popcount("out_data", lines),
        popcount("in_data", lines));
}

/// `module holds(ports, in_data, ok)`: cell_1 and cell_2 put out the same. `ports` are the inputs
/// of both beside in_data, of `in_bits` bits.
std::string holds_equality(const std::string& ports, const std::string& connections, int in_bits) {
    return fmt::format(
        "module holds({0}input [{1}:0] in_data, output ok);\n"
        "  wire [{1}:0] out_1, out_2;\n"
        "  cell_1 i_first({2}.in_data(in_data), .out_data(out_1));\n"
        "  cell_2 i_second({2}.in_data(in_data), .out_data(out_2));\n"
        "  assign ok = out_1 == out_2;\n"
        "endmodule\n",
        ports, in_bits - 1, connections);
}

/// `module holds(set_up, in_data, ok)` around a bitonic network whose lines are as wide as a key:
/// `claim` is about set_up, in_data, out_data and latched.
std::string around_bitonic(int lines, const std::string& claim) {
    const int width = test::index_bits(lines);
    return fmt::format(
        "module holds(input clk, input set_up, input [{0}:0] in_data, output ok);\n"
        "  wire [{0}:0] out_data;\n"
        "  wire [{1}:0] latched;\n"
        "  pl_bitonic #(.LINES({2}), .WIDTH({3}), .REGISTER_EVERY(0)) i_cell (.clk(clk),\n"
        "    .en(1'b1), .set_up(set_up), .in_data(in_data), .out_data(out_data),\n"
        "    .latched(latched));\n"
        "{4}"
        "endmodule\n",
        lines * width - 1, bits_of(BITONIC, lines) - 1, lines, width, claim);
}

/// Bit 0 of every line of `vector`, as an expression.
std::string lowest_bits(const std::string& vector, int lines, int width) {
    std::string joined;
    for (int q = lines - 1; q >= 0; --q)
        joined += fmt::format("{}[{}]{}", vector, q * width, q > 0 ? ", " : "");
    return "{" + joined + "}";
}

enum class Verdict { proven, refuted, neither };

/// Yosys on the cells (with `replace` in their text replaced) and `text`, then `commands`, which
/// end in a `sat -verify -prove`.
Verdict prove(const std::string& text, const std::string& commands,
              const std::pair<std::string, std::string>& replace = {}) {
    const testing::TemporaryDirectory directory;
    std::string script = "read_verilog -sv";
    for (const std::string& path : test::cell_paths()) {
        std::string cell = read_text(path);
        if (!replace.first.empty())
            if (const size_t at = cell.find(replace.first); at != std::string::npos)
                cell.replace(at, replace.first.size(), replace.second);
        const std::string name = std::filesystem::path(path).filename().string();
        // Only what the circuits consist of.
        for (const char* used : {"pl_geometry", "pl_exchange_network", "pl_as_waksman", "pl_benes",
                                 "pl_bitonic", "pl_line_select", "pl_crossbar"})
            if (name == fmt::format("{}.sv", used)) {
                write_file(directory / name, cell);
                script += " " + name;
            }
    }
    write_file(directory / "text.v", text);
    const ProcessResult run =
        run_process({"yosys", "-p", script + " text.v; " + commands}, directory.path());
    const bool said_proven =
        run.output.find("SAT proof finished - no model found: SUCCESS!") != std::string::npos;
    const bool said_refuted =
        run.output.find("ERROR: Called with -verify and proof did fail!") != std::string::npos;
    if (run.status == 0 && said_proven && !said_refuted) return Verdict::proven;
    if (run.status != 0 && said_refuted && !said_proven) return Verdict::refuted;
    UNSCOPED_INFO(run.output);
    return Verdict::neither;
}

const char* const ANY_INPUT = "prep -flatten -top holds; sat -verify -prove ok 1";

/// The registers become inputs: whatever they hold.
const char* const ANY_STATE =
    "prep -flatten -top holds; dffunmap; opt_clean; expose -evert-dff; opt_clean; "
    "sat -verify -prove ok 1";

SwitchBits random_bits(const Topology& topology, Rng& rng, double ones) {
    SwitchBits bits(topology.row_widths());
    for (int d = 0; d < bits.row_count(); ++d)
        for (int i = 0; i < bits.width(d); ++i)
            bits.set(d, i, rng.chance(ones));
    return bits;
}

std::string literal(const SwitchBits& bits) {
    Row row;
    row.put(bits);
    return fmt::format("{}'h{}", row.bit_count(), row.hex());
}

/// `module NAME(in_data, out_data)`: lines of eight bits wired as `source` says.
std::string wires(const Permutation& source, const std::string& name) {
    std::string text = fmt::format("module {0}(input [{1}:0] in_data, output [{1}:0] out_data);\n",
                                   name, 8 * source.size() - 1);
    for (int r = 0; r < source.size(); ++r)
        text += fmt::format("  assign out_data[{}+:8] = in_data[{}+:8];\n", 8 * r, 8 * source[r]);
    return text + "endmodule\n";
}

/// The same interface around the cell with constant bits.
std::string routed(const Cell& cell, int lines, const SwitchBits& bits, const std::string& name) {
    return fmt::format(
        "module {0}(input [{1}:0] in_data, output [{1}:0] out_data);\n"
        "  {2} #(.LINES({3}), .WIDTH(8), .REGISTER_EVERY(0)) i_cell (.clk(1'b0), .en(1'b1),\n"
        "    .bits({4}), .in_data(in_data), .out_data(out_data));\n"
        "endmodule\n",
        name, 8 * lines - 1, cell.module, lines, literal(bits));
}

const std::pair<std::string, std::string> BROKEN_SWITCH = {
    "(straight & ~select) | (crossed & select)", "(straight & ~select) | crossed"};

}  // namespace

TEST_CASE("switch networks -- every setting only moves lines: ones stay as many") {
    const auto cell = GENERATE(values<Cell>({AS_WAKSMAN, BENES}));
    for (const int lines : {4, 8}) {
        INFO(cell.name << " of " << lines << " lines");
        const std::string text = around(cell, lines, "cell_1") + holds_count(cell, lines);
        CHECK(prove(text, ANY_INPUT) == Verdict::proven);
        CHECK(prove(text, ANY_INPUT, BROKEN_SWITCH) == Verdict::refuted);
    }
}

TEST_CASE("pl_bitonic -- whatever is latched and whether keys or data pass, lines only move") {
    for (const int lines : {4, 8}) {
        const int width = test::index_bits(lines);
        const std::string text = around_bitonic(
            lines, fmt::format("  assign ok = ({}) == ({});\n", popcount("out_data", lines, width),
                               popcount("in_data", lines, width)));
        INFO(lines << " lines");
        CHECK(prove(text, ANY_STATE) == Verdict::proven);
        CHECK(prove(text, ANY_STATE, BROKEN_SWITCH) == Verdict::refuted);
    }
}

TEST_CASE("pl_bitonic -- sorts all keys, equal ones too") {
    for (const int lines : {3, 4, 5}) {
        const int width = test::index_bits(lines);
        std::string sorted = "1'b1";
        for (int q = 1; q < lines; ++q)
            sorted += fmt::format(" && out_data[{}+:{}] <= out_data[{}+:{}]", width * (q - 1),
                                  width, width * q, width);
        const std::string text =
            around_bitonic(lines, "  assign ok = !set_up || (" + sorted + ");\n");
        INFO(lines << " lines");
        CHECK(prove(text, ANY_STATE) == Verdict::proven);
        CHECK(prove(text, ANY_STATE, {"low > high", "low < high"}) == Verdict::refuted);
    }
}

TEST_CASE("pl_crossbar -- selectors that repeat a line are no permutation") {
    for (const int lines : {4, 8}) {
        INFO(lines << " lines");
        const auto with_selectors = [&](const SwitchBits& bits) {
            return fmt::format(
                "module cell_1(input [{0}:0] bits, input [{1}:0] in_data,\n"
                "    output [{1}:0] out_data);\n"
                "  pl_crossbar #(.LINES({2}), .WIDTH(1), .REGISTER_EVERY(0)) i_cell (.clk(1'b0),\n"
                "    .en(1'b1), .bits({3}), .in_data(in_data), .out_data(out_data));\n"
                "endmodule\n",
                bits_of(CROSSBAR, lines) - 1, lines - 1, lines, literal(bits));
        };
        const std::string count = holds_count(CROSSBAR, lines);
        Rng rng(12);
        SwitchBits bits = circuit_named("crossbar").route(Permutation::random(lines, rng));
        CHECK(prove(with_selectors(bits) + count, ANY_INPUT) == Verdict::proven);
        bits.words(0)[0] = bits.words(1)[0];
        CHECK(prove(with_selectors(bits) + count, ANY_INPUT) == Verdict::refuted);
        // Among all selectors there are such.
        CHECK(prove(around(CROSSBAR, lines, "cell_1") + count, ANY_INPUT) == Verdict::refuted);
    }
}

TEST_CASE("routed circuits -- equal hard wiring") {
    const auto cell = GENERATE(values<Cell>({AS_WAKSMAN, BENES, CROSSBAR}));
    Rng rng(13);
    for (const int lines : {4, 8}) {
        const Permutation source = Permutation::random(lines, rng);
        SwitchBits bits = circuit_named(cell.name).route(source);
        INFO(cell.name << " of " << lines << " lines");
        const std::string wiring = wires(source, "cell_2") + holds_equality("", "", 8 * lines);
        CHECK(prove(routed(cell, lines, bits, "cell_1") + wiring, ANY_INPUT) == Verdict::proven);
        bits.set(0, 0, !bits.at(0, 0));
        CHECK(prove(routed(cell, lines, bits, "cell_1") + wiring, ANY_INPUT) == Verdict::refuted);
    }
}

TEST_CASE("pl_as_waksman and pl_benes -- equal their topology, with all switches and with some") {
    const auto cell = GENERATE(values<Cell>({AS_WAKSMAN, BENES}));
    Rng rng(14);
    for (int lines = 2; lines <= 9; ++lines) {
        const Topology topology = circuit_named(cell.name).topology(lines);
        INFO(cell.name << " of " << lines << " lines");
        const SwitchBits all = random_bits(topology, rng, 1.0);
        const std::string equal =
            holds_equality(fmt::format("input [{}:0] bits, ", topology.switch_count() - 1),
                           ".bits(bits), ", lines);
        CHECK(prove(equal + around(cell, lines, "cell_1") + flat(topology, all, "cell_2"),
                    ANY_INPUT) == Verdict::proven);
        if (lines % 3 != 0) continue;
        SwitchBits some = random_bits(topology, rng, 0.6);
        const std::string pruned =
            equal + around(cell, lines, "cell_1", ", .PRESENT(" + literal(some) + ")");
        CHECK(prove(pruned + flat(topology, some, "cell_2"), ANY_INPUT) == Verdict::proven);
        some.set(0, 0, !some.at(0, 0));
        CHECK(prove(pruned + flat(topology, some, "cell_2"), ANY_INPUT) == Verdict::refuted);
    }
}

TEST_CASE("pl_bitonic -- moves data as its topology with the latched bits") {
    for (int lines = 2; lines <= 9; ++lines) {
        Topology topology = circuit_named("bitonic").topology(lines);
        const int width = test::index_bits(lines);
        const std::string claim = fmt::format(
            "  wire [{}:0] expected;\n"
            "  cell_2 i_flat(.bits(latched), .in_data({}), .out_data(expected));\n"
            "  assign ok = set_up || expected == {};\n",
            lines - 1, lowest_bits("in_data", lines, width), lowest_bits("out_data", lines, width));
        Rng rng(15);
        const SwitchBits all = random_bits(topology, rng, 1.0);
        INFO(lines << " lines");
        const std::string around = around_bitonic(lines, claim);
        CHECK(prove(around + flat(topology, all, "cell_2"), ANY_STATE) == Verdict::proven);
        if (lines > 4) continue;
        SwitchBits missing = all;
        missing.set(topology.stage_count() - 1, 0, false);
        CHECK(prove(around + flat(topology, missing, "cell_2"), ANY_STATE) == Verdict::refuted);
    }
}
