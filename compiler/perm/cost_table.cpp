#include "compiler/perm/cost_table.h"

#include "compiler/base/error.h"
#include "compiler/perm/code.h"

namespace permloom {
namespace {

double share_over(double bits, double bound) {
    return bound > 0.0 ? bits / bound - 1.0 : 0.0;
}

}  // namespace

CostTable cost_table(const DeviceClasses& classes, int register_every) {
    PERMLOOM_ASSERT(register_every >= 1);
    const int n = classes.slots();
    CostTable table;
    table.permutations_bound = log2_factorial(n);
    table.wirings_bound = wiring_bound_bits(classes);
    for (const auto& circuit : all_circuits()) {
        const CircuitCost cost = circuit->cost(n);
        const int64_t registers = (cost.depth + register_every - 1) / register_every;
        table.circuits.push_back(
            {.name = std::string(circuit->name()),
             .summary = std::string(circuit->summary()),
             .cost = cost,
             .latency = registers + cost.cycles - 1,
             .over_bound = share_over(static_cast<double>(cost.configuration_bits),
                                      table.permutations_bound)});
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
