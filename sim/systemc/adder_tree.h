/// A tree of adders, or several of one power of two of terms side by side.
#pragma once

#include <memory>
#include <vector>

#include "sim/systemc/adder_level.h"

namespace permloom::systemc {

/// Its levels, signals and instances.
class AdderTree final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"}, enable{"enable"};

    AdderTree(const sc_core::sc_module_name& name, Register<Terms>& in, int levels);

    /// The register behind the last level.
    Register<Terms>& sums() { return sums_.empty() ? in_ : *sums_.back(); }

  private:
    Register<Terms>& in_;
    std::vector<std::unique_ptr<Register<Terms>>> sums_;
    std::vector<std::unique_ptr<AdderLevel>> levels_;
};

}  // namespace permloom::systemc
