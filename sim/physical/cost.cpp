#include "sim/physical/cost.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/program/device_instance.h"
#include "compiler/program/engine_plan.h"
#include "sim/physical/fabricate.h"

namespace permloom {
namespace {

using Json = nlohmann::ordered_json;

/// Of one vector.
struct Counts {
    PartCounts used, in_turn, built;
};

/// The devices of each neuron that conduct.
class Conducting {
  public:
    Conducting(const ChipLayer& layer, const DeviceModel& model)
        : layer_(layer),
          nominal_(nominal_layer(layer, model, layer.banks())),
          devices_a_slot_(has_pairs(layer, model.device.sign) ? 2 : 1) {}

    int devices_a_slot() const { return devices_a_slot_; }
    /// Of all neurons.
    int64_t devices() const {
        int64_t slots = 0;
        for (int neuron = 0; neuron < layer_.banks(); ++neuron)
            for (int slot = 0; slot < layer_.lines(); ++slot)
                slots += conducts(neuron, slot) ? 1 : 0;
        return slots * (layer_.shared_profile ? layer_.outputs : 1) * devices_a_slot_;
    }
    /// A device for each level that conducts, of all neurons.
    int64_t devices_of_levels() const {
        int64_t count = 0;
        for (int neuron = 0; neuron < layer_.outputs; ++neuron) {
            std::set<int32_t> levels;
            for (int slot = 0; slot < layer_.lines(); ++slot)
                if (conducts(neuron, slot))
                    levels.insert(layer_.bank(neuron)[static_cast<size_t>(slot)]);
            count += static_cast<int64_t>(levels.size());
        }
        return count * devices_a_slot_;
    }

  private:
    bool conducts(int neuron, int slot) const {
        if (layer_.engine == Engine::serial)
            return layer_.bank(neuron)[static_cast<size_t>(slot)] != 0;
        const auto bank = static_cast<size_t>(layer_.shared_profile ? 0 : neuron);
        const size_t cell = bank * static_cast<size_t>(layer_.lines()) + static_cast<size_t>(slot);
        return nominal_.plus[cell] != 0.0F ||
               (!nominal_.minus.empty() && nominal_.minus[cell] != 0.0F);
    }

