#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/spec/experiment.h"
#include "compiler/spec/yaml_reader.h"

namespace permloom {
namespace {

constexpr int SEED_LIMIT = 1000;
constexpr int EPOCH_LIMIT = 1 << 24;
constexpr int STEP_LIMIT = 1 << 30;

const std::vector<std::string> PROTOCOLS = {"final", "held-out", "paper"};

std::string one_of(const std::string& text, const std::vector<std::string>& known,
                   const std::string& where) {
    if (std::find(known.begin(), known.end(), text) == known.end())
        throw Error(where, fmt::format("'{}' is not one of {}{}", text, fmt::join(known, ", "),
                                       did_you_mean(text, known)));
    return text;
}

/// A value as one line of YAML.
std::string flow_text(const YAML::Node& node) {
    if (node.IsScalar()) return node.Scalar();
    YAML::Emitter emitter;
    emitter.SetMapFormat(YAML::Flow);
    emitter.SetSeqFormat(YAML::Flow);
    emitter << node;
    return emitter.c_str();
}

/// A map whose keys are free: they are settings of a network, checked when the runs are made.
class SettingsReader {
  public:
    SettingsReader(const MapReader& parent, const std::string& key)
        : node_(parent.at(key)), map_(parent.source(), node_, parent.path(key), keys(node_)) {}

    std::vector<std::string> keys() const { return keys(node_); }
    const MapReader& map() const { return map_; }
    std::optional<std::string> value(const std::string& key) const {
        const YAML::Node& map = node_;
        if (map[key].IsNull()) return {};
        return flow_text(map[key]);
    }
    /// As `value`, of settings that cannot be left out.
    std::vector<Override> overrides() const {
        std::vector<Override> all;
        for (const std::string& key : keys())
            all.push_back({key, flow_text(map_.at(key))});
        return all;
    }

  private:
    static std::vector<std::string> keys(const YAML::Node& node) {
        std::vector<std::string> all;
        if (node.IsMap())
            for (const auto& entry : node)
                all.push_back(entry.first.Scalar());
        return all;
    }

