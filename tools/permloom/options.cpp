#include "tools/permloom/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <sstream>

#include "compiler/base/error.h"

namespace permloom::cli {
namespace po = boost::program_options;
namespace {

constexpr unsigned LINE_LENGTH = 100;

Error bad_value(const std::string& name, const std::string& text, const std::string& expected) {
    return {"--" + name, "'" + text + "' is not " + expected, {}, ErrorKind::usage};
}

}  // namespace

std::string Values::text(const std::string& name, const std::string& fallback) const {
    return has(name) ? map_[name].as<std::string>() : fallback;
}

std::vector<std::string> Values::list(const std::string& name) const {
    return has(name) ? map_[name].as<std::vector<std::string>>() : std::vector<std::string>{};
}

int64_t Values::integer(const std::string& name, int64_t low, int64_t high) const {
    const std::string text = this->text(name);
    int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    if (code != std::errc{} || stop != end || value < low || value > high)
        throw bad_value(name, text,
                        high == INT64_MAX ? fmt::format("a whole number, {} or more", low)
                                          : fmt::format("a whole number from {} to {}", low, high));
    return value;
}

double Values::real(const std::string& name, double low, double high) const {
    const std::string text = this->text(name);
    double value = 0.0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    if (code != std::errc{} || stop != end || !(value >= low && value <= high))
        throw bad_value(name, text, fmt::format("a number from {} to {}", low, high));
    return value;
}

std::string Values::choice(const std::string& name, const std::vector<std::string>& choices) const {
    std::string text = this->text(name);
    if (std::find(choices.begin(), choices.end(), text) == choices.end())
        throw Error("--" + name, "'" + text + "' is unknown" + did_you_mean(text, choices),
                    fmt::format("one of: {}", fmt::join(choices, ", ")), ErrorKind::usage);
    return text;
}

Options::Options(std::string name, std::string synopsis, std::string purpose, std::string examples)
    : name_(std::move(name)),
      synopsis_(std::move(synopsis)),
      purpose_(std::move(purpose)),
      examples_(std::move(examples)),
      options_("options", LINE_LENGTH, LINE_LENGTH / 2) {}

Options& Options::argument(const std::string& name, const std::string& about) {
    argument_name_ = name;
    argument_about_ = about;
    return *this;
}

Options& Options::arguments(const std::string& name, const std::string& about) {
    argument_repeats_ = true;
    return argument(name, about);
}

Options& Options::optional_argument(const std::string& name, const std::string& about) {
    argument_required_ = false;
    return argument(name, about);
}

Options& Options::flag(const std::string& name, const std::string& about) {
    options_.add_options()(name.c_str(), po::bool_switch(), about.c_str());
    names_.push_back("--" + name);
    return *this;
}

Options& Options::value(const std::string& name, const std::string& value_name,
                        const std::string& about, const std::optional<std::string>& default_value) {
    auto* semantic = po::value<std::string>()->value_name(value_name);
    if (default_value) semantic->default_value(*default_value);
    options_.add_options()(name.c_str(), semantic, about.c_str());
    names_.push_back("--" + name);
    return *this;
}

Options& Options::repeatable(const std::string& name, const std::string& value_name,
                             const std::string& about) {
    options_.add_options()(
        name.c_str(), po::value<std::vector<std::string>>()->value_name(value_name)->composing(),
        about.c_str());
    names_.push_back("--" + name);
    return *this;
}

Options& Options::exclusive(const std::string& first, const std::string& second) {
    exclusive_.emplace_back(first, second);
    return *this;
}

std::optional<Values> Options::parse(const Arguments& arguments) const {
    if (std::find(arguments.begin(), arguments.end(), "--help") != arguments.end() ||
        std::find(arguments.begin(), arguments.end(), "-h") != arguments.end()) {
        std::fputs(help_text().c_str(), stdout);
        return {};
    }
    po::options_description all;
    all.add(options_);
    po::positional_options_description positions;
    if (!argument_name_.empty()) {
        all.add_options()(argument_name_.c_str(), po::value<std::vector<std::string>>());
        positions.add(argument_name_.c_str(), -1);
    }
    po::variables_map map;
    try {
        using Style = po::command_line_style::style_t;
        const int style = Style::unix_style & ~Style::allow_guessing & ~Style::allow_short;
        po::store(po::command_line_parser(arguments)
                      .options(all)
                      .positional(positions)
                      .style(style)
                      .run(),
                  map);
    } catch (const po::unknown_option& error) {
        const std::string word = error.get_option_name();
        throw usage_error(word, "unknown option" + did_you_mean(word, names_));
    } catch (const po::too_many_positional_options_error&) {
        throw usage_error(name_, "takes no argument without dashes");
    } catch (const po::multiple_occurrences& error) {
        throw usage_error(error.get_option_name(), "given more than once");
    } catch (const po::invalid_command_line_syntax& error) {
        throw usage_error(error.get_option_name(),
                          error.kind() == po::invalid_syntax::extra_parameter ? "takes no value"
                                                                              : "needs a value");
    } catch (const po::error& error) {
        throw usage_error(name_, error.what());
    }
    Values values(std::move(map));
    check(values);
    return values;
}

/// What Boost does not know: how many positional words there are, and who excludes whom.
void Options::check(const Values& values) const {
    if (!argument_name_.empty()) {
        const std::vector<std::string> words = values.list(argument_name_);
        if (words.empty() && argument_required_)
            throw usage_error(argument_name_, "missing: " + argument_about_);
        for (const std::string& word : words)
            if (word.size() > 1 && word.front() == '-')
                throw usage_error(word, "unknown option" + did_you_mean(word, names_));
        if (words.size() > 1 && !argument_repeats_)
            throw usage_error(words[1], "one " + argument_name_ + " at a time, and '" + words[0] +
                                            "' was given already");
    }
    for (const auto& [first, second] : exclusive_) {
        const auto asked = [&](const std::string& name) { return values.given(name); };
        if (asked(first) && asked(second))
            throw usage_error("--" + first, "cannot be combined with --" + second);
    }
}

Error Options::usage_error(const std::string& where, const std::string& problem) const {
    return {where, problem, "permloom " + name_ + " --help explains the options", ErrorKind::usage};
}

std::string Options::help_text() const {
    std::ostringstream text;
    text << "usage: permloom " << name_ << ' ' << synopsis_ << "\n\n" << purpose_ << "\n\n";
    if (!argument_name_.empty())
        text << fmt::format("argument{}:\n  {:<22}{}\n\n", argument_repeats_ ? "s" : "",
                            argument_name_, argument_about_);
    text << options_ << "\nexamples:\n";
    std::istringstream lines(examples_);
    for (std::string line; std::getline(lines, line);)
        text << "  " << line << '\n';
    return text.str();
}

}  // namespace permloom::cli