    const ChipLayer& layer_;
    LayerInstance nominal_;
    int devices_a_slot_;
};

Counts network_counts(const ChipLayer& layer, size_t index, const Conducting& conducting) {
    const bool folded = layer.engine == Engine::folded;
    const Topology network = as_waksman_topology(layer.lines());
    const int64_t lines = layer.lines(), neurons = layer.outputs, cycles = layer.cycles_a_neuron();
    const int64_t networks = folded ? 1 : neurons;
    const int64_t reads_in_turn = folded ? neurons * cycles : cycles;
    const int64_t inputs_in_turn = folded && cycles == 1 ? 1 : reads_in_turn;
    return {.used = {.devices = conducting.devices() * cycles,
                     .switches = neurons * cycles * network.switch_count(),
                     .dacs = lines * inputs_in_turn,
                     .adcs = neurons * cycles},
            .in_turn = {.devices = reads_in_turn,
                        .switches = reads_in_turn * network.stage_count(),
                        .dacs = inputs_in_turn,
                        .adcs = reads_in_turn},
            .built = {.devices = bank_count(layer, index, Sharing::engine) * lines *
                                 conducting.devices_a_slot(),
                      .switches = networks * network.switch_count(),
                      .dacs = lines,
                      .adcs = networks}};
}

Counts serial_counts(const ChipLayer& layer, const Conducting& conducting) {
    const std::vector<int32_t> entries = group_entries(layer);
    const int64_t steps = std::accumulate(entries.begin(), entries.end(), int64_t{0});
    const int64_t devices = conducting.devices(), lanes = layer.lanes;
    return {
        .used = {.devices = devices,
                 .dacs = devices / conducting.devices_a_slot(),
                 .adcs = layer.outputs},
        .in_turn = {.devices = steps, .dacs = steps, .adcs = static_cast<int64_t>(entries.size())},
        .built = {.devices = devices, .dacs = lanes, .adcs = lanes}};
}

Counts level_counts(const ChipLayer& layer, const Conducting& conducting) {
    return {.used = {.devices = conducting.devices(), .dacs = layer.lines(), .adcs = layer.outputs},
            .in_turn = {.devices = steps(layer), .dacs = steps(layer), .adcs = 1},
            .built = {.devices = layer.lanes * conducting.devices_of_levels(),
                      .dacs = layer.lanes,
                      .adcs = layer.outputs}};
}

Counts counts_of(const ChipLayer& layer, size_t index, const DeviceModel& model) {
    const Conducting conducting(layer, model);
    switch (layer.engine) {
        case Engine::folded:
        case Engine::spatial:
            return network_counts(layer, index, conducting);
        case Engine::serial:
            return serial_counts(layer, conducting);
        case Engine::level:
            return level_counts(layer, conducting);
        case Engine::programmable:
            break;  // refused by nominal_layer
    }
    PERMLOOM_ASSERT(false);
    return {};
}

Counts array_counts(const ChipLayer& layer, const DeviceModel& model) {
    const int64_t devices =
        int64_t{layer.inputs} * layer.outputs * (model.device.sign == SignScheme::pair ? 2 : 1);
    const PartCounts all{.devices = devices, .dacs = layer.inputs, .adcs = layer.outputs};
    return {.used = all, .in_turn = {.devices = 1, .dacs = 1, .adcs = 1}, .built = all};
}

double sum(const PartCounts& counts, const DeviceCost& cost, double PartCost::*what) {
    return static_cast<double>(counts.devices) * cost.device.*what +
           static_cast<double>(counts.switches) * cost.switching.*what +
           static_cast<double>(counts.dacs) * cost.dac.*what +
           static_cast<double>(counts.adcs) * cost.adc.*what;
}

PartCounts times(PartCounts counts, int64_t factor) {
    counts.devices *= factor;
    counts.switches *= factor;
    counts.dacs *= factor;
    counts.adcs *= factor;
    return counts;
}

/// `counts(index)`: of one vector of a layer.
template <class CountsOf>
NetworkCost network_cost(const Chip& chip, const DeviceCost& cost, const CountsOf& counts) {
    NetworkCost network;
    std::vector<double> ready;  // of each layer, when all of its values are there
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const int64_t positions = layer.walk ? layer.walk->positions() : 1;
        const Counts of_vector = counts(l);
        LayerCost line{times(of_vector.used, positions), times(of_vector.in_turn, positions),
                       of_vector.built};
        line.energy = sum(line.used, cost, &PartCost::energy);
        line.latency = sum(line.in_turn, cost, &PartCost::delay);
        line.area = sum(line.built, cost, &PartCost::area);
        const int source = chip.source(l);
        double begins = source == NETWORK_INPUT ? 0.0 : ready[static_cast<size_t>(source)];
        if (layer.adds()) begins = std::max(begins, ready[static_cast<size_t>(*layer.walk->skip)]);
        ready.push_back(begins + line.latency);
        network.energy += line.energy;
        network.area += line.area;
        network.layers.push_back(line);
    }
    network.latency = ready.back();
    return network;
}

/// 0 of nothing is 0.
double ratio(double value, double of) {
    return value == 0.0 ? 0.0 : value / of;
}

RetaskCost retask_cost(double energy, double seconds, double lifetime, double inference_energy) {
    return {energy, seconds, 1.0 / seconds, lifetime,
            std::ceil(ratio(energy, RETASK_SHARE * inference_energy))};
}

Json json_of(const PartCounts& counts) {
    return {{"devices", counts.devices},
            {"switches", counts.switches},
            {"dacs", counts.dacs},
            {"adcs", counts.adcs}};
}

Json json_of(const NetworkCost& network) {
    Json json = {{"energy_joule", network.energy},
                 {"latency_seconds", network.latency},
                 {"area_square_metres", network.area},
                 {"layers", Json::array()}};
    for (const LayerCost& layer : network.layers)
        json["layers"].push_back({{"energy_joule", layer.energy},
                                  {"latency_seconds", layer.latency},
                                  {"area_square_metres", layer.area},
                                  {"used", json_of(layer.used)},
                                  {"in_turn", json_of(layer.in_turn)},
                                  {"built", json_of(layer.built)}});
    return json;
}

// JSON has no infinity: nlohmann writes null.
Json json_of(const RetaskCost& retask) {
    return {{"energy_joule", retask.energy},
            {"seconds", retask.seconds},
            {"a_second", retask.a_second},
            {"lifetime", retask.lifetime},
            {"break_even_inferences", retask.break_even}};
}

}  // namespace

CostReport physical_cost(const Chip& chip, uint64_t load_bits, const DeviceModel& model) {
    const DeviceCost& cost = model.cost;
    CostReport report;
    report.network =
        network_cost(chip, cost, [&](size_t l) { return counts_of(chip.layers[l], l, model); });
    report.load_bits = load_bits;
    const auto bits = static_cast<double>(load_bits);
    report.configuration_area = bits * chip.contexts * cost.load_bit.area;
    report.retask = retask_cost(bits * cost.load_bit.energy, bits * cost.load_bit.delay,
                                std::numeric_limits<double>::infinity(), report.network.energy);

    report.rewritable =
        network_cost(chip, cost, [&](size_t l) { return array_counts(chip.layers[l], model); });
    for (const LayerCost& layer : report.rewritable.layers)
        report.rewritable_devices += layer.built.devices;
    const RewritableCost& written = cost.rewritable;
    const auto devices = static_cast<double>(report.rewritable_devices);
    report.rewritable_retask =
        retask_cost(devices * written.rounds * (written.write_energy + written.verify_energy),
                    std::ceil(devices / written.parallel) * written.rounds *
                        (written.write_delay + written.verify_delay),
                    std::floor(written.endurance / written.rounds), report.rewritable.energy);
    return report;
}

std::string CostReport::to_json() const {
    const Json json = {{"network", json_of(network)},
                       {"configuration_area_square_metres", configuration_area},
                       {"load_bits", load_bits},
                       {"retask", json_of(retask)},
                       {"retask_share", RETASK_SHARE},
                       {"rewritable", json_of(rewritable)},
                       {"rewritable_devices", rewritable_devices},
                       {"rewritable_retask", json_of(rewritable_retask)}};
    return json.dump(2) + "\n";
}

}  // namespace permloom
