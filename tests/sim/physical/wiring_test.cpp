#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/perm/as_waksman.h"
#include "compiler/perm/evaluate.h"
#include "sim/physical/layer_wiring.h"
#include "sim/physical/physical.h"
#include "tests/support/random_chip.h"

namespace permloom {
namespace {

/// What a signal on one line becomes at every slot, switch by switch from the front.
std::vector<double> forward(const Topology& network, const SwitchBits& bits, const SwitchPass& pass,
                            int line) {
    std::vector<double> values(static_cast<size_t>(network.lines), 0.0);
    values[static_cast<size_t>(line)] = 1.0;
    for (int stage = 0; stage < network.stage_count(); ++stage)
        for (size_t i = 0; i < network.stages[static_cast<size_t>(stage)].size(); ++i) {
            const Switch& one = network.stages[static_cast<size_t>(stage)][i];
            double& low = values[static_cast<size_t>(one.low)];
            double& high = values[static_cast<size_t>(one.high)];
            const bool crossed = bits.at(stage, static_cast<int>(i));
            const double to_low = crossed ? high : low, to_high = crossed ? low : high;
            low = pass.through * to_low + pass.leak * to_high;
            high = pass.through * to_high + pass.leak * to_low;
        }
    return values;
}

TEST_CASE("layer_wiring -- the lines' values are the slots' seen through every switch") {
    Rng rng(1);
    for (int n = 1; n <= 12; ++n) {
        LayerWiring wiring;
        wiring.network = as_waksman_topology(n);
        SwitchBits bits(wiring.network->row_widths());
        for (int stage = 0; stage < bits.row_count(); ++stage)
            for (int i = 0; i < bits.width(stage); ++i)
                bits.set(stage, i, rng.chance(0.5));
        wiring.sources.push_back(evaluate(*wiring.network, bits));
        wiring.bits.push_back(bits);
        std::vector<double> slots;
        for (int slot = 0; slot < n; ++slot)
            slots.push_back(rng.uniform(-5.0, 5.0));
        const SwitchPass pass{0.9, 0.03};
        const std::vector<double> lines = line_values(wiring, 0, pass, slots);
        for (int line = 0; line < n; ++line) {
            const std::vector<double> arriving = forward(*wiring.network, bits, pass, line);
            double sum = 0.0;
            for (int slot = 0; slot < n; ++slot)
                sum += arriving[static_cast<size_t>(slot)] * slots[static_cast<size_t>(slot)];
            CHECK(lines[static_cast<size_t>(line)] == Approx(sum));
        }
        // Without losses the network is its permutation.
        const std::vector<double> ideal = line_values(wiring, 0, {}, slots);
        for (int slot = 0; slot < n; ++slot)
            CHECK(ideal[static_cast<size_t>(wiring.sources[0][slot])] ==
                  slots[static_cast<size_t>(slot)]);
    }
}

TEST_CASE("layer_wiring -- a crossbar's way is as long as its row and column") {
    LayerWiring wiring;
    wiring.crossbar = true;
    wiring.sources.emplace_back(std::vector<int32_t>{2, 0, 1});
    const SwitchPass pass{0.5, 0.125};
    const std::vector<double> lines = line_values(wiring, 0, pass, std::vector<double>{1, 0, 0});
    // Slot 0 is column 0: line k turns at once and passes the 2 - k crosspoints below.
    CHECK(lines[2] == 0.5);
    CHECK(lines[1] == 0.125 * 0.5);
    CHECK(lines[0] == 0.125 * 0.25);
    CHECK(mean_transmission(wiring, {0.5, 0.0}) ==
          Approx((0.5 + 0.5 * std::pow(0.5, 1 + 2) + 0.5 * std::pow(0.5, 2 + 1)) / 3.0));
}

TEST_CASE("layer_wiring -- stuck switches do as they do, and neurons of `spatial` have their own") {
    Rng rng(4);
    for (const Engine engine : {Engine::folded, Engine::spatial}) {
        Chip chip = test::random_chip(
            {.inputs = 8, .layers = {{.outputs = 4, .shared_profile = true, .engine = engine}}},
            rng);
        const Configuration configuration = test::random_wiring(chip, rng).configuration;
        DeviceInstance made = nominal_instance(chip, ideal_model());
        const auto clean = wire(chip, configuration, made);
        const bool was = clean[0].bits[2].at(0, 1);
        made.layers[0].stuck.push_back({engine == Engine::folded ? 0 : 2, 0, 1, !was});
        const auto faulty = wire(chip, configuration, made);
        for (size_t j = 0; j < 4; ++j) {
            const bool hit = engine == Engine::folded ? clean[0].bits[j].at(0, 1) == was : j == 2;
            CHECK((faulty[0].sources[j] == clean[0].sources[j]) == !hit);
            CHECK(evaluate(*faulty[0].network, faulty[0].bits[j]) == faulty[0].sources[j]);
        }
    }
}

TEST_CASE("effects -- stuck switches come at their rates") {
    Rng rng(4);
    const Chip chip = test::random_chip(
        {.inputs = 64, .layers = {{.outputs = 40, .engine = Engine::spatial}}}, rng);
    DeviceModel model = ideal_model();
    model.switching.stuck_straight = 0.02;
    model.switching.stuck_crossed = 0.05;
    const DeviceInstance made = fabricate(chip, model, {});
    const double switches =
        40.0 * static_cast<double>(as_waksman_topology(chip.layers[0].lines()).switch_count());
    double crossed = 0.0;
    for (const LayerStuckSwitch& one : made.layers[0].stuck)
        crossed += one.crossed ? 1.0 : 0.0;
    const double straight = static_cast<double>(made.layers[0].stuck.size()) - crossed;
    CHECK(std::abs(straight / switches - 0.02) <= 5.0 * std::sqrt(0.02 * 0.98 / switches));
    CHECK(std::abs(crossed / switches - 0.05) <= 5.0 * std::sqrt(0.05 * 0.95 / switches));
}

}  // namespace
}  // namespace permloom
