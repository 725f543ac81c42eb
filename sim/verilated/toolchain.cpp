#include "sim/verilated/toolchain.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "compiler/base/error.h"
#include "compiler/base/file.h"

namespace permloom {
namespace {

namespace fs = std::filesystem;

constexpr char VERILATOR_PACKAGE[] = "verilator", COMPILER_PACKAGE[] = "g++";
constexpr char FAST[] = "-O2", SLOW[] = "-O0", RUNTIME[] = "-O1";

Arguments operator+(Arguments left, const Arguments& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

/// Warnings end the build, as Verilator has it: the cells are lint-clean. State that the design
/// leaves undefined is drawn from a fixed seed (`unique`, and randReset in plugin.cpp).
Arguments verilator_arguments(TraceFormat trace, bool coverage) {
    Arguments arguments = {"verilator",   "--cc",   "-O3",          "--x-assign",   "unique",
                           "--x-initial", "unique", "--top-module", "permloom_top", "--prefix",
                           TOP_CLASS,     "--Mdir", "../obj"};
    if (trace == TraceFormat::vcd) arguments.push_back("--trace");
    if (trace == TraceFormat::fst) arguments.push_back("--trace-fst");
    // Counters of wide buses and of inlined copies of a cell would be most of the model.
    if (coverage)
        arguments = arguments + Arguments{"--coverage-line", "--coverage-toggle",
                                          "--coverage-max-width", "64", "-fno-inline"};
    return arguments;
}

Arguments link_arguments(TraceFormat trace) {
    Arguments arguments = {"-pthread", "-Wl,-z,defs"};
    if (trace == TraceFormat::fst) arguments.push_back("-lz");
    return arguments;
}

/// What a tool prints, without the last line end.
std::string output_of(const Arguments& arguments, const char* package,
                      const fs::path& directory) try {
    const ToolCall call{arguments, package, directory / "output.log"};
    run_tools({&call, 1}, directory);
    std::string text = read_text(call.log);
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
} catch (const ToolFailure& failure) {
    throw Error(failure.program, "does not run:" + summary_of(failure.output));
}

}  // namespace

Toolchain::Toolchain(TraceFormat trace, bool coverage, const fs::path& directory)
    : trace_(trace),
      coverage_(coverage),
      verilator_(output_of({"verilator", "--version"}, VERILATOR_PACKAGE, directory)),
      compiler_(output_of({"g++", "--version"}, COMPILER_PACKAGE, directory)),
      include_(
          output_of({"verilator", "--getenv", "VERILATOR_ROOT"}, VERILATOR_PACKAGE, directory) +
          "/include") {}

/// For generated code and Verilator's run time alike. Nothing is exported but the factory, so that
/// models of different designs live in one process.
Arguments Toolchain::compiler(const char* optimisation) const {
    const auto flag = [](const char* name, bool on) { return fmt::format("-D{}={:d}", name, on); };
    return {"g++",
            "-std=gnu++17",
            optimisation,
            "-fPIC",
            "-fvisibility=hidden",
            "-fvisibility-inlines-hidden",
            "-fno-gnu-unique",
            "-faligned-new",
            "-pthread",
            "-w",
            "-DVERILATOR=1",
            "-DVM_SC=0",
            "-DVL_USER_FINISH",
            "-DVL_USER_STOP",
            "-DVL_USER_FATAL",
            "-DVL_USER_WARN",
            flag("VM_COVERAGE", coverage_),
            flag("VM_TRACE", trace_ != TraceFormat::none),
            flag("VM_TRACE_VCD", trace_ == TraceFormat::vcd),
            flag("VM_TRACE_FST", trace_ == TraceFormat::fst),
            "-isystem",
            include_,
            "-isystem",
            include_ + "/vltstd"};
}

ToolCall Toolchain::verilate(const Arguments& sources, const fs::path& log) const {
    return {verilator_arguments(trace_, coverage_) + sources, VERILATOR_PACKAGE, log};
}

ToolCall Toolchain::compile(const fs::path& source, const fs::path& object, bool optimise,
                            const fs::path& headers, int probes) const {
    // Counters by the thousand take long to optimise, and runs for coverage are short.
    if (coverage_) optimise = false;
    Arguments arguments = compiler(optimise ? FAST : SLOW);
    // A precompiled header serves one optimisation level only.
    if (optimise && !headers.empty())
        arguments = arguments + Arguments{"-include", headers.string()};
    return {arguments + Arguments{fmt::format("-DPERMLOOM_PROBES={}", probes), "-I.", "-c",
                                  source.string(), "-o", object.string()},
            COMPILER_PACKAGE, object.string() + ".log"};
}

ToolCall Toolchain::compile_runtime(const std::string& name, const fs::path& object) const {
    const std::string source = include_ + "/" + name + ".cpp";
    return {compiler(RUNTIME) + Arguments{"-c", source, "-o", object.string()}, COMPILER_PACKAGE,
            object.string() + ".log"};
}

ToolCall Toolchain::precompile(const fs::path& header) const {
    return {compiler(FAST) +
                Arguments{"-x", "c++-header", header.string(), "-o", header.string() + ".gch"},
            COMPILER_PACKAGE, header.string() + ".log"};
}

ToolCall Toolchain::link(const std::vector<fs::path>& objects, const fs::path& library,
                         const fs::path& log) const {
    Arguments arguments = {"g++", "-shared", "-o", library.string()};
    for (const fs::path& object : objects)
        arguments.push_back(object.string());
    return {arguments + link_arguments(trace_), COMPILER_PACKAGE, log};
}

std::string Toolchain::identity() const {
    std::string text = verilator_ + '\n' + compiler_ + '\n';
    for (const std::string& argument : verilator_arguments(trace_, coverage_) + compiler(FAST) +
                                           Arguments{SLOW, RUNTIME} + link_arguments(trace_))
        text += argument + '\n';
    return text;
}

Arguments make_list(const std::string& text, const std::string& name) {
    std::istringstream stream(text);
    Arguments words;
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with(name + " +=")) {
            inside = true;
            continue;
        }
        if (!inside) continue;
        std::istringstream entry(line);
        std::string word;
        if (!(entry >> word)) break;
        words.push_back(word);
    }
    return words;
}

std::string summary_of(const std::string& log) {
    constexpr size_t LINES = 6;
    std::vector<std::string> lines, errors;
    std::istringstream stream(log);
    for (std::string line; std::getline(stream, line);) {
        if (line.empty()) continue;
        lines.push_back(line);
        if (line.starts_with("%Error") || line.starts_with("%Warning") ||
            line.find("error:") != std::string::npos)
            errors.push_back(line);
    }
    const std::vector<std::string>& shown = errors.empty() ? lines : errors;
    std::string text;
    for (size_t i = 0; i < std::min(LINES, shown.size()); ++i)
        text += "\n    " + shown[i];
    return text;
}

}  // namespace permloom
