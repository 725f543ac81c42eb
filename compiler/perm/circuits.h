/// The permutation circuits by name: what each consists of, costs, and how it is set.
///
/// Each circuit is one file with one entry point returning its Circuit; `circuits.cpp` lists them.
/// Simulators and emitters read topologies (circuit.h) and never this header: routing is done once,
/// in compiler/program.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/perm/circuit.h"
#include "compiler/perm/permutation.h"

namespace permloom {

/// What a circuit of n lines takes.
struct CircuitCost {
    int64_t switches = 0;  ///< 2x2 switches; crosspoints of a crossbar
    int depth = 0;         ///< switches (or crosspoints) that an item passes
    /// Pairs of wires that cross between the stages when every switch is drawn with its two lines
    /// side by side, switches and single wires of a stage in ascending order of their low line.
    int64_t crossings = 0;
    int64_t configuration_bits = 0;  ///< bits to load
    int64_t cycles = 1;              ///< between items: n for an index memory, 1 otherwise
};

class Circuit {
  public:
    virtual ~Circuit() = default;
    virtual std::string_view name() const = 0;
    /// What it is, in one line.
    virtual std::string_view summary() const = 0;
    /// `lines` >= 1.
    virtual Topology topology(int lines) const = 0;
    /// The bits that make the circuit realise `source`.
    virtual SwitchBits route(const Permutation& source) const = 0;
    /// The same for each of `sources`, which have one size, on the threads of `pool`. The result
    /// never depends on the number of threads.
    virtual std::vector<SwitchBits> route_batch(std::span<const Permutation> sources,
                                                ThreadPool& pool) const;
    virtual CircuitCost cost(int lines) const;
};

std::unique_ptr<Circuit> make_crossbar();    ///< a selector an output
std::unique_ptr<Circuit> make_benes();       ///< Benes network of any width
std::unique_ptr<Circuit> make_as_waksman();  ///< Benes without the switches that can stay straight
std::unique_ptr<Circuit> make_bitonic();     ///< self-configuring sorting network
std::unique_ptr<Circuit> make_index_memory();  ///< one line after another

/// All circuits: crossbar, benes, as-waksman, bitonic, index.
const std::vector<std::unique_ptr<Circuit>>& all_circuits();
/// Throws Error with the known names when `name` is none of them.
const Circuit& circuit_named(std::string_view name);

/// Cost of a switch network by counting (CircuitCost says how).
CircuitCost cost_of(const Topology& topology);

}  // namespace permloom
