/// How Verilator and g++ are called: every option that decides what a plug-in is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/verilated/tool.h"
#include "sim/verilated/verilated_device.h"

namespace permloom {

using Arguments = std::vector<std::string>;

/// Verilator's --prefix: the class that plugin.cpp wraps.
inline constexpr char TOP_CLASS[] = "Vpermloom_top";

/// The tools as they are installed here, and what is built with them.
class Toolchain {
  public:
    /// Asks both tools for their versions, in `directory`. Throws Error when one is missing.
    Toolchain(TraceFormat trace, bool coverage, const std::filesystem::path& directory);

    /// C++ of `sources` (relative to the directory it runs in) into ../obj.
    ToolCall verilate(const Arguments& sources, const std::filesystem::path& log) const;
    /// One unit of the generated code, in the directory that holds it; `headers` precompiled, as
    /// made by precompile, may be empty. `optimise` for what runs in every cycle.
    ToolCall compile(const std::filesystem::path& source, const std::filesystem::path& object,
                     bool optimise, const std::filesystem::path& headers, int probes) const;
    /// A file of Verilator's run time, by its name in VM_GLOBAL_FAST.
    ToolCall compile_runtime(const std::string& name, const std::filesystem::path& object) const;
    /// A header for `compile` into header.gch beside it.
    ToolCall precompile(const std::filesystem::path& header) const;
    ToolCall link(const std::vector<std::filesystem::path>& objects,
                  const std::filesystem::path& library, const std::filesystem::path& log) const;

    /// Everything above as text: equal for equal results.
    std::string identity() const;

  private:
    Arguments compiler(const char* optimisation) const;

    TraceFormat trace_;
    bool coverage_;
    std::string verilator_, compiler_;  ///< what they say to --version
    std::string include_;               ///< of Verilator's run time
};

/// Names in a `NAME += ...` list of the make fragment V*_classes.mk, which Verilator writes for
/// builds that do not use its own makefile.
Arguments make_list(const std::string& text, const std::string& name);

/// The first lines of a failed tool's log, those that report errors where there are any.
std::string summary_of(const std::string& log);

}  // namespace permloom
