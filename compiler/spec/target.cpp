#include "compiler/spec/target.h"

#include <vector>

#include "compiler/base/error.h"
#include "compiler/spec/names.h"
#include "compiler/spec/yaml_reader.h"

namespace permloom {
namespace {

constexpr Name<Engine> ENGINE_NAMES[] = {{Engine::folded, "folded"},
                                         {Engine::spatial, "spatial"},
                                         {Engine::serial, "serial"},
                                         {Engine::level, "level"},
                                         {Engine::programmable, "programmable"}};
constexpr Name<Decoder> DECODER_NAMES[] = {{Decoder::none, "none"},
                                           {Decoder::factorial_stream, "factorial-stream"},
                                           {Decoder::level_map, "level-map"}};
const std::vector<std::string> CIRCUITS = {"as-waksman"};
const std::vector<std::string> KEYS = {
    "name",    "about",      "engine",           "lanes",
    "circuit", "contexts",   "inputs_per_cycle", "pixel_stream_bits",
    "budget",  "bit_serial", "decoder"};
const std::vector<std::string> BUDGET_KEYS = {"luts", "flip_flops", "rams", "cycles"};
constexpr char AUTO[] = "auto";

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

/// The value of that name; `what` names its kind.
template <class Value, size_t N>
Value from_name(const Name<Value> (&names)[N], const std::string& name, const std::string& where,
                const char* what) {
    std::vector<std::string> known;
    std::string list;
    for (const Name<Value>& one : names) {
        if (one.text == name) return one.value;
        known.emplace_back(one.text);
        list += (list.empty() ? "" : ", ") + known.back();
    }
    throw Error(where, std::string(what) + " '" + name + "' is unknown" + did_you_mean(name, known),
                std::string("the ") + what + "s are: " + list);
}

/// `engine: serial`, or a list with the engine of each layer.
std::vector<Engine> read_engines(const MapReader& map) {
    const YAML::Node node = map.at("engine");
    if (!node.IsSequence()) {
        try {
            return {engine_from_string(map.text("engine"), map.where("engine"))};
        } catch (const Error& error) {
            throw Error(error.where(), error.problem(),
                        error.hint() + ", or auto, which chooses one for each layer");
        }
    }
    std::vector<Engine> engines;
    for (const YAML::Node& one : node)
        engines.push_back(
            engine_from_string(read_string(one, map.where("engine")), map.where("engine")));
    if (engines.empty()) throw Error(map.where("engine"), "is an empty list");
    return engines;
}

/// `budget: {luts: 5000, rams: 30}`, any of the keys, cycles not alone.
Budget read_budget(const MapReader& target) {
    const MapReader map(target.source(), target.at("budget"), target.path("budget"), BUDGET_KEYS);
    constexpr int MOST = 1'000'000'000;
    Budget budget;
    const auto read = [&](const char* key, std::optional<int>& value) {
        if (map.has(key)) value = map.integer(key, 1, MOST);
    };
    read("luts", budget.luts);
    read("flip_flops", budget.flip_flops);
    read("rams", budget.rams);
    read("cycles", budget.cycles);
    if (!budget.luts && !budget.flip_flops && !budget.rams)
        throw Error(
            target.where("budget"),
            budget.cycles ? "cycles alone are no limit on what the chip takes" : "states no limit",
            "luts, flip_flops, rams, any of them with cycles");
    return budget;
}

}  // namespace

TargetSpec parse_target(std::string_view yaml, const std::string& origin,
                        const std::vector<Override>& overrides) {
    YamlSource source(yaml, origin);
    std::vector<std::string> known = KEYS;
    for (const std::string& key : BUDGET_KEYS)
        known.push_back("budget." + key);
    source.apply(overrides, known);
    const MapReader map(source, source.root(), "", KEYS);
    TargetSpec target;
    target.name = map.text("name");
    target.about = map.text("about");
    target.automatic = map.at("engine").IsScalar() && map.text("engine") == AUTO;
    if (!target.automatic) target.engines = read_engines(map);
    if (map.has("budget"))
        target.budget = read_budget(map);
    else if (target.automatic)
        throw Error(map.where("engine"), "auto needs a budget",
                    "--set budget.luts=5000 --set budget.rams=30, for example");
    target.lanes = map.integer("lanes", 1, 255, target.lanes);
    target.inputs_per_cycle = map.integer("inputs_per_cycle", 1, 64, target.inputs_per_cycle);
    if ((target.inputs_per_cycle & (target.inputs_per_cycle - 1)) != 0)
        throw Error(map.where("inputs_per_cycle"), "must be a power of two");
    target.bit_serial = map.flag("bit_serial", false);
    if (map.has("decoder"))
        target.decoder = decoder_from_string(map.text("decoder"), map.where("decoder"));
    target.circuit = one_of(map, "circuit", CIRCUITS);
    target.contexts = map.integer("contexts", 1, 2);
    target.pixel_stream_bits = map.integer("pixel_stream_bits", 8, 64);
    if (target.pixel_stream_bits % 8 != 0)
        throw Error(map.where("pixel_stream_bits"), "must be a whole number of bytes");
    return target;
}

std::string_view to_string(Engine engine) {
    return name_of(ENGINE_NAMES, engine);
}

Engine engine_from_string(const std::string& name, const std::string& where) {
    return from_name(ENGINE_NAMES, name, where, "engine");
}

std::string_view to_string(Decoder decoder) {
    return name_of(DECODER_NAMES, decoder);
}

Decoder decoder_from_string(const std::string& name, const std::string& where) {
    return from_name(DECODER_NAMES, name, where, "decoder");
}

}  // namespace permloom
