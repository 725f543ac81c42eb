#include "compiler/spec/target.h"

#include <vector>

#include "compiler/base/error.h"
#include "compiler/spec/names.h"
#include "compiler/spec/yaml_reader.h"

namespace permloom {
namespace {

constexpr Name<Engine> ENGINE_NAMES[] = {
    {Engine::folded, "folded"}, {Engine::serial, "serial"}, {Engine::level, "level"}};
const std::vector<std::string> CIRCUITS = {"as-waksman"};
const std::vector<std::string> KEYS = {
    "name",    "about",    "engine",           "lanes",
    "circuit", "contexts", "inputs_per_cycle", "pixel_stream_bits"};

std::string one_of(const MapReader& map, const std::string& key,
                   const std::vector<std::string>& known) {
    std::string text = map.text(key), list;
    for (const std::string& name : known) {
        if (name == text) return text;
        list += (list.empty() ? "" : ", ") + name;
    }
    throw Error(map.where(key),
                "'" + text + "' cannot be built, only " + list + did_you_mean(text, known));
}

/// `engine: serial`, or a list with the engine of each layer.
std::vector<Engine> read_engines(const MapReader& map) {
    const YAML::Node node = map.at("engine");
    if (!node.IsSequence()) return {engine_from_string(map.text("engine"), map.where("engine"))};
    std::vector<Engine> engines;
    for (const YAML::Node& one : node)
        engines.push_back(
            engine_from_string(read_string(one, map.where("engine")), map.where("engine")));
    if (engines.empty()) throw Error(map.where("engine"), "is an empty list");
    return engines;
}

}  // namespace

TargetSpec parse_target(std::string_view yaml, const std::string& origin,
                        const std::vector<Override>& overrides) {
    YamlSource source(yaml, origin);
    source.apply(overrides, KEYS);
    const MapReader map(source, source.root(), "", KEYS);
    TargetSpec target;
    target.name = map.text("name");
    target.about = map.text("about");
    target.engines = read_engines(map);
    target.lanes = map.integer("lanes", 1, 255, target.lanes);
    target.inputs_per_cycle = map.integer("inputs_per_cycle", 1, 64, target.inputs_per_cycle);
    if ((target.inputs_per_cycle & (target.inputs_per_cycle - 1)) != 0)
        throw Error(map.where("inputs_per_cycle"), "must be a power of two");
    target.circuit = one_of(map, "circuit", CIRCUITS);
    target.contexts = map.integer("contexts", 1, 2);
    target.pixel_stream_bits = map.integer("pixel_stream_bits", 8, 1024);
    if (target.pixel_stream_bits % 8 != 0)
        throw Error(map.where("pixel_stream_bits"), "must be a whole number of bytes");
    return target;
}

std::string_view to_string(Engine engine) {
    return name_of(ENGINE_NAMES, engine);
}

Engine engine_from_string(const std::string& name, const std::string& where) {
    std::vector<std::string> known;
    std::string list;
    for (const Name<Engine>& engine : ENGINE_NAMES) {
        if (engine.text == name) return engine.value;
        known.emplace_back(engine.text);
        list += (list.empty() ? "" : ", ") + known.back();
    }
    throw Error(where, "engine '" + name + "' is unknown" + did_you_mean(name, known),
                "the engines are: " + list);
}

}  // namespace permloom