    YAML::Node node_;
    MapReader map_;
};

std::vector<ExperimentAxis> read_grid(const MapReader& scale) {
    std::vector<ExperimentAxis> grid;
    if (!scale.has("grid")) return grid;
    const SettingsReader settings(scale, "grid");
    for (const std::string& key : settings.keys()) {
        const YAML::Node list = settings.map().at(key);
        const std::string here = settings.map().where(key);
        if (!list.IsSequence() || list.size() == 0) throw Error(here, "must be a list of values");
        ExperimentAxis axis{key, {}};
        for (const auto& value : list) {
            axis.values.push_back(read_string(value, here));
            if (std::count(axis.values.begin(), axis.values.end(), axis.values.back()) > 1)
                throw Error(here, "'" + axis.values.back() + "' is given twice");
        }
        grid.push_back(std::move(axis));
    }
    return grid;
}

/// What a variant says of its runs beside settings of the network.
constexpr char START[] = "start", EVALUATE_EVERY[] = "evaluate_every";

ExperimentVariant read_variant(const MapReader& variants, const std::string& name) {
    const SettingsReader settings(variants, name);
    const MapReader& map = settings.map();
    ExperimentVariant variant;
    variant.name = name;
    for (const std::string& key : settings.keys())
        if (key != START && key != EVALUATE_EVERY)
            variant.settings.emplace_back(key, settings.value(key));
    if (map.has(START)) {
        const MapReader start(map.source(), map.at(START), map.path(START), {"shuffled"});
        variant.shuffled = start.text("shuffled");
    }
    variant.evaluate_every = map.integer(EVALUATE_EVERY, 1, STEP_LIMIT, 0);
    return variant;
}

const ExperimentVariant* find_variant(const std::vector<ExperimentVariant>& variants,
                                      const std::string& name) {
    const auto found = std::find_if(variants.begin(), variants.end(),
                                    [&](const ExperimentVariant& one) { return one.name == name; });
    return found == variants.end() ? nullptr : &*found;
}

/// Checks that what a variant starts from is there, and that the first of such a chain starts from
/// devices of its own.
void check_start(const std::vector<ExperimentVariant>& variants, const ExperimentVariant& variant,
                 const std::string& where) {
    std::vector<std::string> path = {variant.name};
    const ExperimentVariant* at = &variant;
    while (!at->shuffled.empty() && path.size() <= variants.size()) {
        const ExperimentVariant* next = find_variant(variants, at->shuffled);
        if (!next) {
            std::vector<std::string> names;
            for (const ExperimentVariant& one : variants)
                names.push_back(one.name);
            throw Error(where, fmt::format("there is no variant '{}'{}", at->shuffled,
                                           did_you_mean(at->shuffled, names)));
        }
        at = next;
        path.push_back(at->name);
    }
    if (!at->shuffled.empty())
        throw Error(where, fmt::format("is a circle: {}", fmt::join(path, " from ")),
                    "let one of them start from devices of its own");
}

/// Checks that each run of a variant finds one to start from along an axis of the grid.
void check_start_along(const ExperimentAxis& axis, const ExperimentVariant& from,
                       const ExperimentVariant& variant, const std::string& where) {
    const auto *theirs = from.own(axis.key), *ours = variant.own(axis.key);
    const bool one_for_all = theirs && !*theirs;
    const bool same = theirs ? ours && *ours == *theirs : !ours;
    const bool among_theirs =
        !theirs && ours && *ours && std::count(axis.values.begin(), axis.values.end(), **ours) > 0;
    if (!one_for_all && !same && !among_theirs)
        throw Error(where,
                    fmt::format("'{}' has not one run for each {} of '{}'", from.name, axis.key,
                                variant.name),
                    fmt::format("give both the same {}", axis.key));
}

std::vector<ExperimentVariant> read_variants(const MapReader& scale, const ExperimentScale& read) {
    std::vector<ExperimentVariant> variants;
    if (!scale.has("variants")) return variants;
    const SettingsReader names(scale, "variants");
    for (const std::string& name : names.keys())
        variants.push_back(read_variant(names.map(), name));
    for (const ExperimentVariant& variant : variants) {
        const auto where = [&](const char* key) {
            return scale.source().where(names.map().path(variant.name) + "." + key);
        };
        if (variant.evaluate_every > 0 && read.protocol == "final")
            throw Error(where(EVALUATE_EVERY), "protocol final evaluates once, at the end",
                        "use protocol: paper or held-out");
        check_start(variants, variant, where(START));
        if (variant.shuffled.empty()) continue;
        for (const ExperimentAxis& axis : read.grid)
            check_start_along(axis, *find_variant(variants, variant.shuffled), variant,
                              where(START));
    }
    return variants;
}

ExperimentScale read_scale(const MapReader& experiment, const std::string& key) {
    const MapReader map(
        experiment.source(), experiment.at(key), key,
        {"about", "network", "data", "protocol", "epochs", "seeds", "set", "grid", "variants"});
    ExperimentScale scale;
    scale.about = map.text("about");
    scale.network = map.text("network");
    scale.data = map.text("data");
    scale.protocol = one_of(map.text("protocol"), PROTOCOLS, map.where("protocol"));
    scale.epochs = map.integer("epochs", 1, EPOCH_LIMIT);
    scale.seeds = map.integer("seeds", 1, SEED_LIMIT);
    if (map.has("set")) scale.settings = SettingsReader(map, "set").overrides();
    scale.grid = read_grid(map);
    scale.variants = read_variants(map, scale);
    return scale;
}

/// Reads claims and checks them against the runs of both scales.
class ClaimReader {
  public:
    ClaimReader(const ExperimentSpec& spec)
        : scales_{{"paper", &spec.paper, points_of(spec.paper)},
                  {"reduced", &spec.reduced, points_of(spec.reduced)}} {}

