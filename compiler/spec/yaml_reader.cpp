#include "compiler/spec/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "compiler/base/error.h"

namespace permloom {
namespace {

std::vector<std::string> split(const std::string& path) {
    std::vector<std::string> keys(1);
    for (const char c : path) {
        if (c == '.')
            keys.emplace_back();
        else
            keys.back() += c;
    }
    return keys;
}

template <class T>
std::optional<T> whole_number(std::string_view text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    if (code != std::errc{} || stop != end || text.empty()) return {};
    return value;
}

/// A number or a fraction of two numbers.
std::optional<double> real_number(std::string_view text) {
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos) return whole_number<double>(text);
    const auto above = whole_number<double>(text.substr(0, slash));
    const auto below = whole_number<double>(text.substr(slash + 1));
    if (!above || !below) return {};
    return *above / *below;
}

/// `node` with the value at keys[depth..] replaced. Only the nodes on the path are copied, so that
/// an aliased node elsewhere in the document stays as it is.
YAML::Node replaced(const YAML::Node& node, const std::vector<std::string>& keys, size_t depth,
                    const YAML::Node& value, const std::string& where) {
    if (depth == keys.size()) return value;
    const std::string& key = keys[depth];
    YAML::Node copy;
    if (node.IsSequence()) {
        const auto index = whole_number<size_t>(key);
        if (!index || *index >= node.size())
            throw Error(where, fmt::format("'{}' is not an entry of this list", key),
                        fmt::format("its entries are 0 to {}", node.size() - 1));
        for (size_t i = 0; i < node.size(); ++i)
            copy.push_back(i == *index ? replaced(node[i], keys, depth + 1, value, where)
                                       : YAML::Node(node[i]));
        return copy;
    }
    if (node.IsMap())
        for (const auto& entry : node)
            copy[entry.first.Scalar()] = entry.second;
    const YAML::Node child = node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined);
    copy[key] = replaced(child.IsDefined() ? child : YAML::Node(YAML::NodeType::Null), keys,
                         depth + 1, value, where);
    return copy;
}

std::string describe(const RealRange& range) {
    const bool low = range.low != ANY_REAL.low, high = range.high != ANY_REAL.high;
    std::string text;
    if (low) text += fmt::format("{} {}", range.above_low ? "above" : "at least", range.low);
    if (low && high) text += " and ";
    if (high) text += fmt::format("{} {}", range.below_high ? "below" : "at most", range.high);
    return text;
}

}  // namespace

YamlSource::YamlSource(std::string_view text, std::string origin) : origin_(std::move(origin)) {
    try {
        root_ = YAML::Load(std::string(text));
    } catch (const YAML::Exception& error) {
        throw Error(fmt::format("{}:{}", origin_, error.mark.line + 1),
                    "is not YAML: " + error.msg);
    }
    if (!root_.IsMap()) throw Error(origin_, "is not a description: no keys at the top level");
}

void YamlSource::apply(const std::vector<Override>& overrides, std::vector<std::string> known) {
    overrides_ = overrides;
    known_ = std::move(known);
    for (const Override& change : overrides) {
        const std::string here = "--set " + change.key;
        YAML::Node value;
        try {
            value = YAML::Load(change.value);
        } catch (const YAML::Exception& error) {
            throw Error(here, "'" + change.value + "' is not a YAML value: " + error.msg);
        }
        root_ = replaced(root_, split(change.key), 0, value, here);
    }
}

std::string YamlSource::where(const std::string& path) const {
    if (path.empty()) return origin_;
    const auto line = lines_.find(path);
    for (const Override& change : overrides_) {
        if (change.key == path || path.starts_with(change.key + ".")) return "--set " + path;
        // A map that only the override made: its key has a wrong part before the end.
        if (line == lines_.end() && change.key.starts_with(path + "."))
            return "--set " + change.key;
    }
    if (line == lines_.end()) return origin_ + ": " + path;
    return fmt::format("{}:{}: {}", origin_, line->second + 1, path);
}

