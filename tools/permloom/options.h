/// What a subcommand takes, declared once: parsing, checking and `--help` follow from it.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/base/error.h"
#include "tools/permloom/command.h"

namespace permloom::cli {

/// The words of one command line. Every reader throws a usage Error that names the option.
class Values {
  public:
    explicit Values(boost::program_options::variables_map map) : map_(std::move(map)) {}

    /// Given, or has a default.
    bool has(const std::string& name) const { return map_.count(name) > 0; }
    /// Given by the user, whatever the default.
    bool given(const std::string& name) const { return has(name) && !map_[name].defaulted(); }
    bool flag(const std::string& name) const { return map_[name].as<bool>(); }
    /// The value; `fallback` where the option was not given.
    std::string text(const std::string& name, const std::string& fallback = {}) const;
    std::vector<std::string> list(const std::string& name) const;
    /// A whole number in low..high.
    int64_t integer(const std::string& name, int64_t low, int64_t high) const;
    /// A number in low..high.
    double real(const std::string& name, double low, double high) const;
    /// One of `choices`.
    std::string choice(const std::string& name, const std::vector<std::string>& choices) const;

  private:
    boost::program_options::variables_map map_;
};

class Options {
  public:
    /// `synopsis` follows "usage: permloom NAME"; `purpose` and `examples` are paragraphs.
    Options(std::string name, std::string synopsis, std::string purpose, std::string examples);

    /// A required argument without dashes. A command has one name for them, at most.
    Options& argument(const std::string& name, const std::string& about);
    /// The same, one or more of them.
    Options& arguments(const std::string& name, const std::string& about);
    /// The same, but it may be left out: `Values::list` is empty then.
    Options& optional_argument(const std::string& name, const std::string& about);
    Options& flag(const std::string& name, const std::string& about);
    Options& value(const std::string& name, const std::string& value_name, const std::string& about,
                   const std::optional<std::string>& default_value = {});
    /// An option that may be given several times.
    Options& repeatable(const std::string& name, const std::string& value_name,
                        const std::string& about);
    /// Two options that may not be given together.
    Options& exclusive(const std::string& first, const std::string& second);

    /// Empty after `--help`, which has then been printed. Throws a usage Error.
    std::optional<Values> parse(const Arguments& arguments) const;

  private:
    std::string help_text() const;
    Error usage_error(const std::string& where, const std::string& problem) const;
    void check(const Values& values) const;

    std::string name_, synopsis_, purpose_, examples_;
    std::string argument_name_, argument_about_;
    bool argument_required_ = true, argument_repeats_ = false;
    boost::program_options::options_description options_;
    std::vector<std::string> names_;
    std::vector<std::pair<std::string, std::string>> exclusive_;
};

}  // namespace permloom::cli
