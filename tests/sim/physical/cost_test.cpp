#include "sim/physical/cost.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "compiler/base/error.h"
#include "sim/physical/effects.h"

// Everything here is counted by hand: AS-Waksman has 5 switches in 3 stages for 4 lines, 17 in 5
// stages for 8.

namespace permloom {
namespace {

ChipLayer layer_of(Engine engine, int inputs, int outputs, bool shared,
                   std::vector<int32_t> devices) {
    ChipLayer layer;
    layer.engine = engine;
    layer.inputs = inputs;
    layer.outputs = outputs;
    layer.shared_profile = shared;
    layer.devices = std::move(devices);
    return layer;
}

/// 4 inputs, 3 neurons on one bank of which two slots are not 0.
ChipLayer small_layer(Engine engine) {
    return layer_of(engine, 4, 3, true, {-1, 0, 0, 1});
}

Chip chip_of(const std::vector<ChipLayer>& layers) {
    Chip chip;
    chip.layers = layers;
    return chip;
}

/// Every figure its own power of a thousand, so that a sum shows what was counted.
DeviceModel model_of(SignScheme sign) {
    DeviceModel model = ideal_model();
    model.device.sign = sign;
    model.cost.device = {1.0, 2.0, 3.0};
    model.cost.switching = {1e3, 2e3, 3e3};
    model.cost.dac = {1e6, 2e6, 3e6};
    model.cost.adc = {1e9, 2e9, 3e9};
    model.cost.load_bit = {0.5, 0.25, 0.125};
    model.cost.rewritable = {.write_energy = 5.0,
                             .write_delay = 7.0,
                             .verify_energy = 1.0,
                             .verify_delay = 3.0,
                             .rounds = 4.0,
                             .parallel = 10.0,
                             .endurance = 1002.0};
    return model;
}

LayerCost cost_of(const ChipLayer& layer, SignScheme sign = SignScheme::pair) {
    return physical_cost(chip_of({layer}), 0, model_of(sign)).network.layers.front();
}

void check_counts(const PartCounts& counts, const PartCounts& expected) {
    CHECK(counts.devices == expected.devices);
    CHECK(counts.switches == expected.switches);
    CHECK(counts.dacs == expected.dacs);
    CHECK(counts.adcs == expected.adcs);
}

TEST_CASE("cost -- folded: one bank, one network, one neuron after another") {
    const LayerCost cost = cost_of(small_layer(Engine::folded));
    check_counts(cost.used, {.devices = 3 * 2 * 2, .switches = 3 * 5, .dacs = 4, .adcs = 3});
    check_counts(cost.in_turn, {.devices = 3, .switches = 3 * 3, .dacs = 1, .adcs = 3});
    check_counts(cost.built, {.devices = 4 * 2, .switches = 5, .dacs = 4, .adcs = 1});
    CHECK(cost.energy == 12 + 15e3 + 4e6 + 3e9);
    CHECK(cost.latency == 2 * (3 + 9e3 + 1e6 + 3e9));
    CHECK(cost.area == 3 * (8 + 5e3 + 4e6 + 1e9));
}

TEST_CASE("cost -- folded with a profile a neuron has a bank a neuron") {
    const LayerCost cost =
        cost_of(layer_of(Engine::folded, 4, 3, false, {-1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1}));
    CHECK(cost.used.devices == (2 + 0 + 4) * 2);
    CHECK(cost.built.devices == 3 * 4 * 2);
    CHECK(cost.built.switches == 5);
    CHECK(cost.built.adcs == 1);
}

TEST_CASE("cost -- spatial: a bank and a network a neuron, all at once") {
    const LayerCost cost = cost_of(small_layer(Engine::spatial));
    check_counts(cost.used, {.devices = 12, .switches = 15, .dacs = 4, .adcs = 3});
    check_counts(cost.in_turn, {.devices = 1, .switches = 3, .dacs = 1, .adcs = 1});
    check_counts(cost.built, {.devices = 3 * 4 * 2, .switches = 3 * 5, .dacs = 4, .adcs = 3});
}

TEST_CASE("cost -- serial: live slots alone, no switches") {
    // Groups of two neurons: live slots 2 and 1, then 4.
    ChipLayer layer =
        layer_of(Engine::serial, 4, 3, false, {-1, 0, 0, 1, 0, 0, 0, 1, -1, -1, 1, 1});
    layer.lanes = 2;
    const LayerCost cost = cost_of(layer);
    check_counts(cost.used, {.devices = 7 * 2, .dacs = 7, .adcs = 3});
    check_counts(cost.in_turn, {.devices = 2 + 4, .dacs = 2 + 4, .adcs = 2});
    check_counts(cost.built, {.devices = 7 * 2, .dacs = 2, .adcs = 2});
    // One profile for all: still devices of its own for every neuron.
    layer = small_layer(Engine::serial);
    layer.lanes = 2;
    CHECK(cost_of(layer).built.devices == 3 * 2 * 2);
}

TEST_CASE("cost -- level: devices of the levels of a cycle's inputs") {
    // Levels that conduct: -1 and 1; 1; -1, 1 and 2.
    ChipLayer layer = layer_of(Engine::level, 4, 3, false, {-1, 0, 0, 1, 0, 0, 1, 1, -1, 1, 1, 2});
    layer.lanes = 2;
    const LayerCost cost = cost_of(layer);
    check_counts(cost.used, {.devices = (2 + 2 + 4) * 2, .dacs = 4, .adcs = 3});
    check_counts(cost.in_turn, {.devices = 2, .dacs = 2, .adcs = 1});
    check_counts(cost.built, {.devices = 2 * (2 + 1 + 3) * 2, .dacs = 2, .adcs = 3});
    layer.rail = Rail::dual;
    layer.devices = {-1, 0, 0, 0, 0, 0, 0, 1, -1, 0, 0, 0, 0, 0, 0, 1, -1, 0, 0, 0, 0, 0, 0, 1};
    CHECK(cost_of(layer).used.dacs == 8);
    CHECK(cost_of(layer).in_turn.devices == 4);
}

TEST_CASE("cost -- what a slot of value 0 conducts is read") {
    const ChipLayer layer = small_layer(Engine::folded);
    // With an offset it is the least value, -1, that has no conductance; a device that carries its
    // sign is one.
    CHECK(cost_of(layer, SignScheme::offset).used.devices == 3 * 3);
    CHECK(cost_of(layer, SignScheme::offset).built.devices == 4);
    CHECK(cost_of(layer, SignScheme::carried).used.devices == 3 * 2);
    DeviceModel model = model_of(SignScheme::pair);
    model.device.on_off_ratio = 100.0;
    const auto devices = [&](const ChipLayer& of) {
        return physical_cost(chip_of({of}), 0, model).network.layers.front().used.devices;
    };
    CHECK(devices(layer) == 3 * 4 * 2);
    CHECK(devices(small_layer(Engine::serial)) == 3 * 2 * 2);
    // Values of one sign need no pairs.
    CHECK(cost_of(layer_of(Engine::folded, 4, 3, true, {0, 1, 1, 1})).used.devices == 3 * 3);
}

TEST_CASE("cost -- rails and planes take reads of their own") {
    ChipLayer dual = layer_of(Engine::folded, 4, 3, true, {-1, 0, 0, 0, 0, 0, 0, 1});
    dual.rail = Rail::dual;
    check_counts(cost_of(dual).used,
                 {.devices = 3 * 2 * 2, .switches = 3 * 17, .dacs = 8, .adcs = 3});
    check_counts(cost_of(dual).in_turn, {.devices = 3, .switches = 15, .dacs = 1, .adcs = 3});

    ChipLayer split = small_layer(Engine::folded);
    split.rail = Rail::split;  // no pairs; both rails see every pass
    check_counts(cost_of(split).used,
                 {.devices = 3 * 2 * 2, .switches = 30, .dacs = 4 * 6, .adcs = 6});
    check_counts(cost_of(split).in_turn, {.devices = 6, .switches = 18, .dacs = 6, .adcs = 6});
    CHECK(cost_of(split).built.devices == 4);
    split.engine = Engine::spatial;
    check_counts(cost_of(split).used,
                 {.devices = 3 * 2 * 2, .switches = 30, .dacs = 4 * 2, .adcs = 6});
    check_counts(cost_of(split).in_turn, {.devices = 2, .switches = 6, .dacs = 2, .adcs = 2});

    ChipLayer planes = small_layer(Engine::folded);
    planes.bit_serial = true;
    planes.in_bits = 8;
    check_counts(cost_of(planes).used,
                 {.devices = 8 * 12, .switches = 8 * 15, .dacs = 4 * 24, .adcs = 24});
}

TEST_CASE("cost -- a layer that walks reads at every position, and waits for what it adds") {
    // Layer 0 makes a map of 2 x 2 x 1; 1 and 2 read it, and 2 adds what 1 makes of it.
    ChipLayer first = layer_of(Engine::spatial, 4, 1, true, {0, 0, 0, 1});
    first.walk = Walk{.map = {2, 2, 4}, .rows = 2, .columns = 2, .skip = {}};
    ChipLayer slow = layer_of(Engine::folded, 1, 1, true, {1});
    slow.walk = Walk{.map = {2, 2, 1}, .rows = 2, .columns = 2, .skip = {}};
    ChipLayer adds = slow;
    adds.from = 0;
    adds.walk->skip = 1;
    const ChipLayer last = layer_of(Engine::spatial, 4, 2, true, {0, 0, 0, 1});
    const CostReport report =
        physical_cost(chip_of({first, slow, adds, last}), 0, model_of(SignScheme::pair));
    const std::vector<LayerCost>& layers = report.network.layers;
    check_counts(layers[0].used, {.devices = 4, .switches = 20, .dacs = 16, .adcs = 4});
    check_counts(layers[0].in_turn, {.devices = 4, .switches = 12, .dacs = 4, .adcs = 4});
    check_counts(layers[0].built, {.devices = 4, .switches = 5, .dacs = 4, .adcs = 1});
    // One line needs no switch.
    check_counts(layers[2].used, {.devices = 4, .dacs = 4, .adcs = 4});
    CHECK(report.network.latency ==
          layers[0].latency + layers[1].latency + layers[2].latency + layers[3].latency);
    CHECK(report.network.energy ==
          layers[0].energy + layers[1].energy + layers[2].energy + layers[3].energy);
    // Without the sum both read layer 0 at the same time.
    adds.walk->skip.reset();
    const CostReport apart =
        physical_cost(chip_of({first, slow, adds, last}), 0, model_of(SignScheme::pair));
    CHECK(apart.network.latency == layers[0].latency + layers[2].latency + layers[3].latency);
}

TEST_CASE("cost -- a load, and its memory") {
    Chip chip = chip_of({small_layer(Engine::folded)});
    chip.contexts = 2;
    const CostReport report = physical_cost(chip, 1000, model_of(SignScheme::pair));
    CHECK(report.load_bits == 1000);
    CHECK(report.retask.energy == 500.0);
    CHECK(report.retask.seconds == 250.0);
    CHECK(report.retask.a_second == 1.0 / 250.0);
    CHECK(std::isinf(report.retask.lifetime));
    CHECK(report.configuration_area == 250.0);
    // 3.004015012e9 an inference: less than one of them is enough.
    CHECK(report.retask.break_even == 1.0);
}

TEST_CASE("cost -- the array that is written anew") {
    const Chip chip = chip_of({small_layer(Engine::folded)});
    const CostReport report = physical_cost(chip, 0, model_of(SignScheme::pair));
    const LayerCost& array = report.rewritable.layers.front();
    check_counts(array.used, {.devices = 24, .dacs = 4, .adcs = 3});
    check_counts(array.in_turn, {.devices = 1, .dacs = 1, .adcs = 1});
    check_counts(array.built, {.devices = 24, .dacs = 4, .adcs = 3});
    CHECK(report.rewritable.energy == 24 + 4e6 + 3e9);
    CHECK(report.rewritable.latency == 2 * (1 + 1e6 + 1e9));
    CHECK(report.rewritable_devices == 24);
    const RetaskCost& retask = report.rewritable_retask;
    CHECK(retask.energy == 24 * 4 * (5.0 + 1.0));
    CHECK(retask.seconds == 3 * 4 * (7.0 + 3.0));  // 24 devices, 10 at a time
    CHECK(retask.a_second == 1.0 / 120.0);
    CHECK(retask.lifetime == 250.0);  // 1002 pulses, 4 each time
    CHECK(physical_cost(chip, 0, model_of(SignScheme::carried)).rewritable_devices == 12);
}

TEST_CASE("cost -- break-even is where the share is met, not one inference earlier") {
    DeviceModel model = model_of(SignScheme::pair);
    model.cost.device.energy = model.cost.dac.energy = 0.0;
    model.cost.adc.energy = 1.0;  // 3 an inference
    const CostReport report = physical_cost(chip_of({small_layer(Engine::folded)}), 0, model);
    const double inferences = report.rewritable_retask.break_even;
    CHECK(inferences == 576.0 / 3.0 / RETASK_SHARE);
    CHECK(576.0 <= RETASK_SHARE * 3.0 * inferences * (1.0 + 1e-12));
    CHECK(576.0 > RETASK_SHARE * 3.0 * (inferences - 1.0));
}

TEST_CASE("cost -- what costs nothing is no division of nothing") {
    const CostReport report =
        physical_cost(chip_of({small_layer(Engine::folded)}), 64, ideal_model());
    CHECK(report.network.energy == 0.0);
    CHECK(report.retask.break_even == 0.0);
    CHECK(report.rewritable_retask.break_even == 0.0);
    CHECK(std::isinf(report.retask.a_second));
    DeviceModel model = ideal_model();
    model.cost.rewritable.write_energy = 1.0;
    CHECK(std::isinf(physical_cost(chip_of({small_layer(Engine::folded)}), 64, model)
                         .rewritable_retask.break_even));
}

TEST_CASE("cost -- engine programmable has no devices to count") {
    CHECK_THROWS_WITH(cost_of(small_layer(Engine::programmable)),
                      Catch::Contains("engine programmable"));
}

TEST_CASE("cost -- json") {
    const Chip chip = chip_of({small_layer(Engine::folded)});
    const auto json =
        nlohmann::json::parse(physical_cost(chip, 1000, model_of(SignScheme::pair)).to_json());
    CHECK(json["network"]["energy_joule"] == 12 + 15e3 + 4e6 + 3e9);
    CHECK(json["network"]["layers"][0]["used"]["switches"] == 15);
    CHECK(json["network"]["layers"][0]["in_turn"]["switches"] == 9);
    CHECK(json["network"]["layers"][0]["built"]["switches"] == 5);
    CHECK(json["load_bits"] == 1000);
    CHECK(json["retask"]["seconds"] == 250.0);
    CHECK(json["retask"]["lifetime"].is_null());
    CHECK(json["rewritable_devices"] == 24);
    CHECK(json["rewritable_retask"]["lifetime"] == 250.0);
}

}  // namespace
}  // namespace permloom
