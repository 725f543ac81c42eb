#include "compiler/passes/pipeline.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "compiler/base/error.h"
#include "compiler/passes/encode.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/program/expand.h"
#include "tests/support/random_checkpoint.h"

namespace permloom {
namespace {

using Catch::Matchers::Contains;
using testing::levels;
using testing::network_of;
using testing::one_value;
using testing::random_checkpoint;

CompileResult compiled(const Checkpoint& checkpoint, const std::string& code = "auto") {
    CompileOptions options;
    options.code = code;
    options.name = "chip-a";
    return compile(checkpoint, options);
}

}  // namespace

TEST_CASE("compile -- every code carries identical wirings, on every rail and device kind") {
    Rng rng(21);
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split})
        for (const DeviceSpec& devices : {levels(2, true), levels(4, true), levels(4, false, 0.6),
                                          levels(12, false), one_value(0.4)})
            for (const std::vector<int>& sizes : std::vector<std::vector<int>>{
                     {17, 9, 5}, {1, 1, 1}, {2, 3, 2}, {8, 1, 4}, {5, 3}}) {
                const Checkpoint checkpoint =
                    random_checkpoint(network_of(sizes, rail, devices), rng);
                INFO("rail " << to_string(rail) << ", " << sizes[0] << " inputs, " << devices.bits
                             << " bits");
                const CompileResult automatic = compiled(checkpoint);
                const auto sources = decode_sources(automatic.chip, automatic.configuration);
                for (const char* code : {"lehmer", "level-map", "multiset", "index"}) {
                    const CompileResult named = compiled(checkpoint, code);
                    CHECK(named.chip == automatic.chip);
                    CHECK(decode_sources(named.chip, named.configuration) == sources);
                    for (size_t l = 0; l < named.report.layers.size(); ++l) {
                        const LayerReport& layer = named.report.layers[l];
                        const LayerReport& smallest = automatic.report.layers[l];
                        CHECK(layer.code == code);
                        CHECK(named.configuration.layers[l].code == code);
                        CHECK(layer.wiring_bits == smallest.code_bits.at(code));
                        if (std::string(code) != "index")
                            CHECK(smallest.wiring_bits <= layer.wiring_bits);
                        CHECK(static_cast<double>(layer.wiring_bits) + 1e-6 >= layer.wiring_bound);
                    }
                }
            }
}

TEST_CASE("compile -- an unknown code is refused with the known ones") {
    Rng rng(22);
    const Checkpoint checkpoint =
        random_checkpoint(network_of({4, 3}, Rail::single, levels(4, true)), rng);
    CHECK_THROWS_WITH(compiled(checkpoint, "lehmar"), Contains("lehmar") && Contains("lehmer"));
}

TEST_CASE("compile -- the same checkpoint gives the same chip and configuration") {
    Rng rng(23);
    const Checkpoint checkpoint =
        random_checkpoint(network_of({14, 8, 5}, Rail::dual, levels(4, false)), rng);
    const CompileResult one = compiled(checkpoint), two = compiled(checkpoint);
    CHECK(one.chip == two.chip);
    CHECK(one.configuration == two.configuration);
}

TEST_CASE("compile -- the configuration says where it comes from") {
    Rng rng(24);
    Checkpoint checkpoint =
        random_checkpoint(network_of({6, 4}, Rail::single, levels(4, true)), rng);
    checkpoint.network.name = "digits";
    checkpoint.dataset = "digits-odd";
    checkpoint.classes = 2;
    CHECK(compiled(checkpoint).configuration.float_accuracy == -1.0);
    checkpoint.test = {0.97, 0.1, "final"};
    const Configuration configuration = compiled(checkpoint).configuration;
    CHECK(configuration.network == "digits");
    CHECK(configuration.dataset == "digits-odd");
    CHECK(configuration.classes == 2);
    CHECK(configuration.float_accuracy == 0.97);
    CHECK(configuration.protocol == "final");
    CHECK(configuration.input.scale == checkpoint.network.input.scale);
    CHECK(configuration.chip_fingerprint == fingerprint(compiled(checkpoint).chip));
    for (const int classes : {0, 5}) {
        checkpoint.classes = classes;
        CHECK_THROWS_WITH(compiled(checkpoint), Contains("classes for 4 outputs"));
    }
}

TEST_CASE("compile -- a second function onto the first one's chip") {
    Rng rng(25);
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
        const Checkpoint first =
            random_checkpoint(network_of({12, 7, 4}, rail, levels(4, false)), rng);
        CompileOptions options;
        options.onto = compiled(first).chip;
        const CompileResult second = compile(testing::rewired(first, rng), options);
        CHECK(second.chip == *options.onto);
        CHECK(second.configuration.chip_fingerprint == fingerprint(*options.onto));
        CHECK(second.configuration != compiled(first).configuration);
        const Checkpoint stranger =
            random_checkpoint(network_of({12, 7, 4}, rail, levels(4, false)), rng);
        CHECK_THROWS_WITH(compile(stranger, options),
                          Contains("layer 0, neuron 0") && Contains("other devices"));
    }
}

