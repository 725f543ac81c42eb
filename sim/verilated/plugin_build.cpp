#include "sim/verilated/plugin_build.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "compiler/base/embedded_file.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "sim/verilated/cache.h"
#include "sim/verilated/tool.h"
#include "sim/verilated/toolchain.h"

namespace permloom {

/// plugin.cpp and plugin_abi.h: an installed program needs no source tree.
const std::vector<EmbeddedFile>& plugin_files();

namespace {

namespace fs = std::filesystem;

constexpr char MODEL[] = "model.so";
/// Generated C++ is compiled in units of about this size: each unit pays for Verilator's headers,
/// and units are compiled side by side.
constexpr uintmax_t UNIT_BYTES = 200'000;

void check_design(const RtlDesign& design) {
    PERMLOOM_ASSERT(design.probes >= 1);
    for (const auto* files : {&design.sources, &design.images})
        for (const RtlDesign::File& file : *files) {
            const fs::path name = file.name;
            const bool inside = name.is_relative() && !name.empty() &&
                                std::none_of(name.begin(), name.end(),
                                             [](const fs::path& part) { return part == ".."; });
            PERMLOOM_ASSERT(inside);
        }
}

/// Replaces every string literal that is the name of an image by the image's place.
void resolve_images(std::vector<RtlDesign::File>& sources, const RtlDesign& design,
                    const fs::path& images) {
    for (const RtlDesign::File& image : design.images) {
        const std::string literal = '"' + fs::path(image.name).filename().string() + '"';
        const std::string path = '"' + (images / image.name).string() + '"';
        bool named = false;
        for (RtlDesign::File& source : sources)
            for (size_t at = source.text.find(literal); at != std::string::npos;
                 at = source.text.find(literal, at + path.size())) {
                source.text.replace(at, literal.size(), path);
                named = true;
            }
        PERMLOOM_ASSERT(named);
    }
}

void write_files(const std::vector<RtlDesign::File>& files, const fs::path& directory) {
    fs::create_directories(directory);
    for (const RtlDesign::File& file : files) {
        fs::create_directories((directory / file.name).parent_path());
        write_file(directory / file.name, file.text);
    }
}

/// Verilator's run time and its headers precompiled: the same for all designs.
struct Runtime {
    std::vector<fs::path> objects;
    fs::path headers;
};

class Builder {
  public:
    Builder(const RtlDesign& design, const VerilatedOptions& options, fs::path root)
        : design_(design),
          options_(options),
          root_(std::move(root)),
          workspace_(root_),
          tools_(options.trace, !options.coverage.empty(), workspace_.path()) {}

    fs::path build();

  private:
    struct Unit {
        fs::path source;
        std::string text;
        uintmax_t bytes = 0;  ///< of the files that it includes
        bool fast = false;
    };

    std::string key() const;
    void build_entry();
    void verilate();
    void compile_and_link();
    Runtime runtime(const Arguments& names);
    std::vector<Unit> write_units(const Arguments& fast, const Arguments& slow) const;
    [[noreturn]] void fail(const ToolFailure& failure) const;
    void report(const std::string& line) const {
        if (options_.report) options_.report(line);
    }

