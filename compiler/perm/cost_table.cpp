#include "compiler/perm/cost_table.h"

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/perm/code.h"
#include "compiler/perm/partial.h"

namespace permloom {
namespace {

double share_over(double bits, double bound) {
    return bound > 0.0 ? bits / bound - 1.0 : 0.0;
}

/// What is left of a circuit when outputs are open. A selector serves one output alone.
void count_live(const Circuit& circuit, std::span<const uint8_t> live, CostTable::CircuitRow& row) {
    const auto live_count =
        static_cast<int64_t>(live.size()) - std::ranges::count(live, uint8_t{0});
    if (live_count == static_cast<int64_t>(live.size())) {
        row.live_switches = row.cost.switches;
        row.live_bits = row.cost.configuration_bits;
        return;
    }
    const Topology topology = circuit.topology(static_cast<int>(live.size()));
    if (topology.stages.empty()) {
        row.live_switches = row.cost.switches / topology.lines * live_count;
        row.live_bits = row.cost.configuration_bits / topology.lines * live_count;
        return;
    }
    const PrunedTopology pruned = prune(topology, live);
    row.live_switches = pruned.topology.switch_count();
    row.one_sided = pruned.one_sided;
    row.live_bits = row.live_switches;
}

}  // namespace

CostTable cost_table(const DeviceClasses& classes, std::span<const uint8_t> live,
                     int register_every) {
    PERMLOOM_ASSERT(live.size() == static_cast<size_t>(classes.slots()));
    PERMLOOM_ASSERT(register_every >= 1);
    const int n = classes.slots();
    CostTable table;
    table.permutations_bound = log2_factorial(n);
    table.wirings_bound = wiring_bound_bits(classes);
    for (const auto& circuit : all_circuits()) {
        const CircuitCost cost = circuit->cost(n);
        const int64_t registers = (cost.depth + register_every - 1) / register_every;
        CostTable::CircuitRow row{
            .name = std::string(circuit->name()),
            .summary = std::string(circuit->summary()),
            .cost = cost,
            .latency = registers + cost.cycles - 1,
            .over_bound =
                share_over(static_cast<double>(cost.configuration_bits), table.permutations_bound)};
        count_live(*circuit, live, row);
        table.circuits.push_back(std::move(row));
    }
    for (const auto& code : all_codes()) {
        const uint64_t bits = code->max_bits(classes);
        table.codes.push_back(
            {.name = std::string(code->name()),
             .bits = bits,
             .over_bound = share_over(static_cast<double>(bits), table.wirings_bound)});
    }
    return table;
}

}  // namespace permloom
