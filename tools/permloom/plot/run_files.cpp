#include "tools/permloom/plot/run_files.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "compiler/base/error.h"
#include "tools/permloom/csv.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

/// More differences than this make a worse label than the directory's name.
constexpr size_t LABEL_KEYS = 3;
constexpr uint64_t HEADER_LIMIT = 64U << 20;

using Description = std::map<std::string, std::string>;

void flatten(const YAML::Node& node, const std::string& path, Description& out) {
    if (node.IsScalar()) out[path] = node.Scalar();
    const std::string prefix = path.empty() ? "" : path + ".";
    if (node.IsMap())
        for (const auto& entry : node)
            flatten(entry.second, prefix + entry.first.Scalar(), out);
    if (node.IsSequence())
        for (size_t i = 0; i < node.size(); ++i)
            flatten(node[i], prefix + std::to_string(i), out);
}

/// What the header of a run's checkpoint says, dotted keys and their values; empty without one.
/// The weights behind the header are not read.
Description description_of(const fs::path& run) {
    std::ifstream file(run / "last.safetensors", std::ios::binary);
    std::array<unsigned char, 8> head{};
    if (!file.read(reinterpret_cast<char*>(head.data()), head.size())) return {};
    uint64_t length = 0;
    for (size_t i = head.size(); i > 0; --i)
        length = length << 8 | head[i - 1];
    if (length > HEADER_LIMIT) return {};
    std::string text(length, '\0');
    if (!file.read(text.data(), static_cast<std::streamsize>(length))) return {};
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("__metadata__")) return {};
    const auto& metadata = json["__metadata__"];
    Description description;
    try {
        flatten(YAML::Load(metadata.value("network", "")), "", description);
    } catch (const YAML::Exception&) {
        return {};
    }
    description["data"] = metadata.value("dataset", "");
    for (const char* prose : {"about", "expect"})
        description.erase(prose);
    return description;
}

/// The directory's name without the "-sSEED" at its end.
std::string plain_name(const fs::path& run) {
    std::string name = fs::weakly_canonical(run).filename().string();
    size_t end = name.size();
    while (end > 0 && std::isdigit(static_cast<unsigned char>(name[end - 1])))
        --end;
    if (end >= 2 && end < name.size() && name.substr(end - 2, 2) == "-s") name.resize(end - 2);
    return name;
}

/// Keys whose values are not the same in all runs.
std::vector<std::string> differing(const std::vector<PlottedRun>& runs) {
    std::vector<std::string> keys;
    for (const PlottedRun& run : runs)
        for (const auto& [key, value] : run.description)
            for (const PlottedRun& other : runs) {
                const auto found = other.description.find(key);
                if ((found == other.description.end() || found->second != value) &&
                    std::find(keys.begin(), keys.end(), key) == keys.end())
                    keys.push_back(key);
            }
    return keys;
}

std::string label_of(const Description& description, const std::vector<std::string>& keys) {
    std::string label;
    for (const std::string& key : keys) {
        const auto found = description.find(key);
        const std::string value = found == description.end() ? "none" : found->second;
        if (!label.empty()) label += ", ";
        if (key != "name" && key != "data") label += key.substr(key.rfind('.') + 1) + ' ';
        label += value;
    }
    return label;
}

void set_labels(std::vector<PlottedRun>& runs) {
    const std::vector<std::string> keys = differing(runs);
    const bool in_sweep = std::all_of(runs.begin(), runs.end(), [](const PlottedRun& run) {
        return fs::exists(run.directory / "point.json");
    });
    const bool short_enough = !keys.empty() && keys.size() <= LABEL_KEYS;
    for (PlottedRun& run : runs)
        run.label =
            !in_sweep && short_enough ? label_of(run.description, keys) : plain_name(run.directory);
}

}  // namespace

std::vector<PlottedRun> read_runs(const std::vector<std::string>& arguments) {
    std::vector<fs::path> directories;
    for (const std::string& argument : arguments) {
        const fs::path path = argument;
        if (fs::exists(path / "sweep.csv")) {
            const CsvTable table = read_csv(path / "sweep.csv");
            for (const auto& row : table.rows)
                directories.push_back(path / row[table.column("run", argument)]);
        } else if (fs::is_directory(path)) {
            directories.push_back(path);
        } else {
            throw Error(argument, fs::exists(path) ? "is not a run directory" : "no such directory",
                        "give run directories, or the directory of a sweep");
        }
    }
    std::vector<PlottedRun> runs;
    for (const fs::path& directory : directories)
        runs.push_back({directory, read_metrics(directory), description_of(directory), {}});
    set_labels(runs);
    return runs;
}

std::string common_title(const std::vector<PlottedRun>& runs) {
    /// The value of a key that all runs have in common.
    const auto shared = [&](const std::string& key) -> std::string {
        const auto value = [&](const PlottedRun& run) {
            const auto found = run.description.find(key);
            return found == run.description.end() ? std::string() : found->second;
        };
        const std::string first = value(runs.front());
        const bool all = std::all_of(runs.begin(), runs.end(),
                                     [&](const PlottedRun& run) { return value(run) == first; });
        return all ? first : std::string();
    };
    const std::string network = shared("name"), data = shared("data");
    return (network.empty() ? "training" : network) + (data.empty() ? "" : " on " + data);
}

}  // namespace permloom::cli
