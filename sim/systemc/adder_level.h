/// One level of the adder tree: sums of neighbours; an odd last term passes.
#pragma once

#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class AdderLevel final : public PipelineStage<Terms, Terms> {
  public:
    explicit AdderLevel(const sc_core::sc_module_name& name) : PipelineStage(name) {}

  private:
    void advance(const Terms& from, Terms& to) override;
};

}  // namespace permloom::systemc
