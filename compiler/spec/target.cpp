#include "compiler/spec/target.h"

#include <vector>

#include "compiler/base/error.h"
#include "compiler/spec/yaml_reader.h"

namespace permloom {
namespace {

/// What the hardware rooms can build today.
const std::vector<std::string> ENGINES = {"folded"};
const std::vector<std::string> CIRCUITS = {"as-waksman"};

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

}  // namespace

TargetSpec parse_target(std::string_view yaml, const std::string& origin) {
    YamlSource source(yaml, origin);
    const MapReader map(source, source.root(), "",
                        {"name", "about", "engine", "circuit", "contexts", "pixel_stream_bits"});
    TargetSpec target;
    target.name = map.text("name");
    target.about = map.text("about");
    target.engine = one_of(map, "engine", ENGINES);
    target.circuit = one_of(map, "circuit", CIRCUITS);
    target.contexts = map.integer("contexts", 1, 2);
    target.pixel_stream_bits = map.integer("pixel_stream_bits", 8, 1024);
    if (target.pixel_stream_bits % 8 != 0)
        throw Error(map.where("pixel_stream_bits"), "must be a whole number of bytes");
    return target;
}

}  // namespace permloom
