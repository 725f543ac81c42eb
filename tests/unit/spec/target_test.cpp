#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/spec/target.h"

using namespace permloom;
using Catch::Contains;

namespace {

std::string target(const std::string& engine, const std::string& circuit,
                   const std::string& contexts, const std::string& stream) {
    return "name: t\nabout: a\nengine: " + engine + "\ncircuit: " + circuit +
           "\ncontexts: " + contexts + "\npixel_stream_bits: " + stream + "\n";
}

std::string message(const std::string& yaml) {
    try {
        parse_target(yaml, "t.yaml");
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("target -- reads every field") {
    const TargetSpec spec = parse_target(target("folded", "as-waksman", "1", "32"), "t.yaml");
    CHECK(spec.name == "t");
    CHECK(spec.about == "a");
    CHECK(spec.engines == std::vector{Engine::folded});
    CHECK(spec.lanes == 1);
    CHECK(spec.circuit == "as-waksman");
    CHECK(spec.contexts == 1);
    CHECK(spec.pixel_stream_bits == 32);
}

TEST_CASE("target -- an engine for all layers or one for each, with its parameters") {
    const std::string rest = "circuit: as-waksman\ncontexts: 1\npixel_stream_bits: 64\n";
    const TargetSpec mixed = parse_target(
        "name: t\nabout: a\nengine: [level, serial]\nlanes: 5\ninputs_per_cycle: 16\n" + rest,
        "t.yaml");
    CHECK(mixed.engines == std::vector{Engine::level, Engine::serial});
    CHECK(mixed.lanes == 5);
    CHECK(mixed.inputs_per_cycle == 16);
    const TargetSpec yardstick =
        parse_target("name: t\nabout: a\nengine: [serial, programmable]\n" + rest, "t.yaml");
    CHECK(yardstick.engines == std::vector{Engine::serial, Engine::programmable});
    const auto refused = [&](const std::string& engine) {
        return message("name: t\nabout: a\n" + engine + rest);
    };
    CHECK_THAT(refused("engine: []\n"), Contains("t.yaml:3: engine: is an empty list"));
    CHECK_THAT(refused("engine: [level, seriel]\n"), Contains("did you mean 'serial'?"));
    CHECK_THAT(refused("engine: serial\nlanes: 0\n"), Contains("lanes: is 0, must be 1 to 255"));
    CHECK_THAT(refused("engine: level\ninputs_per_cycle: 12\n"),
               Contains("inputs_per_cycle: must be a power of two"));
}

TEST_CASE("target -- a decoder by its name") {
    const std::string base =
        "name: t\nabout: a\nengine: serial\ncircuit: as-waksman\ncontexts: 1\n"
        "pixel_stream_bits: 64\n";
    CHECK(parse_target(base, "t.yaml").decoder == Decoder::none);
    CHECK(parse_target(base + "decoder: level-map\n", "t.yaml").decoder == Decoder::level_map);
    CHECK(parse_target(base, "t.yaml", {{"decoder", "factorial-stream"}}).decoder ==
          Decoder::factorial_stream);
    CHECK_THAT(message(base + "decoder: levelmap\n"),
               Contains("t.yaml:7: decoder: decoder 'levelmap' is unknown") &&
                   Contains("'level-map'?") && Contains("none, factorial-stream, level-map"));
}

TEST_CASE("target -- engine auto and its budget") {
    const std::string rest = "circuit: as-waksman\ncontexts: 1\npixel_stream_bits: 64\n";
    const auto with = [&](const std::string& lines) {
        return "name: t\nabout: a\n" + lines + rest;
    };
    const TargetSpec spec =
        parse_target(with("engine: auto\nbudget: {luts: 5000, rams: 30}\n"), "t.yaml");
    CHECK(spec.automatic);
    CHECK(spec.budget.luts == 5000);
    CHECK(spec.budget.rams == 30);
    CHECK(!spec.budget.flip_flops);
    // A budget does no harm to a target whose engines are named.
    const TargetSpec named =
        parse_target(with("engine: serial\nbudget: {flip_flops: 7}\n"), "t.yaml");
    CHECK(!named.automatic);
    CHECK(named.budget.flip_flops == 7);
    const TargetSpec set = parse_target(with("engine: serial\n"), "t.yaml",
                                        {{"engine", "auto"}, {"budget.luts", "900"}});
    CHECK(set.automatic);
    CHECK(set.budget.luts == 900);
    const auto refused = [&](const std::string& lines) { return message(with(lines)); };
    CHECK_THAT(refused("engine: auto\n"), Contains("t.yaml:3: engine: auto needs a budget"));
    CHECK_THAT(refused("engine: auto\nbudget: {}\n"),
               Contains("t.yaml:4: budget: states no limit"));
    CHECK_THAT(refused("engine: auto\nbudget: {cycles: 900}\n"),
               Contains("t.yaml:4: budget: cycles alone are no limit"));
    CHECK_THAT(refused("engine: auto\nbudget: {lut: 5}\n"), Contains("did you mean 'luts'?"));
    CHECK_THAT(refused("engine: auto\nbudget: {rams: 0}\n"),
               Contains("budget.rams: is 0, must be 1 to"));
    CHECK_THAT(refused("engine: auto\nbudget: 5\n"), Contains("budget"));
    CHECK_THAT(refused("engine: [auto, serial]\n"), Contains("engine 'auto' is unknown"));
}

TEST_CASE("target -- what cannot be built is refused by key") {
    CHECK_THAT(message(target("fold", "as-waksman", "1", "64")),
               Contains("t.yaml:3: engine: engine 'fold' is unknown") && Contains("'folded'?"));
    CHECK_THAT(message(target("folded", "benes", "1", "64")),
               Contains("t.yaml:4: circuit: 'benes'"));
    CHECK_THAT(message(target("folded", "as-waksman", "3", "64")),
               Contains("t.yaml:5: contexts: is 3, must be 1 to 2"));
    CHECK_THAT(message(target("folded", "as-waksman", "1", "12")),
               Contains("t.yaml:6: pixel_stream_bits: must be a whole number of bytes"));
    CHECK_THAT(message(target("folded", "as-waksman", "1", "128")),
               Contains("t.yaml:6: pixel_stream_bits: is 128, must be 8 to 64"));
    CHECK_THAT(message("name: t\n"), Contains("t.yaml: key 'about' is missing"));
    CHECK_THAT(message("nam: t\n"), Contains("t.yaml:1: nam: unknown key, did you mean 'name'?"));
}
