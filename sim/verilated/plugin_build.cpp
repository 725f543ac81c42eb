#include "sim/verilated/plugin_build.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "compiler/base/embedded_file.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "sim/verilated/cache.h"
#include "sim/verilated/tool.h"

namespace permloom {

/// plugin.cpp and plugin_abi.h: an installed program needs no source tree.
const std::vector<EmbeddedFile>& plugin_files();

namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

constexpr char MODEL[] = "model.so";
constexpr char PREFIX[] = "Vpermloom_top";
constexpr char VERILATOR_PACKAGE[] = "verilator", COMPILER_PACKAGE[] = "g++";
/// Generated C++ is compiled in units of about this size: each unit pays a second for Verilator's
/// headers, and units are compiled side by side.
constexpr uintmax_t UNIT_BYTES = 200'000;

/// The tools as they are installed here.
struct Tools {
    std::string verilator, compiler;  ///< what they say to --version
};

Arguments operator+(Arguments left, const Arguments& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

std::string joined(const Arguments& arguments) {
    std::string text;
    for (const std::string& argument : arguments)
        text += argument + '\n';
    return text;
}

/// Warnings end the build, as Verilator has it: the cells are lint-clean. State that the design
/// leaves undefined is drawn from a fixed seed (`unique` with PermloomModel's randReset).
Arguments verilator_arguments(TraceFormat trace) {
    Arguments arguments = {"verilator",   "--cc",   "-O3",          "--x-assign",   "unique",
                           "--x-initial", "unique", "--top-module", "permloom_top", "--prefix",
                           PREFIX,        "--Mdir", "../obj"};
    if (trace == TraceFormat::vcd) arguments.push_back("--trace");
    if (trace == TraceFormat::fst) arguments.push_back("--trace-fst");
    return arguments;
}

/// For generated code and Verilator's run time alike. Nothing is exported but the factory, so that
/// models of different designs live in one process.
Arguments compiler_arguments(TraceFormat trace) {
    const auto flag = [](const char* name, bool on) {
        return fmt::format("-D{}={}", name, on ? 1 : 0);
    };
    return {"g++",
            "-std=gnu++17",
            "-fPIC",
            "-fvisibility=hidden",
            "-fvisibility-inlines-hidden",
            "-fno-gnu-unique",
            "-faligned-new",
            "-pthread",
            "-w",
            "-DVERILATOR=1",
            "-DVM_COVERAGE=0",
            "-DVM_SC=0",
            "-DVL_USER_FINISH",
            "-DVL_USER_STOP",
            "-DVL_USER_FATAL",
            "-DVL_USER_WARN",
            flag("VM_TRACE", trace != TraceFormat::none),
            flag("VM_TRACE_VCD", trace == TraceFormat::vcd),
            flag("VM_TRACE_FST", trace == TraceFormat::fst)};
}

Arguments link_arguments(TraceFormat trace) {
    Arguments arguments = {"-Wl,-z,defs"};
    if (trace == TraceFormat::fst) arguments.push_back("-lz");
    return arguments;
}

const Arguments FAST = {"-O2"}, SLOW = {"-O0"}, RUNTIME = {"-O1"};

/// What a tool prints, without the last line end.
std::string output_of(const Arguments& arguments, const std::string& package,
                      const fs::path& directory) {
    const ToolCall call{arguments, package, directory / "output.log"};
    run_tools({&call, 1}, directory);
    std::string text = read_text(call.log);
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

/// The first lines of a failed tool's log, those that say "error" where there are any.
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

/// Words of `NAME += \` lists in the make fragment that Verilator writes for other builds.
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

void check_design(const RtlDesign& design) {
    PERMLOOM_ASSERT(design.layers >= 1);
    for (const auto* files : {&design.sources, &design.images})
        for (const RtlDesign::File& file : *files) {
            const fs::path name = file.name;
            const bool inside = name.is_relative() && !name.empty() &&
                                std::none_of(name.begin(), name.end(),
                                             [](const fs::path& part) { return part == ".."; });
            PERMLOOM_ASSERT(inside);
        }
}

/// `text` with every string literal that is the name of an image replaced by the image's place.
std::string with_image_paths(std::string text, const RtlDesign& design, const fs::path& images) {
    for (const RtlDesign::File& image : design.images) {
        const std::string literal = '"' + fs::path(image.name).filename().string() + '"';
        const std::string path = '"' + (images / image.name).string() + '"';
        for (size_t at = text.find(literal); at != std::string::npos;
             at = text.find(literal, at + path.size()))
            text.replace(at, literal.size(), path);
    }
    return text;
}

void write_files(const std::vector<RtlDesign::File>& files, const fs::path& directory) {
    fs::create_directories(directory);
    for (const RtlDesign::File& file : files) {
        fs::create_directories((directory / file.name).parent_path());
        write_file(directory / file.name, file.text);
    }
}

class Builder {
  public:
    Builder(const RtlDesign& design, const VerilatedOptions& options, fs::path root)
        : design_(design), options_(options), root_(std::move(root)), workspace_(root_) {}

    fs::path build();

  private:
    std::string key() const;
    void build_entry();
    void verilate();
    std::vector<fs::path> generate_units(const Arguments& fast, const Arguments& slow);
    std::vector<fs::path> runtime_objects(const Arguments& names, const std::string& include);
    void compile_and_link();
    ToolCall compile_call(const Arguments& flags, const fs::path& source, const fs::path& object,
                          const std::string& include) const;
    [[noreturn]] void fail(const ToolFailure& failure) const;
    void report(const std::string& line) const {
        if (options_.report) options_.report(line);
    }

    const RtlDesign& design_;
    const VerilatedOptions& options_;
    fs::path root_;
    Workspace workspace_;
    Tools tools_;
    fs::path entry_;
};

fs::path Builder::build() try {
    check_design(design_);
    tools_.verilator = output_of({"verilator", "--version"}, VERILATOR_PACKAGE, workspace_.path());
    tools_.compiler = output_of({"g++", "--version"}, COMPILER_PACKAGE, workspace_.path());
    entry_ = root_ / key();

    std::vector<fs::path> files = {MODEL};
    for (const RtlDesign::File& image : design_.images)
        files.push_back(fs::path("images") / image.name);
    if (entry_is_whole(entry_, files))
        report("RTL model: taken from the cache");
    else
        build_entry();
    return entry_ / MODEL;
} catch (const ToolFailure& failure) {
    fail(failure);
}

std::string Builder::key() const {
    CacheKey key;
    key.add(root_.string());  // the images' places are compiled in
    key.add(tools_.verilator);
    key.add(tools_.compiler);
    key.add(joined(verilator_arguments(options_.trace)));
    key.add(joined(compiler_arguments(options_.trace) + FAST + SLOW + RUNTIME));
    key.add(joined(link_arguments(options_.trace)));
    for (const EmbeddedFile& file : plugin_files())
        key.add(file.text);
    key.add(std::to_string(design_.layers));
    for (const auto* files : {&design_.sources, &design_.images}) {
        key.add(std::to_string(files->size()));
        for (const RtlDesign::File& file : *files) {
            key.add(file.name);
            key.add(file.text);
        }
    }
    return key.hex();
}

void Builder::build_entry() {
    remove_stale_workspaces(root_);
    const auto start = std::chrono::steady_clock::now();
    report(fmt::format("RTL model: building {} files with Verilator and g++, kept for later runs",
                       design_.sources.size()));
    verilate();
    compile_and_link();
    for (const char* scratch : {"obj", "output.log"})
        fs::remove_all(workspace_.path() / scratch);
    workspace_.rename_to(entry_);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    report(fmt::format("RTL model: built in {:.1f} s", seconds.count()));
}

void Builder::verilate() {
    const fs::path sources = workspace_.path() / "design";
    write_files(design_.images, workspace_.path() / "images");
    std::vector<RtlDesign::File> files = design_.sources;
    ToolCall call{verilator_arguments(options_.trace), VERILATOR_PACKAGE,
                  workspace_.path() / "verilator.log"};
    for (RtlDesign::File& file : files) {
        file.text = with_image_paths(std::move(file.text), design_, entry_ / "images");
        call.arguments.push_back(file.name);
    }
    write_files(files, sources);
    run_tools({&call, 1}, sources);
}

ToolCall Builder::compile_call(const Arguments& flags, const fs::path& source,
                               const fs::path& object, const std::string& include) const {
    Arguments arguments = compiler_arguments(options_.trace) + flags;
    arguments = arguments + Arguments{"-DPERMLOOM_LAYERS=" + std::to_string(design_.layers),
                                      "-I.",
                                      "-isystem",
                                      include,
                                      "-isystem",
                                      include + "/vltstd",
                                      "-c",
                                      source.string(),
                                      "-o",
                                      object.string()};
    return {arguments, COMPILER_PACKAGE, object.string() + ".log"};
}

/// Source files that include the generated ones: few enough to read the headers seldom, small
/// enough to share the work. Fast code is what runs in every cycle.
std::vector<fs::path> Builder::generate_units(const Arguments& fast, const Arguments& slow) {
    const fs::path directory = workspace_.path() / "obj";
    std::vector<fs::path> units;
    const auto write_units = [&](const std::string& kind, const Arguments& names,
                                 std::string text) {
        uintmax_t bytes = 0;
        const auto close = [&] {
            if (text.empty()) return;
            units.push_back(directory / fmt::format("unit_{}_{}.cpp", kind, units.size()));
            write_file(units.back(), text);
            text.clear();
            bytes = 0;
        };
        for (const std::string& name : names) {
            const std::string file = name + ".cpp";
            const uintmax_t size = fs::file_size(directory / file);
            if (bytes > 0 && bytes + size > UNIT_BYTES) close();
            text += "#include \"" + file + "\"\n";
            bytes += size;
        }
        close();
    };
    for (const EmbeddedFile& file : plugin_files())
        write_file(directory / fs::path(file.path).filename(), file.text);
    write_units("fast", fast, "#include \"plugin.cpp\"\n");
    write_units("slow", slow, "");
    return units;
}

/// Verilator's run time, compiled once for all designs: it takes longer than a small design.
std::vector<fs::path> Builder::runtime_objects(const Arguments& names, const std::string& include) {
    CacheKey key;
    key.add(tools_.verilator);
    key.add(tools_.compiler);
    key.add(joined(compiler_arguments(options_.trace) + RUNTIME));
    key.add(joined(names));
    const fs::path entry = root_ / ("runtime-" + key.hex());
    std::vector<fs::path> files, objects;
    for (const std::string& name : names) {
        files.push_back(name + ".o");
        objects.push_back(entry / files.back());
    }
    if (entry_is_whole(entry, files)) return objects;

    report("RTL model: compiling Verilator's run time, once for all models");
    Workspace workspace(root_);
    std::vector<ToolCall> calls;
    for (const std::string& name : names)
        calls.push_back(compile_call(RUNTIME, fs::path(include) / (name + ".cpp"),
                                     workspace.path() / (name + ".o"), include));
    run_tools(calls, workspace.path(), std::thread::hardware_concurrency());
    workspace.rename_to(entry);
    return objects;
}

void Builder::compile_and_link() {
    const fs::path directory = workspace_.path() / "obj";
    const std::string include = output_of({"verilator", "--getenv", "VERILATOR_ROOT"},
                                          VERILATOR_PACKAGE, workspace_.path()) +
                                "/include";
    const std::string lists = read_text(directory / (std::string(PREFIX) + "_classes.mk"));
    const auto list = [&](const char* first, const char* second) {
        return make_list(lists, first) + make_list(lists, second);
    };
    const std::vector<fs::path> runtime =
        runtime_objects(list("VM_GLOBAL_FAST", "VM_GLOBAL_SLOW"), include);

    std::vector<ToolCall> calls;
    Arguments link = {"g++", "-shared", "-o", (workspace_.path() / MODEL).string()};
    for (const fs::path& unit : generate_units(list("VM_CLASSES_FAST", "VM_SUPPORT_FAST"),
                                               list("VM_CLASSES_SLOW", "VM_SUPPORT_SLOW"))) {
        const bool slow = unit.filename().string().starts_with("unit_slow");
        const fs::path object = fs::path(unit).replace_extension(".o");
        calls.push_back(compile_call(slow ? SLOW : FAST, unit, object, include));
        link.push_back(object.string());
    }
    run_tools(calls, directory, std::thread::hardware_concurrency());
    for (const fs::path& object : runtime)
        link.push_back(object.string());
    const ToolCall call{link + Arguments{"-pthread"} + link_arguments(options_.trace),
                        COMPILER_PACKAGE, workspace_.path() / "link.log"};
    run_tools({&call, 1}, directory);
}

void Builder::fail(const ToolFailure& failure) const {
    const std::string log = read_text(failure.log);
    const fs::path kept = root_ / ("failed-" + entry_.filename().string() + ".log");
    write_file(kept, log);
    throw Error(
        failure.program,
        fmt::format("refused the design (exit status {}):{}", failure.status, summary_of(log)),
        "the whole log is " + kept.string());
}

}  // namespace

fs::path build_plugin(const RtlDesign& design, const VerilatedOptions& options) {
    const fs::path root = options.cache_directory.empty() ? user_cache_directory() / "verilated"
                                                          : options.cache_directory;
    return Builder(design, options, fs::absolute(root)).build();
}

}  // namespace permloom
