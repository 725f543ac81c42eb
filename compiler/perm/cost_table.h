/// What every circuit and every code takes for one bank, beside the information bound.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/perm/circuits.h"
#include "compiler/perm/permutation.h"

namespace permloom {

struct CostTable {
    struct CircuitRow {
        std::string name, summary;
        CircuitCost cost;
        /// Cycles through the circuit with a register after every P stages and after the last; of
        /// an index memory, until its last output.
        int64_t latency = 0;
        double over_bound = 0.0;  ///< configuration bits over log2 n!, as a share of it
        /// With only the live outputs: what is left of the switches (crosspoints of a crossbar) and
        /// of the bits. Switches with one useful output need half the multiplexers.
        int64_t live_switches = 0, one_sided = 0, live_bits = 0;
    };
    struct CodeRow {
        std::string name;
        uint64_t bits = 0;        ///< no wiring of these classes takes more
        double over_bound = 0.0;  ///< over wirings_bound, as a share of it
    };

    double permutations_bound = 0.0;  ///< log2 n!
    double wirings_bound = 0.0;       ///< log2(n! / prod m_l!)
    std::vector<CircuitRow> circuits;
    std::vector<CodeRow> codes;
};

/// `register_every` >= 1: pipeline registers after every so many stages. `live[r]` is 0 for the
/// outputs that do not matter (zero devices). A share of a bound of 0 is given as 0.
CostTable cost_table(const DeviceClasses& classes, std::span<const uint8_t> live,
                     int register_every);

}  // namespace permloom
