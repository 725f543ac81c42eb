/// What the layers of neurons side by side, `serial`, `level` and `programmable`, have in common.
///
///     ActivationMemory -> the engine's own stages -> ProductStage -> AdderTree -> Accumulators
///           -> Collector -> LayerOutput
#pragma once

#include "sim/systemc/accumulator.h"
#include "sim/systemc/activation_memory.h"
#include "sim/systemc/adder_tree.h"
#include "sim/systemc/collector.h"
#include "sim/systemc/layer_module.h"
#include "sim/systemc/product_stage.h"

namespace permloom::systemc {

class ParallelLayer : public LayerModule {
  protected:
    /// `side_by_side` neurons of `terms` products each; reads of the memory reach the elements
    /// 0 .. `readable` - 1.
    ParallelLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index,
                  int side_by_side, int terms, int readable);

    /// Binds the stage that issues to the memory and the row bus.
    template <class Issue, class To>
    void place_issue(Issue& issue, To& to) {
        place(issue);
        issue.enable(enable_);
        issue.in_valid(in_valid_);
        issue.in_ctx(in_ctx_);
        issue.in_bank(in_bank_);
        issue.row(row);
        issue.out(to);
        issue.advance(advance_);
        issue.release(release_);
    }

    ActivationMemory memory_;
    Register<Operands> operands_{"operands"};

  private:
    sc_core::sc_signal<bool> in_valid_{"in_valid"}, advance_{"advance"}, release_{"release"};
    sc_core::sc_signal<uint8_t> in_ctx_{"in_ctx"}, in_bank_{"in_bank"};
    Register<Terms> products_{"products"}, accumulated_{"accumulated"};

    ProductStage product_stage_;
    AdderTree adder_tree_;
    Accumulators accumulators_;
    Collector collector_;
};

}  // namespace permloom::systemc
