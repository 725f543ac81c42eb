// Crossbar: n x n crosspoints, one closed in every row. The bits of output r are the number of its
// input line; the hardware decodes it onto the row.

#include "compiler/perm/circuits.h"
#include "compiler/perm/selectors.h"

namespace permloom {
namespace {

class Crossbar final : public Circuit {
  public:
    std::string_view name() const override { return "crossbar"; }
    std::string_view summary() const override { return "n x n crosspoints, no routing"; }
    Topology topology(int lines) const override { return selector_topology(lines); }
    SwitchBits route(const Permutation& source) const override { return select_lines(source); }
    CircuitCost cost(int lines) const override {
        const Topology topology = selector_topology(lines);
        return {.switches = int64_t{lines} * lines,
                .depth = 1,
                .configuration_bits = int64_t{lines} * topology.selector_bits};
    }
};

}  // namespace

std::unique_ptr<Circuit> make_crossbar() {
    return std::make_unique<Crossbar>();
}

}  // namespace permloom
