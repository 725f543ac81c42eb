#include "compiler/spec/experiment.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/spec/library.h"

using namespace permloom;
using Catch::Contains;

namespace {

const std::string EXAMPLE = R"(name: example
figure: none
about: digits by period and bits
paper: &paper
  about: nothing is left open
  network: digits
  data: digits
  protocol: paper
  epochs: 4
  seeds: 2
  set: {layers.1+.devices.keep: 0.5}
  grid:
    training.sync_every: [5, 50]
    layers.*.devices.bits: [2, 4]
  variants:
    drift: {}
    free: {training.algorithm: free, training.sync_every: ~}
reduced: *paper
claims:
  - text: a long period is better
    compare: [{variant: drift, training.sync_every: 50}, ">", {variant: drift, training.sync_every: 5}]
  - text: falls
    monotone: falling
    over: layers.*.devices.bits
    where: {variant: drift}
)";

std::string example_with(const std::string& old, const std::string& text) {
    std::string yaml = EXAMPLE;
    const size_t at = yaml.find(old);
    REQUIRE(at != std::string::npos);
    return yaml.replace(at, old.size(), text);
}

std::string message(const std::string& yaml) {
    try {
        parse_experiment(yaml, "e.yaml");
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("experiment -- runs are variants x grid x seeds, named by their values") {
    const ExperimentSpec spec = parse_experiment(EXAMPLE, "e.yaml");
    CHECK(axes_of(spec.paper) ==
          std::vector<std::string>{"variant", "training.sync_every", "layers.*.devices.bits"});
    const std::vector<ExperimentPoint> points = points_of(spec.paper);
    // The variant without a period has no runs along that axis.
    REQUIRE(points.size() == (4 + 2) * 2);
    CHECK(points[0].name == "drift-sync_every=5-bits=2");
    CHECK(points[1].name == points[0].name);
    CHECK(points[1].seed == 2);
    CHECK(points[8].name == "free-bits=2");
    CHECK(points[8].value("training.sync_every").empty());
    CHECK(points[8].matches({{"variant", "free"}, {"layers.*.devices.bits", "2"}}));
    CHECK_FALSE(points[8].matches({{"variant", "drift"}}));
}

TEST_CASE("experiment -- patterns of layers reach the layers that they mean") {
    const ExperimentSpec spec = parse_experiment(EXAMPLE, "e.yaml");
    const NetworkSpec network = network_of(points_of(spec.paper)[0]);
    REQUIRE(network.layers.size() == 2);
    CHECK(network.layers[0].devices.bits == 2);
    CHECK(network.layers[1].devices.bits == 2);
    CHECK(network.layers[0].devices.keep == 1.0);
    CHECK(network.layers[1].devices.keep == 0.5);
    CHECK(network.training.epochs == 4);
    CHECK(network.training.sync_every.initial == 5.0);
}

TEST_CASE("experiment -- a wrong setting names the run and the nearest key") {
    const ExperimentSpec spec =
        parse_experiment(example_with("layers.1+.devices.keep", "layers.1+.devices.kep"), "e.yaml");
    CHECK_THROWS_WITH(network_of(points_of(spec.paper)[0]),
                      Contains("run drift-sync_every=5-bits=2: --set layers.1.devices.kep") &&
                          Contains("did you mean 'layers.1.devices.keep'?"));
}

TEST_CASE("experiment -- faults of a description name line and key") {
    const std::vector<std::vector<std::string>> cases = {
        {"figure: none", "figur: none", "e.yaml:2: figur: unknown key, did you mean 'figure'?"},
        {"  seeds: 2", "  seed: 2", "paper.seed: unknown key, did you mean 'seeds'?"},
        {"  epochs: 4\n", "", "key 'epochs' is missing"},
        {"protocol: paper", "protocol: papr", "'papr' is not one of final, held-out, paper"},
        {"[5, 50]", "5", "training.sync_every: must be a list of values"},
        {"[5, 50]", "[5, 5]", "'5' is given twice"},
        {"    over:", "    ovr:", "claims.1.ovr: unknown key, did you mean 'over'?"},
        {"monotone: falling", "monotone: sinking", "'sinking' is not one of rising, falling"},
        {"{variant: drift, training.sync_every: 50}", "{variant: drft}",
         "no run of paper has variant drft, did you mean 'drift'?"},
        {"{variant: drift, training.sync_every: 50}", "{varient: drift}",
         "'varient' is no axis of paper, did you mean 'variant'?"},
        {"{variant: drift, training.sync_every: 50}", "{variant: free, training.sync_every: 50}",
         "no run of paper has all of these values"},
        {"\">\"", "\">=\"", "must be [runs, \">\" or \"<\", runs or a number]"},
        {"    over: layers.*.devices.bits", "    over: variant",
         "'drift' of paper is not a number"},
        {"    over: layers.*", "    from: 4\n    over: layers.*", "fewer than two values of paper"},
        {"    over: layers.*", "    at: 0.5\n    measure: best\n    over: layers.*",
         "only the final accuracy can be taken earlier"},
    };
    for (const auto& one : cases) {
        INFO(one[1]);
        CHECK_THAT(message(example_with(one[0], one[1])), Contains(one[2]));
    }
    const std::string held_out = example_with("protocol: paper", "protocol: held-out");
    CHECK_THAT(message(held_out), Contains("protocol held-out tests the selected epoch alone"));
    const std::string none = EXAMPLE.substr(0, EXAMPLE.find("claims:")) + "claims: []\n";
    CHECK_THAT(message(none), Contains("must be a list of at least one claim"));
}

TEST_CASE("experiment -- a variant starts from another one's run of its seed and point") {
    const std::string two =
        "    drift: {start: {shuffled: free}}\n    free: {training.algorithm: free";
    const std::string yaml =
        example_with("    drift: {}\n    free: {training.algorithm: free", two);
    const std::vector<ExperimentPoint> points = points_of(parse_experiment(yaml, "e.yaml").paper);
    REQUIRE(points.size() == 12);
    for (const ExperimentPoint& point : points) {
        CAPTURE(point.name, point.seed);
        REQUIRE(point.shuffled.has_value() == (point.value("variant") == "drift"));
        if (!point.shuffled) continue;
        // `free` has no period: one of its runs serves both.
        const ExperimentPoint& from = points[*point.shuffled];
        CHECK(from.value("variant") == "free");
        CHECK(from.seed == point.seed);
        CHECK(from.value("layers.*.devices.bits") == point.value("layers.*.devices.bits"));
    }
    // With the same axes, or one value of the other's.
    for (const std::string own : {"", ", training.sync_every: 50"}) {
        const std::string more = example_with(
            "  variants:\n", "  variants:\n    far: {start: {shuffled: drift}" + own + "}\n");
        const auto all = points_of(parse_experiment(more, "e.yaml").paper);
        CHECK(all[*all[0].shuffled].value("variant") == "drift");
        CHECK(all[*all[0].shuffled].value("training.sync_every") ==
              all[0].value("training.sync_every"));
    }
}

TEST_CASE("experiment -- evaluations between syncs belong to a variant") {
    const std::string yaml = example_with("drift: {}", "drift: {evaluate_every: 7}");
    const std::vector<ExperimentPoint> points = points_of(parse_experiment(yaml, "e.yaml").paper);
    CHECK(points.front().evaluate_every == 7);
    CHECK(points.back().evaluate_every == 0);
    CHECK_NOTHROW(network_of(points.front()));
}

TEST_CASE("experiment -- faults of what a variant starts from") {
    const std::string drift = "    drift: {}", free = "    free: {training.algorithm: free, ";
    const auto with = [&](const std::string& first, const std::string& second) {
        std::string yaml = example_with(drift, "    drift: {" + first + "}");
        return message(yaml.replace(yaml.find(free), free.size(), free + second));
    };
    CHECK_THAT(with("start: {shuffled: fre}", ""),
               Contains("e.yaml:16: paper.variants.drift.start: there is no variant 'fre', did you "
                        "mean 'free'?"));
    CHECK_THAT(with("start: {shuffled: drift}", ""), Contains("is a circle: drift from drift"));
    CHECK_THAT(with("start: {shuffled: free}", "start: {shuffled: drift}, "),
               Contains("drift.start: is a circle: drift from free from drift"));
    CHECK_THAT(with("", "start: {shuffled: drift}, "),
               Contains("free.start: 'drift' has not one run for each training.sync_every of "
                        "'free'"));
    CHECK_THAT(with("start: {shufled: free}", ""),
               Contains("drift.start.shufled: unknown key, did you mean 'shuffled'?"));
    CHECK_THAT(with("start: free", ""), Contains("drift.start: must be a map"));
    CHECK_THAT(with("start: ~", ""), Contains("key 'start' is missing"));
    CHECK_THAT(with("evaluate_every: 0", ""), Contains("drift.evaluate_every"));
    std::string final = example_with(drift, "    drift: {evaluate_every: 7}");
    final.replace(final.find("protocol: paper"), 15, "protocol: final");
    CHECK_THAT(message(final),
               Contains("drift.evaluate_every: protocol final evaluates once, at the end"));
}

TEST_CASE("experiment -- a claim with \"<\" is the same with its sides exchanged") {
    const ExperimentClaim claim =
        parse_experiment(example_with("\">\"", "\"<\""), "e.yaml").claims[0];
    CHECK(claim.left[1].value == "5");
    CHECK(claim.right[1].value == "50");
}

TEST_CASE("experiment -- levels is about wiring alone: nothing else is trained") {
    const ExperimentSpec spec = load_experiment("levels");
    for (const ExperimentScale* scale : {&spec.paper, &spec.reduced})
        for (const ExperimentPoint& point : points_of(*scale)) {
            CAPTURE(point.name);
            const NetworkSpec network = network_of(point);
            for (size_t l = 0; l < network.layers.size(); ++l) {
                CHECK(network.layers[l].plain(static_cast<int>(l)));
                CHECK(network.layers[l].devices.shared_profile);
            }
        }
}

TEST_CASE("experiment -- every experiment that comes along has runs that can be trained") {
    for (const std::string& name : experiment_names()) {
        INFO(name);
        const ExperimentSpec spec = load_experiment(name);
        CHECK(spec.name == name);
        CHECK(!spec.claims.empty());
        for (const ExperimentScale* scale : {&spec.paper, &spec.reduced})
            for (const ExperimentPoint& point : points_of(*scale)) {
                INFO(point.name);
                CHECK_NOTHROW(network_of(point));
            }
    }
    CHECK_THROWS_WITH(load_experiment("fig3"), Contains("did you mean 'fig03'?"));
}
