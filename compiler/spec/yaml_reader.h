/// Reading YAML maps with a fixed key set: every fault becomes an Error that names file, line and
/// key path, or the `--set` that caused it.
#pragma once

#include <yaml-cpp/yaml.h>

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec/network.h"

namespace permloom {

/// One document and where its values come from.
class YamlSource {
  public:
    /// Throws Error unless `text` is one YAML map.
    YamlSource(std::string_view text, std::string origin);

    const YAML::Node& root() const { return root_; }
    /// Replaces values of the document. `known` are the key paths offered as hints.
    void apply(const std::vector<Override>& overrides, std::vector<std::string> known);

    /// "FILE:LINE: PATH", or "--set PATH" where an override gave the value.
    std::string where(const std::string& path) const;
    /// Remembers the line of a path.
    void note(const std::string& path, const YAML::Node& node);
    /// ", did you mean ...?" among the keys beside `path`, for an override among all key paths.
    std::string hint(const std::string& path, const std::vector<std::string>& siblings) const;

  private:
    std::string origin_;
    YAML::Node root_;
    std::vector<Override> overrides_;
    std::vector<std::string> known_;
    std::map<std::string, int> lines_;
};

struct RealRange {
    double low = std::numeric_limits<double>::lowest();
    double high = std::numeric_limits<double>::max();
    bool above_low = false;   ///< low itself is outside
    bool below_high = false;  ///< high itself is outside
};
inline constexpr RealRange ANY_REAL{};
inline constexpr RealRange POSITIVE{.low = 0.0, .above_low = true};
inline constexpr RealRange NOT_NEGATIVE{.low = 0.0};
inline constexpr RealRange FRACTION{.low = 0.0, .high = 1.0, .above_low = true};
inline constexpr RealRange BELOW_ONE{.low = 0.0, .high = 1.0, .below_high = true};

/// One value. Numbers may be written as a fraction, `4/7`.
std::string read_string(const YAML::Node& node, const std::string& where);
double read_real(const YAML::Node& node, const std::string& where, const RealRange& range);
int read_integer(const YAML::Node& node, const std::string& where, int low, int high);

/// A map whose keys are all among `keys`. A getter with a fallback makes its key optional.
class MapReader {
  public:
    MapReader(YamlSource& source, const YAML::Node& node, std::string path,
              const std::vector<std::string>& keys);

    bool has(const std::string& key) const { return node_[key].IsDefined(); }
    /// The node of a required key.
    YAML::Node at(const std::string& key) const;
    std::string path(const std::string& key) const {
        return path_.empty() ? key : path_ + "." + key;
    }
    std::string where(const std::string& key) const { return source_.where(path(key)); }
    YamlSource& source() const { return source_; }

    std::string text(const std::string& key) const { return read_string(at(key), where(key)); }
    double real(const std::string& key, const RealRange& range,
                std::optional<double> fallback = {}) const;
    int integer(const std::string& key, int low, int high, std::optional<int> fallback = {}) const;
    bool flag(const std::string& key, bool fallback) const;

  private:
    YamlSource& source_;
    YAML::Node node_;
    std::string path_;
};

}  // namespace permloom
