#include "compiler/spec/device_model.h"

#include <cmath>
#include <limits>
#include <utility>

#include "compiler/base/error.h"
#include "compiler/spec/names.h"
#include "compiler/spec/yaml_reader.h"

namespace permloom {
namespace {

using Keys = std::vector<std::string>;

// Every map of a description, and its keys.
const Keys TOP = {"name", "about", "device", "array", "switch", "converter", "operation", "cost"};
const std::vector<std::pair<std::string, Keys>> MAPS = {
    {"device",
     {"sign", "on_off_ratio", "spread", "additive", "stuck_open", "stuck_short",
      "short_conductance", "dead", "read_noise", "drift", "temperature"}},
    {"device.spread", {"distribution", "deviation"}},
    {"device.drift", {"exponent", "deviation", "reference_seconds"}},
    {"device.temperature", {"coefficient", "reference_kelvin"}},
    {"array", {"line_resistance"}},
    {"switch", {"insertion_loss_db", "crosstalk_db", "stuck_straight", "stuck_crossed"}},
    {"converter", {"dac_bits", "adc_bits", "adc_range", "adc_noise"}},
    {"operation", {"seconds", "kelvin"}},
    {"cost", {"device", "switch", "dac", "adc", "load_bit", "rewritable"}},
    {"cost.device", {"energy", "delay", "area"}},
    {"cost.switch", {"energy", "delay", "area"}},
    {"cost.dac", {"energy", "delay", "area"}},
    {"cost.adc", {"energy", "delay", "area"}},
    {"cost.load_bit", {"energy", "delay", "area"}},
    {"cost.rewritable",
     {"write_energy", "write_delay", "verify_energy", "verify_delay", "rounds", "parallel",
      "endurance"}},
};

constexpr Name<SignScheme> SIGNS[] = {
    {SignScheme::pair, "pair"}, {SignScheme::offset, "offset"}, {SignScheme::carried, "carried"}};
constexpr Name<SpreadKind> SPREADS[] = {{SpreadKind::gaussian, "gaussian"},
                                        {SpreadKind::lognormal, "lognormal"}};
constexpr Name<bool> RANGES[] = {{false, "calibrated"}, {true, "full"}};

constexpr RealRange PART{.low = 0.0, .high = 1.0};
constexpr RealRange AT_LEAST_ONE{.low = 1.0};

const Keys& keys_of(const std::string& path) {
    for (const auto& [map, keys] : MAPS)
        if (map == path) return keys;
    PERMLOOM_ASSERT(false);
    return TOP;
}

MapReader inner(const MapReader& map, const std::string& key) {
    return {map.source(), map.at(key), map.path(key), keys_of(map.path(key))};
}

/// A number of the range, or .inf.
double real_or_infinite(const MapReader& map, const std::string& key, const RealRange& range) {
    const YAML::Node node = map.at(key);
    if (node.IsScalar() && node.Scalar() == ".inf") return std::numeric_limits<double>::infinity();
    try {
        return map.real(key, range);
    } catch (const Error& error) {
        throw Error(error.where(), error.problem(), "or .inf, infinite");
    }
}

template <class Value, size_t N>
Value named(const MapReader& map, const std::string& key, const Name<Value> (&names)[N]) {
    const std::string text = map.text(key);
    Keys known;
    std::string list;
    for (const Name<Value>& name : names) {
        if (name.text == text) return name.value;
        known.emplace_back(name.text);
        list += (list.empty() ? "" : ", ") + known.back();
    }
    throw Error(map.where(key), "'" + text + "' is none of " + list + did_you_mean(text, known));
}

DeviceEffects read_device(const MapReader& map) {
    DeviceEffects device;
    device.sign = named(map, "sign", SIGNS);
    device.on_off_ratio = real_or_infinite(map, "on_off_ratio", {.low = 1.0, .above_low = true});
    const MapReader spread = inner(map, "spread");
    device.spread_kind = named(spread, "distribution", SPREADS);
    device.spread = spread.real("deviation", NOT_NEGATIVE);
    device.additive = map.real("additive", NOT_NEGATIVE);
    device.stuck_open = map.real("stuck_open", PART);
    device.stuck_short = map.real("stuck_short", PART);
    device.short_conductance = map.real("short_conductance", NOT_NEGATIVE);
    device.dead = map.real("dead", PART);
    device.read_noise = map.real("read_noise", NOT_NEGATIVE);
    const MapReader drift = inner(map, "drift");
    device.drift_exponent = drift.real("exponent", ANY_REAL);
    device.drift_deviation = drift.real("deviation", NOT_NEGATIVE);
    device.drift_reference = drift.real("reference_seconds", POSITIVE);
    const MapReader temperature = inner(map, "temperature");
    device.temperature_coefficient = temperature.real("coefficient", ANY_REAL);
    device.temperature_reference = temperature.real("reference_kelvin", POSITIVE);
    return device;
}

SwitchEffects read_switch(const MapReader& map) {
    SwitchEffects effects;
    effects.insertion_loss_db = map.real("insertion_loss_db", NOT_NEGATIVE);
    effects.crosstalk_db = real_or_infinite(map, "crosstalk_db", NOT_NEGATIVE);
    effects.stuck_straight = map.real("stuck_straight", PART);
    effects.stuck_crossed = map.real("stuck_crossed", PART);
    if (effects.stuck_straight + effects.stuck_crossed > 1.0)
        throw Error(map.where("stuck_crossed"), "more switches are stuck than there are");
    return effects;
}

ConverterEffects read_converter(const MapReader& map) {
    constexpr int MOST_BITS = 24;
    ConverterEffects converter;
    converter.dac_bits = map.integer("dac_bits", 0, MOST_BITS);
    converter.adc_bits = map.integer("adc_bits", 0, MOST_BITS);
    converter.adc_full_range = named(map, "adc_range", RANGES);
    converter.adc_noise = map.real("adc_noise", NOT_NEGATIVE);
    return converter;
}

PartCost read_part(const MapReader& map) {
    return {map.real("energy", NOT_NEGATIVE), map.real("delay", NOT_NEGATIVE),
            map.real("area", NOT_NEGATIVE)};
}

DeviceCost read_cost(const MapReader& map) {
    DeviceCost cost;
    cost.device = read_part(inner(map, "device"));
    cost.switching = read_part(inner(map, "switch"));
    cost.dac = read_part(inner(map, "dac"));
    cost.adc = read_part(inner(map, "adc"));
    cost.load_bit = read_part(inner(map, "load_bit"));
    const MapReader written = inner(map, "rewritable");
    cost.rewritable = {written.real("write_energy", NOT_NEGATIVE),
                       written.real("write_delay", NOT_NEGATIVE),
                       written.real("verify_energy", NOT_NEGATIVE),
                       written.real("verify_delay", NOT_NEGATIVE),
                       written.real("rounds", AT_LEAST_ONE),
                       written.real("parallel", AT_LEAST_ONE),
                       real_or_infinite(written, "endurance", AT_LEAST_ONE)};
    return cost;
}

DeviceModel read_model(std::string_view yaml, const std::string& origin,
                       const std::vector<Override>& overrides) {
    YamlSource source(yaml, origin);
    Keys known = TOP;
    for (const auto& [map, keys] : MAPS)
        for (const std::string& key : keys)
            known.push_back(map + "." + key);
    source.apply(overrides, known);
    const MapReader map(source, source.root(), "", TOP);
    DeviceModel model;
    model.name = map.text("name");
    model.about = map.text("about");
    model.device = read_device(inner(map, "device"));
    model.array.line_resistance = inner(map, "array").real("line_resistance", NOT_NEGATIVE);
    model.switching = read_switch(inner(map, "switch"));
    model.converter = read_converter(inner(map, "converter"));
    const MapReader operation = inner(map, "operation");
    model.operation = {operation.real("seconds", POSITIVE), operation.real("kelvin", POSITIVE)};
    model.cost = read_cost(inner(map, "cost"));
    return model;
}

}  // namespace

DeviceModel parse_device_model(std::string_view yaml, const std::string& origin,
                               const std::vector<Override>& overrides) {
    try {
        return read_model(yaml, origin, overrides);
    } catch (const Error& error) {
        if (!error.hint().empty()) throw;
        throw Error(error.where(), error.problem(),
                    "models/devices/ideal.yaml has every key, with its unit and meaning");
    }
}

std::string_view to_string(SignScheme sign) {
    return name_of(SIGNS, sign);
}

SignScheme sign_scheme_from_string(const std::string& name, const std::string& where) {
    Keys known;
    for (const Name<SignScheme>& sign : SIGNS) {
        if (sign.text == name) return sign.value;
        known.emplace_back(sign.text);
    }
    throw Error(where, "there is no scheme '" + name + "'" + did_you_mean(name, known),
                "the schemes are: pair, offset, carried", ErrorKind::usage);
}

}  // namespace permloom
