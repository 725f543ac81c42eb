// Index memory: a memory of n line numbers and one selector, which takes them one after another.
// The smallest circuit and the slowest: n reads an item.

#include "compiler/perm/circuits.h"
#include "compiler/perm/selectors.h"

namespace permloom {
namespace {

class IndexMemory final : public Circuit {
  public:
    std::string_view name() const override { return "index"; }
    std::string_view summary() const override { return "memory of line numbers, a line a cycle"; }
    Topology topology(int lines) const override { return selector_topology(lines); }
    SwitchBits route(const Permutation& source) const override { return select_lines(source); }
    CircuitCost cost(int lines) const override {
        const Topology topology = selector_topology(lines);
        return {.depth = 1,
                .configuration_bits = int64_t{lines} * topology.selector_bits,
                .cycles = lines};
    }
};

}  // namespace

std::unique_ptr<Circuit> make_index_memory() {
    return std::make_unique<IndexMemory>();
}

}  // namespace permloom