TEST_CASE("report -- wiring-only exactly when one value is shared") {
    Rng rng(26);
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split}) {
        CHECK(compiled(random_checkpoint(network_of({20, 9, 4}, rail, one_value(0.3)), rng))
                  .report.wiring_only);
    }
    NetworkSpec zero_point = network_of({20, 9, 4}, Rail::single, levels(4, false));
    CHECK(compiled(random_checkpoint(zero_point, rng)).report.wiring_only);
    // A zero point of the input is corrected by each bank's own sum.
    zero_point.input.zero = 100;
    CHECK_FALSE(compiled(random_checkpoint(zero_point, rng)).report.wiring_only);
}

TEST_CASE("report -- counts on paper") {
    Rng rng(27);
    // 5 lines: 8 switches in 5 stages, tree of 3 levels; 3 neurons, then 2.
    const CompileResult result = compiled(
        random_checkpoint(network_of({5, 3, 2}, Rail::single, one_value(0.4)), rng), "index");
    const CompileReport& report = result.report;
    REQUIRE(report.layers.size() == 2);
    const LayerReport& first = report.layers[0];
    CHECK(first.switches == 8);
    CHECK(first.switches_left_out == 1);  // of the last stage: slots 0 to 2 have no device
    CHECK(first.stages == 5);
    CHECK(first.wires == 3 * 2);
    CHECK(first.cycles == 3);
    CHECK(first.passes == 1);
    CHECK(first.weight_rom_bits == 0);
    CHECK(first.accumulator_bits == 10);  // 2 * 255, signed
    CHECK(first.wiring_bits == 3 * 5 * 3);
    CHECK(first.wiring_bound == Approx(3 * std::log2(10.0)));
    CHECK(first.register_bits == 3 * 97 + 55);
    // Five records of switches with one word a row, registers of 4 and 3 words.
    CHECK(first.load_bits == 32 * (5 * (3 + 3) + (3 + 3 * 4) + (3 + 3)));
    CHECK(first.framing_bits == first.load_bits - first.register_bits - 3 * 8);
    CHECK(report.weights == 3 * 5 + 2 * 3);
    CHECK(report.wiring_bits == first.wiring_bits + report.layers[1].wiring_bits);
    CHECK(report.load_bits == expand(result.chip, result.configuration).load_bits());
    const LayerReport& second = report.layers[1];
    CHECK(report.framing_bits == report.load_bits - report.register_bits - 3 * 8 -
                                     2 * static_cast<uint64_t>(second.switches));
    // Header, CRC and end marker, and the row of classes: 6 + 2 + 4 words, 16 bits of them payload.
    CHECK(report.framing_bits == first.framing_bits + second.framing_bits + 32 * 12 - 16);
    // One beat of 8 pixels, 3 neurons, 3 result beats.
    CHECK(report.interval_cycles == 3);
    // 1 + (3 + 5 + 3 + 7) + (2 + 3 + 2 + 4): 3 lines have 3 stages and a tree of 2 levels.
    CHECK(report.latency_cycles == 1 + 18 + 11);
}

TEST_CASE("report -- the slowest of pixel load, layers and result sets the interval") {
    Rng rng(30);
    const auto report = [&](const std::vector<int>& sizes) {
        return compiled(random_checkpoint(network_of(sizes, Rail::single, levels(4, true)), rng))
            .report;
    };
    CHECK(report({100, 2}).interval_cycles == 13);  // beats of 8 pixels
    CHECK(report({5, 30, 4}).interval_cycles == 30);
    CHECK(report({5, 4, 30}).interval_cycles == 31);
    // 1 + sum(N + D + T + 7), the last layer 4: widths 5, 2, 4 have 5, 1, 3 stages, 3, 1, 2 levels.
    CHECK(report({5, 2, 4, 6}).latency_cycles ==
          1 + (2 + 5 + 3 + 7) + (4 + 1 + 1 + 7) + (6 + 3 + 2 + 4));
    CHECK(report({4, 6}).latency_cycles == 1 + (6 + 3 + 2 + 4));
}

TEST_CASE("report -- split rails pass twice, profiles per neuron cost a ROM") {
    Rng rng(28);
    const CompileReport split =
        compiled(random_checkpoint(network_of({9, 6, 2}, Rail::split, levels(4, false)), rng))
            .report;
    CHECK(split.layers[0].passes == 2);
    CHECK(split.layers[0].cycles == 12);
    CHECK(split.interval_cycles == 12);
    CHECK(split.layers[0].weight_rom_bits == 6 * 9 * 4);
    const CompileReport dual =
        compiled(random_checkpoint(network_of({9, 6, 2}, Rail::dual, levels(4, true)), rng)).report;
    CHECK(dual.layers[0].lines == 18);
    CHECK(dual.layers[0].weight_rom_bits == 0);
    CHECK(dual.layers[0].switches == as_waksman_topology(18).switch_count());
}