    const RtlDesign& design_;
    const VerilatedOptions& options_;
    fs::path root_;
    Workspace workspace_;
    Toolchain tools_;
    fs::path entry_;
};

fs::path Builder::build() {
    check_design(design_);
    entry_ = root_ / key();
    std::vector<fs::path> files = {MODEL};
    for (const RtlDesign::File& image : design_.images)
        files.push_back(fs::path("images") / image.name);
    if (entry_is_whole(entry_, files)) {
        report("RTL model: taken from the cache");
        return entry_ / MODEL;
    }
    try {
        build_entry();
    } catch (const ToolFailure& failure) {
        fail(failure);
    }
    return entry_ / MODEL;
}

std::string Builder::key() const {
    CacheKey key;
    key.add(root_.string());  // the images' places are compiled in
    key.add(tools_.identity());
    for (const EmbeddedFile& file : plugin_files())
        key.add(file.text);
    key.add(std::to_string(design_.probes));
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
    write_files(design_.images, workspace_.path() / "images");
    std::vector<RtlDesign::File> files = design_.sources;
    resolve_images(files, design_, entry_ / "images");
    const fs::path sources = workspace_.path() / "design";
    write_files(files, sources);
    Arguments names;
    for (const RtlDesign::File& file : files)
        names.push_back(file.name);
    const ToolCall call = tools_.verilate(names, workspace_.path() / "verilator.log");
    run_tools({&call, 1}, sources);
}

void Builder::compile_and_link() {
    const fs::path directory = workspace_.path() / "obj";
    const std::string lists = read_text(directory / (std::string(TOP_CLASS) + "_classes.mk"));
    const auto list = [&](const char* first, const char* second) {
        Arguments names = make_list(lists, first);
        const Arguments more = make_list(lists, second);
        names.insert(names.end(), more.begin(), more.end());
        return names;
    };
    const Runtime common = runtime(list("VM_GLOBAL_FAST", "VM_GLOBAL_SLOW"));

    std::vector<ToolCall> calls;
    std::vector<fs::path> objects;
    for (const Unit& unit : write_units(list("VM_CLASSES_FAST", "VM_SUPPORT_FAST"),
                                        list("VM_CLASSES_SLOW", "VM_SUPPORT_SLOW"))) {
        objects.push_back(fs::path(unit.source).replace_extension(".o"));
        calls.push_back(
            tools_.compile(unit.source, objects.back(), unit.fast, common.headers, design_.probes));
    }
    run_tools(calls, directory, std::thread::hardware_concurrency());
    objects.insert(objects.end(), common.objects.begin(), common.objects.end());
    const ToolCall call = tools_.link(objects, workspace_.path() / MODEL, directory / "link.log");
    run_tools({&call, 1}, directory);
}

/// Compiled on first use: it takes longer than a small design.
Runtime Builder::runtime(const Arguments& names) {
    constexpr char HEADER[] = "runtime.h";
    CacheKey key;
    key.add(tools_.identity());
    for (const std::string& name : names)
        key.add(name);
    const fs::path entry = root_ / ("runtime-" + key.hex());
    std::vector<fs::path> files = {HEADER, std::string(HEADER) + ".gch"};
    Runtime result{{}, entry / HEADER};
    for (const std::string& name : names) {
        files.push_back(name + ".o");
        result.objects.push_back(entry / files.back());
    }
    if (entry_is_whole(entry, files)) return result;

    report("RTL model: compiling Verilator's run time, once for all models");
    Workspace workspace(root_);
    write_file(workspace.path() / HEADER, "#include <verilated.h>\n");
    std::vector<ToolCall> calls = {tools_.precompile(workspace.path() / HEADER)};
    for (const std::string& name : names)
        calls.push_back(tools_.compile_runtime(name, workspace.path() / (name + ".o")));
    run_tools(calls, workspace.path(), std::thread::hardware_concurrency());
    workspace.rename_to(entry);
    return result;
}

/// Files that include the plug-in and the generated ones. `fast` names what runs in every cycle; of
/// a small design everything goes into one unit, whatever its speed.
std::vector<Builder::Unit> Builder::write_units(const Arguments& fast,
                                                const Arguments& slow) const {
    const fs::path directory = workspace_.path() / "obj";
    for (const EmbeddedFile& file : plugin_files())
        write_file(directory / fs::path(file.path).filename(), file.text);
    const auto size_of = [&](const std::string& name) {
        return fs::file_size(directory / (name + ".cpp"));
    };
    uintmax_t total = 0;
    for (const Arguments* names : {&fast, &slow})
        for (const std::string& name : *names)
            total += size_of(name);

    std::vector<Unit> units = {{directory / "unit_0.cpp", "#include \"plugin.cpp\"\n", 0, true}};
    const auto add = [&](const std::string& name, bool is_fast) {
        const uintmax_t size = size_of(name);
        if (units.back().fast != is_fast || units.back().bytes + size > UNIT_BYTES)
            units.push_back({directory / fmt::format("unit_{}.cpp", units.size()), "", 0, is_fast});
        units.back().text += fmt::format("#include \"{}.cpp\"\n", name);
        units.back().bytes += size;
    };
    for (const std::string& name : fast)
        add(name, true);
    for (const std::string& name : slow)
        add(name, total <= UNIT_BYTES);
    for (const Unit& unit : units)
        write_file(unit.source, unit.text);
    return units;
}

void Builder::fail(const ToolFailure& failure) const {
    const fs::path log = root_ / ("failed-" + entry_.filename().string() + ".log");
    write_file(log, failure.output);
    throw Error(failure.program,
                fmt::format("refused the design (exit status {}):{}", failure.status,
                            summary_of(failure.output)),
                "the whole log is " + log.string());
}

}  // namespace

fs::path build_plugin(const RtlDesign& design, const VerilatedOptions& options) {
    const fs::path root = options.cache_directory.empty() ? user_cache_directory() / "verilated"
                                                          : options.cache_directory;
    return Builder(design, options, fs::absolute(root)).build();
}

}  // namespace permloom