    ExperimentClaim read(YamlSource& source, const YAML::Node& node, const std::string& path) const;

  private:
    struct Scale {
        std::string name;
        const ExperimentScale* spec;
        std::vector<ExperimentPoint> points;
    };

    void read_comparison(const MapReader& map, ExperimentClaim& claim) const;
    void read_monotone(const MapReader& map, ExperimentClaim& claim) const;
    Selection read_selection(const YAML::Node& node, const std::string& where) const;
    void check_measure(const MapReader& map, const ExperimentClaim& claim) const;

    std::vector<Scale> scales_;
};

Selection ClaimReader::read_selection(const YAML::Node& node, const std::string& where) const {
    if (!node.IsMap())
        throw Error(where, "must be a map of axes and values", "for example {variant: adam}");
    Selection selection;
    for (const auto& entry : node)
        selection.push_back({entry.first.Scalar(), read_string(entry.second, where)});
    for (const Scale& scale : scales_) {
        const std::vector<std::string> axes = axes_of(*scale.spec);
        for (const Override& wanted : selection) {
            if (std::find(axes.begin(), axes.end(), wanted.key) == axes.end())
                throw Error(where,
                            fmt::format("'{}' is no axis of {}{}", wanted.key, scale.name,
                                        did_you_mean(wanted.key, axes)),
                            fmt::format("its axes are {}", fmt::join(axes, ", ")));
            std::vector<std::string> values;
            for (const ExperimentPoint& point : scale.points)
                values.push_back(point.value(wanted.key));
            if (std::find(values.begin(), values.end(), wanted.value) == values.end())
                throw Error(where, fmt::format("no run of {} has {} {}{}", scale.name, wanted.key,
                                               wanted.value, did_you_mean(wanted.value, values)));
        }
        if (std::none_of(scale.points.begin(), scale.points.end(),
                         [&](const ExperimentPoint& point) { return point.matches(selection); }))
            throw Error(where, "no run of " + scale.name + " has all of these values");
    }
    return selection;
}

void ClaimReader::read_comparison(const MapReader& map, ExperimentClaim& claim) const {
    const YAML::Node sides = map.at("compare");
    const std::string here = map.where("compare");
    const auto is = [&](const char* word) {
        return sides[1].IsScalar() && sides[1].Scalar() == word;
    };
    if (!sides.IsSequence() || sides.size() != 3 || !(is(">") || is("<")))
        throw Error(here, "must be [runs, \">\" or \"<\", runs or a number]",
                    "for example [{variant: laperm}, \">\", {variant: adam}]");
    claim.left = read_selection(sides[0], here);
    if (sides[2].IsScalar())
        claim.number = read_real(sides[2], here, ANY_REAL);
    else
        claim.right = read_selection(sides[2], here);
    if (is(">")) return;
    if (claim.number)
        throw Error(here, "a number stands on the smaller side", "write the claim with \">\"");
    std::swap(claim.left, claim.right);
}

void ClaimReader::read_monotone(const MapReader& map, ExperimentClaim& claim) const {
    const std::string direction =
        one_of(map.text("monotone"), {"rising", "falling"}, map.where("monotone"));
    claim.kind =
        direction == "rising" ? ExperimentClaim::Kind::rising : ExperimentClaim::Kind::falling;
    claim.over = map.text("over");
    claim.from = map.real("from", ANY_REAL, ANY_REAL.low);
    claim.to = map.real("to", ANY_REAL, ANY_REAL.high);
    if (map.has("where")) claim.left = read_selection(map.at("where"), map.where("where"));
    for (const Scale& scale : scales_) {
        one_of(claim.over, axes_of(*scale.spec), map.where("over"));
        std::vector<double> along;
        for (const ExperimentPoint& point : scale.points) {
            const auto number = axis_number(point.value(claim.over));
            if (!number && !point.value(claim.over).empty())
                throw Error(map.where("over"), "'" + point.value(claim.over) + "' of " +
                                                   scale.name + " is not a number");
            if (number && *number >= claim.from && *number <= claim.to &&
                point.matches(claim.left) &&
                std::find(along.begin(), along.end(), *number) == along.end())
                along.push_back(*number);
        }
        if (along.size() < 2)
            throw Error(map.where("over"), "fewer than two values of " + scale.name +
                                               " are in the part that the claim is about");
    }
}

/// Whether both protocols take the measure.
void ClaimReader::check_measure(const MapReader& map, const ExperimentClaim& claim) const {
    const bool epochs = claim.at < 1.0;
    if (epochs && claim.measure != Measure::final)
        throw Error(map.where("at"), "only the final accuracy can be taken earlier",
                    "use measure: final");
    for (const Scale& scale : scales_) {
        const std::string& protocol = scale.spec->protocol;
        const std::string hint = "use protocol: paper in " + scale.name;
        if (epochs && protocol != "paper")
            throw Error(map.where("at"), "protocol " + protocol + " tests only at the end", hint);
        if (claim.measure == Measure::best && protocol == "final")
            throw Error(map.where("measure"), "protocol final selects no best epoch", hint);
        if ((claim.measure == Measure::final || claim.measure == Measure::loss) &&
            protocol == "held-out")
            throw Error(map.where("measure"), "protocol held-out tests the selected epoch alone",
                        "use measure: best");
    }
}

ExperimentClaim ClaimReader::read(YamlSource& source, const YAML::Node& node,
                                  const std::string& path) const {
    const bool compares = node.IsMap() && node["compare"].IsDefined();
    const std::vector<std::string> keys =
        compares
            ? std::vector<std::string>{"text", "compare", "measure", "over_seeds", "margin", "at"}
            : std::vector<std::string>{"text",  "monotone", "over",       "from",   "to",
                                       "where", "measure",  "over_seeds", "margin", "at"};
    const MapReader map(source, node, path, keys);
    ExperimentClaim claim;
    claim.text = map.text("text");
    const auto choose = [&](const std::string& key, auto& value, auto... choices) {
        if (!map.has(key)) return;
        std::vector<std::string> words;
        (words.emplace_back(to_string(choices)), ...);
        const std::string word = one_of(map.text(key), words, map.where(key));
        ((word == to_string(choices) ? void(value = choices) : void()), ...);
    };
    choose("measure", claim.measure, Measure::final, Measure::best, Measure::loss,
           Measure::ranking_distance, Measure::ranking_roughness);
    choose("over_seeds", claim.over_seeds, OverSeeds::mean, OverSeeds::max, OverSeeds::min);
    claim.margin = map.real("margin", ANY_REAL, 0.0);
    claim.at = map.real("at", FRACTION, 1.0);
    check_measure(map, claim);
    if (compares)
        read_comparison(map, claim);
    else
        read_monotone(map, claim);
    return claim;
}

}  // namespace

ExperimentSpec parse_experiment(std::string_view yaml, const std::string& origin) {
    YamlSource source(yaml, origin);
    const MapReader map(source, source.root(), "",
                        {"name", "figure", "about", "paper", "reduced", "claims"});
    ExperimentSpec spec;
    spec.name = map.text("name");
    spec.figure = map.text("figure");
    spec.about = map.text("about");
    spec.paper = read_scale(map, "paper");
    spec.reduced = read_scale(map, "reduced");
    const YAML::Node claims = map.at("claims");
    if (!claims.IsSequence() || claims.size() == 0)
        throw Error(map.where("claims"), "must be a list of at least one claim",
                    "say beforehand what the runs should show");
    const ClaimReader reader(spec);
    for (size_t i = 0; i < claims.size(); ++i) {
        const std::string path = fmt::format("claims.{}", i);
        source.note(path, claims[i]);
        spec.claims.push_back(reader.read(source, claims[i], path));
    }
    return spec;
}

}  // namespace permloom
