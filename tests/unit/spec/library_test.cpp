#include <catch2/catch.hpp>

#include <cmath>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/spec/library.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;
using Catch::Contains;

namespace {

/// Devices that are not zero, from the description alone (exact pruning).
int64_t wires(const NetworkSpec& spec) {
    int64_t total = 0;
    for (const LayerSpec& layer : spec.layers) {
        const bool two_signs =
            layer.rail == Rail::split || layer.devices.values == DeviceValues::signed_shared;
        const double kept = layer.devices.keep * layer.lines();
        total += layer.outputs * (two_signs ? 2 * std::lround(kept / 2) : std::lround(kept));
    }
    return total;
}

}  // namespace

TEST_CASE(
    "library -- every network that comes along is valid, named as its file, and says what it is") {
    const std::vector<std::string> names = network_names();
    CHECK(names.size() == 20);
    for (const std::string& name : names) {
        INFO(name);
        const NetworkSpec spec = load_network(name);
        CHECK(spec.name == name);
        CHECK(spec.about.size() > 10);
        CHECK_THAT(spec.expect, Contains("%"));
        CHECK(spec.outputs() == 10);
        CHECK(spec.input.size == (spec.data == "digits"    ? 64
                                  : spec.data == "cifar10" ? 32 * 32 * 3
                                                           : 28 * 28));
        CHECK(parse_network(to_yaml(spec), name) == spec);
        // Real values have no codes, and raw bytes no largest real value.
        if (spec.input.bits == 0 || spec.input.div == 1.0) continue;
        // The brightest pixel is the largest code and the real value 1.
        const double brightest = (spec.data == "digits" ? 16.0 : 255.0) / spec.input.div;
        CHECK(std::round((brightest - spec.input.mean) / spec.input.scale) <=
              (1 << spec.input.bits) - 1);
        CHECK(std::round(brightest / spec.input.scale) * spec.input.scale == Approx(1.0));
    }
}

TEST_CASE("library -- the shared-value networks have the wires they promise") {
    CHECK(wires(load_network("f1")) == 4700);
    CHECK(wires(load_network("f1-latent")) == 3920);
    CHECK(wires(load_network("agnostic-256")) == 21248);
    CHECK(wires(load_network("signed-256")) == 41216);
    CHECK(wires(load_network("puzzle-128")) == 2428);
}

TEST_CASE("library -- the paper's networks have the weights of the authors' own") {
    const auto weights = [](const char* name) {
        int64_t total = 0;
        for (const LayerSpec& layer : load_network(name).layers)
            total += int64_t{layer.inputs} * layer.outputs;
        return total;
    };
    CHECK(weights("conv2") == 4300992);
    CHECK(weights("conv4") == 2425024);
    CHECK(weights("conv7") == 325152);
    CHECK(weights("conv13") == 14977728);
    CHECK(weights("resnet50") == 754736);
    CHECK(load_network("resnet50").layers.size() == 52);  // 49 convolutions, 2 projections, dense
    CHECK(weights("mlp-100-100-float") == 89400);
}

TEST_CASE("library -- a network is found by name or path, overrides apply to both") {
    CHECK(load_network("digits", {{"training.epochs", "2"}}).training.epochs == 2);
    const permloom::testing::TemporaryDirectory directory;
    const auto path = directory / "net.yaml";
    write_file(path, to_yaml(load_network("f1")));
    CHECK(load_network(path.string(), {{"training.epochs", "2"}}).training.epochs == 2);
    CHECK_THROWS_WITH(load_network((directory / "none.yaml").string()), Contains("cannot open"));
    CHECK_THROWS_WITH(load_network("digit"),
                      Contains("did you mean 'digits'?") && Contains("mlp-100-100"));
}

TEST_CASE("library -- targets are found by name or path") {
    CHECK(target_names() == std::vector<std::string>{"generic", "ice40-hx8k", "ice40-up5k", "level",
                                                     "programmable", "serial", "spatial"});
    CHECK(load_target("generic").engines == std::vector{Engine::folded});
    CHECK(load_target("programmable").engines == std::vector{Engine::programmable});
    CHECK(load_target("level", {{"inputs_per_cycle", "4"}}).inputs_per_cycle == 4);
    CHECK_THROWS_WITH(load_target("generik"), Contains("did you mean 'generic'?"));
}