TEST_CASE("report -- engines serial and level, counts on paper") {
    Rng rng(27);
    // 5 inputs, 2 of the devices of each neuron are 1; 3 neurons, then 2 with 1 of 3.
    const Checkpoint checkpoint =
        random_checkpoint(network_of({5, 3, 2}, Rail::single, one_value(0.4)), rng);
    CompileOptions options;
    options.target.engines = {Engine::serial, Engine::level};
    options.target.lanes = 2;
    options.target.inputs_per_cycle = 2;
    const CompileReport report = compile(checkpoint, options).report;
    const LayerReport& serial = report.layers[0];
    CHECK(serial.engine == "serial");
    CHECK(serial.lanes == 2);
    CHECK(serial.switches == 0);
    // Groups of 2 and 1 neurons, 2 entries each: windows of 2; entries of 3 bits on two lanes.
    CHECK(serial.cycles == 4);
    CHECK(serial.wiring_memory_bits == 2 * 4 * 3);
    CHECK(serial.load_bits == 32 * (2 * (3 + 4) + (3 + 3 * 4) + (3 + 3)));
    CHECK(serial.framing_bits ==
          serial.load_bits - serial.wiring_memory_bits - serial.register_bits);
    const LayerReport& level = report.layers[1];
    CHECK(level.engine == "level");
    CHECK(level.cycles == 2);  // two steps of 2 inputs, two neurons
    CHECK(level.wiring_memory_bits == 2 * 2 * 2);
    CHECK(report.wiring_memory_bits == serial.wiring_memory_bits + level.wiring_memory_bits);
    CHECK(report.interval_cycles == 4);
    // 1 + (4 + 9 + 1 - 1) + (2 + (1 + 5) + 2 - 1)
    CHECK(report.latency_cycles == 1 + 13 + 9);
}

TEST_CASE("report -- engine programmable costs what its yardstick says, counts on paper") {
    Rng rng(28);
    const Checkpoint checkpoint =
        random_checkpoint(network_of({5, 3, 2}, Rail::dual, one_value(0.4)), rng);
    CompileOptions options;
    options.target.engines = {Engine::programmable};
    options.target.lanes = 2;
    const CompileReport report = compile(checkpoint, options).report;
    const LayerReport& first = report.layers[0];
    CHECK(first.engine == "programmable");
    CHECK(first.switches == 0);
    CHECK(first.weight_rom_bits == 0);
    // Two groups of 5 weights of 3 bits on two lanes; 8 weights a row, so that 10 take two rows.
    CHECK(first.cycles == 10);
    CHECK(first.wiring_memory_bits == 2 * 2 * 8 * 3);
    CHECK(first.load_bits == 32 * (2 * (3 + 2) + (3 + 3 * 4) + (3 + 3)));
    for (const LayerReport& layer : report.layers)
        CHECK(layer.permuted == layer.programmable);
    CHECK(report.permuted == report.programmable);
}

TEST_CASE("report -- JSON carries every field by its name") {
    Rng rng(29);
    const CompileReport report =
        compiled(random_checkpoint(network_of({9, 6, 2}, Rail::dual, levels(4, false)), rng))
            .report;
    const nlohmann::json json = nlohmann::json::parse(report.to_json());
    CHECK(json.at("weights") == report.weights);
    CHECK(json.at("wires") == report.wires);
    CHECK(json.at("wiring_bits") == report.wiring_bits);
    CHECK(json.at("wiring_bound") == report.wiring_bound);
    CHECK(json.at("register_bits") == report.register_bits);
    CHECK(json.at("framing_bits") == report.framing_bits);
    CHECK(json.at("load_bits") == report.load_bits);
    CHECK(json.at("interval_cycles") == report.interval_cycles);
    CHECK(json.at("latency_cycles") == report.latency_cycles);
    CHECK(json.at("wiring_only") == report.wiring_only);
    REQUIRE(json.at("layers").size() == 2);
    const nlohmann::json& layer = json.at("layers").at(0);
    const LayerReport& first = report.layers[0];
    CHECK(layer.at("inputs") == first.inputs);
    CHECK(layer.at("outputs") == first.outputs);
    CHECK(layer.at("lines") == first.lines);
    CHECK(layer.at("passes") == first.passes);
    CHECK(layer.at("switches") == first.switches);
    CHECK(layer.at("switches_left_out") == first.switches_left_out);
    CHECK(layer.at("stages") == first.stages);
    CHECK(layer.at("code") == first.code);
    CHECK(layer.at("code_bits").at("lehmer") == first.code_bits.at("lehmer"));
    CHECK(layer.at("wiring_bits") == first.wiring_bits);
    CHECK(layer.at("wiring_bound") == first.wiring_bound);
    CHECK(layer.at("register_bits") == first.register_bits);
    CHECK(layer.at("framing_bits") == first.framing_bits);
    CHECK(layer.at("load_bits") == first.load_bits);
    CHECK(layer.at("wires") == first.wires);
    CHECK(layer.at("weight_rom_bits") == first.weight_rom_bits);
    CHECK(layer.at("cycles") == first.cycles);
    CHECK(layer.at("accumulator_bits") == first.accumulator_bits);
    CHECK(layer.at("quantisation_error") == first.quantisation_error);
}

}  // namespace permloom
