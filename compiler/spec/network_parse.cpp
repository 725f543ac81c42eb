#include <fmt/format.h>

#include <charconv>

#include "compiler/spec/network_check.h"
#include "compiler/spec/network_readers.h"

namespace permloom {
namespace {

InputSpec read_input(YamlSource& source, const MapReader& network) {
    const MapReader map(source, network.at("input"), "input",
                        {"size", "shape", "bits", "div", "mean", "scale", "zero"});
    InputSpec input;
    if (map.has("shape")) {
        if (map.has("size"))
            throw Error(map.where("size"), "follows from the shape", "remove one of the two");
        const YAML::Node shape = map.at("shape");
        if (!shape.IsSequence() || shape.size() != 3)
            throw Error(map.where("shape"), "must be [rows, columns, channels]");
        const auto extent = [&](size_t i) {
            return read_integer(shape[i], map.where("shape"), 1, 4096);
        };
        input.shape = {extent(0), extent(1), extent(2)};
        input.size = input.shape.size();
    } else {
        input.size = map.integer("size", 1, SIZE_LIMIT);
        input.shape = {1, 1, input.size};
    }
    input.bits = map.integer("bits", 0, 8);
    input.div = map.real("div", POSITIVE);
    input.per_pixel_mean =
        map.has("mean") && map.at("mean").IsScalar() && map.at("mean").Scalar() == PER_PIXEL;
    if (!input.per_pixel_mean) input.mean = map.real("mean", ANY_REAL, 0.0);
    if (input.bits == 0) {
        for (const char* key : {"scale", "zero"})
            if (map.has(key))
                throw Error(map.where(key), "bits: 0 takes real values and has no codes",
                            "remove the key");
        return input;
    }
    if (input.per_pixel_mean)
        throw Error(map.where("mean"), "a mean per pixel needs real values", "use bits: 0");
    input.scale = map.real("scale", POSITIVE);
    input.zero = map.integer("zero", 0, (1 << input.bits) - 1, 0);
    return input;
}

NetworkSpec read_network(YamlSource& source) {
    const MapReader map(source, source.root(), "",
                        {"name", "about", "expect", "data", "input", "layers", "training"});
    NetworkSpec spec;
    spec.name = map.text("name");
    spec.about = map.text("about");
    spec.expect = map.text("expect");
    spec.data = map.text("data");
    spec.input = read_input(source, map);
    spec.layers = read_layers(source, map, spec.input);
    spec.training = read_training(map, spec.input.size);
    check_network(spec, [&](const std::string& path) { return source.where(path); });
    return spec;
}

void collect_paths(const YAML::Node& node, const std::string& path,
                   std::vector<std::string>& paths) {
    if (!path.empty()) paths.push_back(path);
    const std::string prefix = path.empty() ? "" : path + ".";
    if (node.IsMap())
        for (const auto& entry : node)
            collect_paths(entry.second, prefix + entry.first.Scalar(), paths);
    if (node.IsSequence())
        for (size_t i = 0; i < node.size(); ++i)
            collect_paths(node[i], prefix + std::to_string(i), paths);
}

/// `layers.*.X` and `layers.N+.X` as one override for each of the `count` layers that they mean;
/// other keys as they are.
std::vector<Override> for_each_layer(const Override& setting, size_t count) {
    const std::string head = "layers.";
    const size_t dot = setting.key.find('.', head.size());
    if (!setting.key.starts_with(head) || dot == std::string::npos) return {setting};
    const std::string which = setting.key.substr(head.size(), dot - head.size());
    size_t first = 0;
    if (which != "*") {
        const char* end = which.data() + which.size();
        const auto [stop, code] = std::from_chars(which.data(), end, first);
        if (code != std::errc{} || stop + 1 != end || *stop != '+') return {setting};
    }
    std::vector<Override> all;
    for (size_t i = first; i < count; ++i)
        all.push_back({fmt::format("layers.{}{}", i, setting.key.substr(dot)), setting.value});
    return all;
}

}  // namespace

NetworkSpec parse_network(std::string_view yaml, const std::string& origin,
                          const std::vector<Override>& overrides) {
    YamlSource source(yaml, origin);
    NetworkSpec spec = read_network(source);
    if (overrides.empty()) return spec;
    std::vector<std::string> known;
    collect_paths(YAML::Load(to_yaml(spec)), "", known);
    std::vector<Override> single;
    for (const Override& change : overrides)
        for (Override& one : for_each_layer(change, spec.layers.size()))
            single.push_back(std::move(one));
    source.apply(single, std::move(known));
    return read_network(source);
}

}  // namespace permloom
