#include "sim/systemc/adder_tree.h"

#include <fmt/format.h>

namespace permloom::systemc {

AdderTree::AdderTree(const sc_core::sc_module_name& name, Register<Terms>& in, int levels)
    : sc_module(name), in_(in) {
    for (int i = 0; i < levels; ++i) {
        Register<Terms>& from = sums();
        levels_.push_back(std::make_unique<AdderLevel>(fmt::format("level_{}", i).c_str()));
        sums_.push_back(std::make_unique<Register<Terms>>(fmt::format("sums_{}", i).c_str()));
        AdderLevel& level = *levels_.back();
        level.clk(clk);
        level.rst_n(rst_n);
        level.enable(enable);
        level.in(from);
        level.out(*sums_.back());
    }
}

}  // namespace permloom::systemc
