#include "compiler/passes/programmable.h"

#include <catch2/catch.hpp>

#include "compiler/program/engine_plan.h"

using namespace permloom;

namespace {

/// 6 inputs, 4 neurons, devices -2..2 shared.
ChipLayer layer_of(Engine engine, int lanes, Rail rail = Rail::single) {
    ChipLayer layer;
    layer.engine = engine;
    layer.lanes = lanes;
    layer.inputs = 6;
    layer.outputs = 4;
    layer.rail = rail;
    layer.device_bits = 3;
    layer.shared_profile = true;
    layer.devices = {-2, -1, 0, 1, 1, 2};
    if (rail == Rail::dual) layer.devices = {-2, -2, -1, -1, 0, 0, 0, 0, 1, 1, 2, 2};
    return layer;
}

/// Every position of 3 x 3.
Walk walk_over(int channels) {
    Walk walk;
    walk.map = {3, 3, channels};
    walk.rows = walk.columns = 3;
    return walk;
}

}  // namespace

TEST_CASE("programmable_cost -- a weight for every input and neuron, as many at once") {
    using enum Engine;
    //                                                        load  memory  cycles  multipliers
    CHECK(programmable_cost(layer_of(folded, 1), 2) == LayerCost{72, 144, 4, 6});
    CHECK(programmable_cost(layer_of(serial, 1), 1) == LayerCost{72, 72, 24, 1});
    // Four neurons on three lanes: in the second group two lanes have none, and eight weights of 3
    // bits make a row of their memory.
    CHECK(programmable_cost(layer_of(serial, 3), 1) == LayerCost{144, 144, 12, 3});
    CHECK(programmable_cost(layer_of(serial, 2), 1) == LayerCost{96, 96, 12, 2});
    CHECK(programmable_cost(layer_of(level, 1), 1) == LayerCost{72, 72, 6, 4});
    CHECK(programmable_cost(layer_of(level, 4), 1) == LayerCost{72, 72, 4, 16});
    // A weight is the difference of two devices; of split rails one device in one of two passes.
    CHECK(programmable_cost(layer_of(folded, 1, Rail::dual), 1) == LayerCost{96, 96, 4, 6});
    CHECK(programmable_cost(layer_of(folded, 1, Rail::split), 1) == LayerCost{72, 72, 4, 6});
}

TEST_CASE("programmable_cost -- a layer that walks loads its weights once") {
    ChipLayer layer = layer_of(Engine::serial, 2);
    layer.walk = walk_over(6);
    CHECK(programmable_cost(layer, 1) == LayerCost{96, 96, 9 * 12, 2});
    // Two cycles for the neurons, but six to read a window, of channels that no power of two
    // divides.
    layer = layer_of(Engine::folded, 1);
    layer.outputs = 2;
    layer.inputs = 5;
    layer.devices = {-2, -1, 0, 1, 2};
    layer.walk = walk_over(5);
    CHECK(programmable_cost(layer, 1).cycles == 9 * 5);
}

TEST_CASE("programmable_cost -- engine programmable is its own yardstick") {
    for (const Rail rail : {Rail::single, Rail::dual, Rail::split})
        for (const int lanes : {1, 3, 4, 5}) {
            const ChipLayer layer = layer_of(Engine::programmable, lanes, rail);
            const EnginePlan plan = engine_plan(layer);
            const auto stored = static_cast<uint64_t>(plan.wiring_stages * plan.wiring_rows *
                                                      weights_a_row(layer) * weight_bits(layer));
            CHECK(programmable_cost(layer, 2) == permuted_cost(layer, 2, stored));
            CHECK(programmable_cost(layer, 2).cycles == plan.interval);
            CHECK(programmable_cost(layer_of(Engine::serial, lanes, rail), 2) ==
                  programmable_cost(layer, 2));
        }
    // Even where the devices are -1, 0 and 1: other weights can be loaded.
    ChipLayer unit = layer_of(Engine::programmable, 2);
    unit.devices = {-1, -1, 0, 0, 1, 1};
    CHECK(permuted_cost(unit, 1, 72).multipliers == 2);
}

TEST_CASE("permuted_cost -- multipliers only where a device is no constant and no sign") {
    using enum Engine;
    CHECK(permuted_cost(layer_of(folded, 1), 2, 44) == LayerCost{44, 88, 4, 0});
    ChipLayer own = layer_of(folded, 1);
    own.shared_profile = false;
    own.devices.clear();
    for (int neuron = 0; neuron < 4; ++neuron)
        own.devices.insert(own.devices.end(), {-2, -1, 0, 1, 1, 2});
    CHECK(permuted_cost(own, 1, 44).multipliers == 6);
    // Devices of 0 take no cycle.
    CHECK(permuted_cost(layer_of(serial, 2), 1, 30) == LayerCost{30, 30, 10, 2});
    CHECK(permuted_cost(layer_of(level, 2), 1, 72) == LayerCost{72, 72, 4, 8});
    ChipLayer unit = layer_of(serial, 2);
    unit.devices = {-1, -1, 0, 0, 1, 1};
    CHECK(permuted_cost(unit, 1, 30).multipliers == 0);
}

TEST_CASE("LayerCost -- a chip is as slow as its slowest layer") {
    LayerCost sum{1, 2, 30, 4};
    sum += {10, 20, 3, 40};
    CHECK(sum == LayerCost{11, 22, 30, 44});
}