void YamlSource::note(const std::string& path, const YAML::Node& node) {
    // Nodes made by an override have no line.
    if (node.Mark().line >= 0) lines_[path] = node.Mark().line;
}

std::string YamlSource::hint(const std::string& path,
                             const std::vector<std::string>& siblings) const {
    const auto last = [](const std::string& whole) {
        return whole.substr(whole.rfind('.') + 1);  // npos + 1 == 0: the whole
    };
    for (const Override& change : overrides_) {
        if (change.key != path && !change.key.starts_with(path + ".")) continue;
        if (std::string near = did_you_mean(change.key, known_); !near.empty()) return near;
        // A key without its prefix: `epochs` means training.epochs.
        const auto same = std::find_if(known_.begin(), known_.end(), [&](const std::string& key) {
            return last(key) == last(change.key);
        });
        if (same != known_.end()) return ", did you mean '" + *same + "'?";
    }
    return did_you_mean(last(path), siblings);
}

std::string read_string(const YAML::Node& node, const std::string& where) {
    if (!node.IsScalar()) throw Error(where, "must be one word or text");
    return node.Scalar();
}

double read_real(const YAML::Node& node, const std::string& where, const RealRange& range) {
    const auto value = node.IsScalar() ? real_number(node.Scalar()) : std::nullopt;
    if (!value || !std::isfinite(*value))
        throw Error(where, node.IsScalar() ? "'" + node.Scalar() + "' is not a number"
                                           : "must be a number");
    const bool inside = (range.above_low ? *value > range.low : *value >= range.low) &&
                        (range.below_high ? *value < range.high : *value <= range.high);
    if (!inside)
        throw Error(where, fmt::format("is {}, must be {}", node.Scalar(), describe(range)));
    return *value;
}

int read_integer(const YAML::Node& node, const std::string& where, int low, int high) {
    const auto value = node.IsScalar() ? whole_number<int64_t>(node.Scalar()) : std::nullopt;
    if (!value)
        throw Error(where, node.IsScalar() ? "'" + node.Scalar() + "' is not a whole number"
                                           : "must be a whole number");
    if (*value < low || *value > high)
        throw Error(where, fmt::format("is {}, must be {} to {}", *value, low, high));
    return static_cast<int>(*value);
}

MapReader::MapReader(YamlSource& source, const YAML::Node& node, std::string path,
                     const std::vector<std::string>& keys)
    : source_(source), node_(node), path_(std::move(path)) {
    if (!node_.IsMap()) throw Error(source_.where(path_), "must be a map of keys and values");
    std::vector<std::string> seen;
    for (const auto& entry : node_) {
        const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
        source_.note(this->path(key), entry.first);
        if (std::find(seen.begin(), seen.end(), key) != seen.end())
            throw Error(where(key), "is given twice");
        seen.push_back(key);
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            throw Error(where(key), "unknown key" + source_.hint(this->path(key), keys));
    }
}

YAML::Node MapReader::at(const std::string& key) const {
    const YAML::Node& map = node_;  // the const operator[] does not insert
    const YAML::Node value = map[key];
    if (!value.IsDefined() || value.IsNull())
        throw Error(source_.where(path_), fmt::format("key '{}' is missing", key));
    return value;
}

double MapReader::real(const std::string& key, const RealRange& range,
                       std::optional<double> fallback) const {
    if (fallback && !has(key)) return *fallback;
    return read_real(at(key), where(key), range);
}

int MapReader::integer(const std::string& key, int low, int high,
                       std::optional<int> fallback) const {
    if (fallback && !has(key)) return *fallback;
    return read_integer(at(key), where(key), low, high);
}

bool MapReader::flag(const std::string& key, bool fallback) const {
    if (!has(key)) return fallback;
    const std::string value = text(key);
    if (value != "true" && value != "false")
        throw Error(where(key), "'" + value + "' is not one of true, false");
    return value == "true";
}

}  // namespace permloom
