#include "compiler/spec/study.h"

#include "compiler/base/error.h"
#include "compiler/spec/names.h"
#include "compiler/spec/yaml_reader.h"

namespace permloom {
namespace {

const std::vector<std::string> KEYS = {"name",     "about",  "network",    "data",  "set",
                                       "seed",     "device", "device_set", "x",     "banks",
                                       "circuits", "chips",  "images",     "curves"};
const std::vector<std::string> X_KEYS = {"key", "label", "values"};
const std::vector<std::string> BANKS = {"neuron", "layer", "engine"};
const std::vector<std::string> CIRCUITS = {"as-waksman", "benes", "crossbar"};

constexpr Name<StudyCurve> CURVES[] = {
    {StudyCurve::as_built, "as_built"},     {StudyCurve::ranked, "ranked"},
    {StudyCurve::calibrated, "calibrated"}, {StudyCurve::refined, "refined"},
    {StudyCurve::epochs_1, "epochs_1"},     {StudyCurve::epochs_3, "epochs_3"},
};

std::vector<std::string> read_list(const MapReader& map, const std::string& key,
                                   const std::vector<std::string>& known) {
    const YAML::Node node = map.at(key);
    if (!node.IsSequence() || node.size() == 0)
        throw Error(map.where(key), "must be a list with at least one entry");
    std::vector<std::string> result;
    for (const YAML::Node& one : node) {
        const std::string text = read_string(one, map.where(key));
        if (!known.empty() && std::find(known.begin(), known.end(), text) == known.end()) {
            std::string list;
            for (const std::string& name : known)
                list += (list.empty() ? "" : ", ") + name;
            throw Error(map.where(key),
                        "'" + text + "' is none of " + list + did_you_mean(text, known));
        }
        result.push_back(text);
    }
    return result;
}

/// Keys of another description and their values; checked where that is read.
std::vector<Override> read_settings(const MapReader& map, const std::string& key) {
    std::vector<Override> settings;
    if (!map.has(key)) return settings;
    const YAML::Node node = map.at(key);
    if (!node.IsMap()) throw Error(map.where(key), "must be a map of dotted keys and values");
    for (const auto& entry : node)
        settings.push_back(
            {read_string(entry.first, map.where(key)), read_string(entry.second, map.where(key))});
    return settings;
}

}  // namespace

StudySpec parse_study(std::string_view yaml, const std::string& origin) {
    constexpr int MANY = 1'000'000;
    YamlSource source(yaml, origin);
    const MapReader map(source, source.root(), "", KEYS);
    StudySpec study;
    study.name = map.text("name");
    study.about = map.text("about");
    study.network = map.text("network");
    study.data = map.text("data");
    study.settings = read_settings(map, "set");
    study.seed = static_cast<uint64_t>(map.integer("seed", 0, MANY, 1));
    study.device = map.text("device");
    study.device_settings = read_settings(map, "device_set");
    const MapReader x(source, map.at("x"), "x", X_KEYS);
    study.x_key = x.text("key");
    study.x_label = x.text("label");
    study.x = read_list(x, "values", {});
    study.banks = read_list(map, "banks", BANKS);
    study.circuits = read_list(map, "circuits", CIRCUITS);
    study.chips = map.integer("chips", 1, MANY);
    study.images = map.integer("images", 0, MANY, 0);
    std::vector<std::string> known;
    for (const Name<StudyCurve>& curve : CURVES)
        known.emplace_back(curve.text);
    for (const std::string& text : read_list(map, "curves", known))
        for (const Name<StudyCurve>& curve : CURVES)
            if (curve.text == text) study.curves.push_back(curve.value);
    for (const std::string& circuit : study.circuits)
        if (circuit != "as-waksman" &&
            (study.curves.size() != 1 || study.curves.front() != StudyCurve::as_built))
            throw Error(map.where("circuits"), "only as_built can be studied on " + circuit,
                        "chips are made with as-waksman; wirings are compiled for those");
    return study;
}

std::string_view to_string(StudyCurve curve) {
    return name_of(CURVES, curve);
}

}  // namespace permloom
